import type { Dirent, Stats } from 'node:fs'
import { closeSync, constants, openSync, readdirSync, readlinkSync, readSync, statSync } from 'node:fs'
import { open, readdir, readlink, stat } from 'node:fs/promises'
import type { Entry, Kind, Stat } from '../model.ts'
import { HostError } from '../model.ts'
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
  { limit = defaultLimit, timeout = defaultTimeout }: { limit?: number; timeout?: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const doing = `reading ${path}`
  try {
    return inMemory(path)
      ? readNow(path, limit)
      : await bounded(readLater(path, limit), timeout, signal, doing)
  } catch (error) {
    throw hostError(doing, error)
  }
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
    const parts: Buffer[] = []
    for (let size = 0; ; ) {
      const part = Buffer.allocUnsafe(Math.min(64 * 1024, limit + 1))
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

async function readLater(path: string, limit: number): Promise<Uint8Array> {
  const file = await open(path, flags)
  try {
    const facts = await file.stat()
    if (!facts.isFile()) throw new HostError('failed', `reading ${path}: it is not a regular file`)
    if (facts.size > limit) throw tooLarge(path, limit)
    // One byte more than it should have, so that a file that grows meanwhile is noticed.
    const parts: Buffer[] = []
    for (let size = 0; ; ) {
      const part = Buffer.allocUnsafe(Math.max(512, facts.size - size + 1))
      const { bytesRead } = await file.read(part, 0, part.length)
      if (bytesRead === 0) return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size)
      size += bytesRead
      if (size > limit) throw tooLarge(path, limit)
      parts.push(part.subarray(0, bytesRead))
    }
  } finally {
    await file.close()
  }
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
  const file = await open(path, flags)
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
    const it = inMemory(path) ? statSync(path) : await bounded(stat(path), defaultTimeout, signal, doing)
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
  } catch (error) {
    throw hostError(doing, error)
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
