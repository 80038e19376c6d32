import type { Dirent, Stats } from 'node:fs'
import {
  close,
  closeSync,
  constants,
  fstat,
  fstatSync,
  open,
  openSync,
  readdirSync,
  readlinkSync,
  read as readPart,
  readSync,
  stat as statLater,
  statSync,
} from 'node:fs'
import { open as openLater, readdir, readlink, stat } from 'node:fs/promises'
import type { Entry, Kind, Stat } from '../model.ts'
import { HostError } from '../model.ts'
import { isLocal } from './disks.ts'
import { bounded, hostError } from './limits.ts'

const defaultLimit = 1024 * 1024
const defaultTimeout = 5_000

/**
 * /proc and /sys answer from memory and are read at every round: reading them in place costs a tenth of a
 * trip through the thread pool, which a hung network file system may have filled.
 */
const inMemory = (path: string) => /^\/(proc|sys)(\/|$)/.test(path)

// A FIFO or a device planted at a watched path must not block the open.
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY

export async function read(
  path: string,
  { limit = defaultLimit, timeout = defaultTimeout, dev }: { limit?: number; timeout?: number; dev?: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const doing = `reading ${path}`
  try {
    return inMemory(path) || (dev !== undefined && isTurn(dev))
      ? readNow(path, limit)
      : await bounded(readLater(path, limit), timeout, signal, doing)
  } catch (error) {
    throw hostError(doing, error)
  }
}

let inPlace = 0

/** Whether a file of this device may be asked in place: not on file servers, and now and then others get their turn. */
function isTurn(dev: number): boolean {
  inPlace = (inPlace + 1) % 128
  return inPlace > 0 && isLocal(dev)
}

function tooLarge(path: string, limit: number) {
  return new HostError(
    'too-large',
    `reading ${path}: it is larger than ${limit} bytes, the limit for this file`,
  )
}

function readNow(path: string, limit: number): Uint8Array {
  const fd = openSync(path, flags)
  try {
    const facts = fstatSync(fd)
    if (!facts.isFile()) throw new HostError('failed', `reading ${path}: it is not a regular file`)
    // /proc has no sizes and /sys made-up ones; either is read until its end.
    const room = facts.size > 0 && facts.size < 64 * 1024 ? facts.size + 1 : 64 * 1024
    const parts: Buffer[] = []
    for (let size = 0; ; ) {
      const part = Buffer.allocUnsafe(Math.min(room, limit + 1))
      const got = readSync(fd, part)
      if (got === 0) return Buffer.concat(parts, size)
      size += got
      if (size > limit) throw tooLarge(path, limit)
      parts.push(part.subarray(0, got))
    }
  } finally {
    closeSync(fd)
  }
}

/** With callbacks: the promises of node:fs cost five times as much, which counts where there are thousands of files. */
function readLater(path: string, limit: number): Promise<Uint8Array> {
  return new Promise((resolve, reject) => {
    open(path, flags, (error, fd) => {
      if (error) return reject(error)
      const end = (error: Error | null, bytes?: Uint8Array) =>
        close(fd, () => (error ? reject(error) : resolve(bytes as Uint8Array)))
      fstat(fd, (error, facts) => {
        if (error) return end(error)
        if (!facts.isFile()) return end(new HostError('failed', `reading ${path}: it is not a regular file`))
        if (facts.size > limit) return end(tooLarge(path, limit))
        const parts: Buffer[] = []
        // One byte more than it should have, so that a file that grows meanwhile is noticed.
        const more = (size: number) => {
          const part = Buffer.allocUnsafe(Math.max(512, facts.size - size + 1))
          readPart(fd, part, 0, part.length, null, (error, got) => {
            if (error) return end(error)
            if (size + got > limit) return end(tooLarge(path, limit))
            parts.push(part.subarray(0, got))
            // A file gives less than was asked for only at its end, unless the kernel makes it up as it is read.
            if (got === part.length || (facts.size === 0 && got > 0)) return more(size + got)
            end(null, parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size + got))
          })
        }
        more(0)
      })
    })
  })
}

/** Part of a regular file, for reading how a log grew. The bounds are the caller's; a part is not copied. */
export async function range(
  path: string,
  from: number,
  length: number,
  { timeout = defaultTimeout }: { timeout?: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const doing = `reading ${path} from byte ${from}`
  try {
    return await bounded(partLater(path, from, length), timeout, signal, doing)
  } catch (error) {
    throw hostError(doing, error)
  }
}

async function partLater(path: string, from: number, length: number): Promise<Uint8Array> {
  const file = await openLater(path, flags)
  try {
    if (!(await file.stat()).isFile())
      throw new HostError('failed', `reading ${path}: it is not a regular file`)
    const part = Buffer.allocUnsafe(length)
    let size = 0
    while (size < length) {
      const { bytesRead } = await file.read(part, size, length - size, from + size)
      if (bytesRead === 0) break
      size += bytesRead
    }
    return part.subarray(0, size)
  } finally {
    await file.close()
  }
}

function kindOf(it: Dirent | Stats): Kind {
  if (it.isSymbolicLink()) return 'link'
  return it.isFile() ? 'file' : it.isDirectory() ? 'folder' : 'other'
}

export async function list(path: string, signal: AbortSignal): Promise<readonly Entry[]> {
  const doing = `listing ${path}`
  try {
    const entries = inMemory(path)
      ? readdirSync(path, { withFileTypes: true })
      : await bounded(readdir(path, { withFileTypes: true }), defaultTimeout, signal, doing)
    return entries
      .map((entry) => ({ name: entry.name, kind: kindOf(entry) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  } catch (error) {
    throw hostError(doing, error)
  }
}

export async function facts(path: string, signal: AbortSignal): Promise<Stat> {
  const doing = `looking at ${path}`
  try {
    return statOf(inMemory(path) ? statSync(path) : await bounded(stat(path), defaultTimeout, signal, doing))
  } catch (error) {
    throw hostError(doing, error)
  }
}

function statOf(it: Stats): Stat {
  return {
    kind: kindOf(it),
    size: it.size,
    mtime: it.mtimeMs,
    ctime: it.ctimeMs,
    dev: it.dev,
    ino: it.ino,
    uid: it.uid,
    mode: it.mode & 0o7777,
  }
}

/** See `Host.stats`: one timeout for all, and no promise for each. What has not answered by then is a timeout. */
export async function allFacts(
  paths: readonly string[],
  devs: readonly (number | undefined)[],
  signal: AbortSignal,
): Promise<readonly (Stat | HostError)[]> {
  const answers = new Array<Stat | HostError | undefined>(paths.length)
  const doing = `looking at ${paths.length} files`
  const all = new Promise<void>((resolve) => {
    let left = paths.length
    const answered = (at: number, answer: Stat | HostError) => {
      answers[at] = answer
      left -= 1
      if (left === 0) resolve()
    }
    if (left === 0) resolve()
    for (const [at, path] of paths.entries()) {
      const dev = devs[at]
      if (dev !== undefined && isTurn(dev)) answered(at, factsNow(path))
      else
        statLater(path, (error, it) =>
          answered(at, error ? hostError(`looking at ${path}`, error) : statOf(it)),
        )
    }
  })
  const late = await bounded(all, defaultTimeout, signal, doing).then(
    () => undefined,
    (error: unknown) => hostError(doing, error),
  )
  return paths.map(
    (path, at) => answers[at] ?? new HostError('timeout', `looking at ${path}: ${late?.message}`),
  )
}

function factsNow(path: string): Stat | HostError {
  try {
    return statOf(statSync(path))
  } catch (error) {
    return hostError(`looking at ${path}`, error)
  }
}

export async function target(path: string, signal: AbortSignal): Promise<string> {
  const doing = `reading the link ${path}`
  try {
    return inMemory(path) ? readlinkSync(path) : await bounded(readlink(path), defaultTimeout, signal, doing)
  } catch (error) {
    throw hostError(doing, error)
  }
}
