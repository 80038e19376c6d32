import {
  type Dirent,
  lstat,
  readdir,
  readdirSync,
  readlink,
  readlinkSync,
  type Stats,
  statSync,
} from 'node:fs'
import { basename, dirname } from 'node:path'
import type { Entry, Kind, Owned, OwnedOptions, Stat } from '../model/index.ts'
import { HostError } from '../model/index.ts'
import { again, partLater, type Read, readLater, readNow, withoutLinks } from './bytes.ts'
import { isNear, noted, rootedLane } from './folders.ts'
import { type Bounds, isTurn, newLane } from './lanes.ts'
import { hostError } from './limits.ts'
import { type Found, laneOf, notTheirs, walk } from './walk.ts'

const defaultLimit = 1024 * 1024
const defaultTimeout = 5_000

/**
 * Whether a path is in /proc or /sys and can be read synchronously. They answer from memory and are read every round;
 * that costs a tenth of using the thread pool, which a hung network file system may have filled. Of a process only the
 * files that neither touch its memory nor lead out of /proc: reading `cmdline` hangs while a page of its memory has to
 * come from a hung file system (FUSE).
 */
const inMemory = (path: string) =>
  /^\/(proc|sys)(\/|$)/.test(path) &&
  (!/^\/proc\/(\d+|self|thread-self)\/./.test(path) || ofKernel.test(path))
const ofKernel =
  /^\/proc\/(\d+|self|thread-self)\/(stat|statm|status|comm|cgroup|uid_map|gid_map|mounts|mountinfo|net(\/[^/]+)?)$/
const ofProcess = (path: string) => /^\/proc\/(\d+|self|thread-self)\//.test(path)
/** For all other files of a process, which may hang: so at most one at a time. */
const processLane = newLane(1)
const processTimeout = 1_000

export type ReadOptions = Omit<OwnedOptions, 'unless'>

export async function read(path: string, options: ReadOptions, signal: AbortSignal): Promise<Uint8Array> {
  const { bytes } = await fileAt(path, options, () => false, signal)
  return bytes as Uint8Array
}

/** See `Host.owned`. */
export async function owned(path: string, options: OwnedOptions, signal: AbortSignal): Promise<Owned> {
  const { stats, bytes } = await fileAt(path, options, (it) => options.unless?.(statOf(it)) ?? false, signal)
  return { stat: statOf(stats), ...(bytes && { bytes }) }
}

async function fileAt(
  path: string,
  { limit = defaultLimit, timeout, dev, word, near }: ReadOptions,
  enough: (stats: Stats) => boolean,
  signal: AbortSignal,
): Promise<Read> {
  const doing = `reading ${path}`
  const bounds = { timeout: timeout ?? defaultTimeout, signal }
  try {
    if (inMemory(path)) return readNow(path, doing, limit, again)
    if (ofProcess(path))
      return await processLane.run(doing, () => readLater(path, doing, limit, again), {
        timeout: timeout ?? processTimeout,
        signal,
      })
    return await opened(path, { doing, word, near, ...bounds }, async (at, how, inPlace) =>
      inPlace && dev !== undefined && isTurn() && isNear(path, dev)
        ? readNow(at, doing, limit, how, enough)
        : await readLater(at, doing, limit, how, enough),
    )
  } catch (error) {
    throw hostError(doing, error)
  }
}

interface Opening extends Bounds {
  readonly doing: string
  readonly word?: number | undefined
  readonly near?: boolean | undefined
}

/**
 * Passes a file to `use` by a path that nobody else can redirect meanwhile: its own path if it is in a folder that only
 * root can change and is not a link, otherwise that of the file descriptor from a walk.
 */
async function opened<T>(
  path: string,
  opening: Opening,
  use: (path: string, how: number, inPlace: boolean) => Promise<T>,
): Promise<T> {
  const { doing, word, near } = opening
  const lane = word || near ? undefined : await rootedLane(path, doing, opening)
  if (lane)
    try {
      return await lane.run(doing, () => use(path, withoutLinks, true), opening)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOOP') throw error
    }
  return await walkedTo(path, opening, (found) => {
    const why = notTheirs(found)
    if (why) throw new HostError('failed', `${doing}: ${why}`)
    if (!found.stats.isFile()) throw new HostError('failed', `${doing}: it is not a regular file`)
    return () => use(found.held.path, again, false)
  })
}

/** Walks to a path and runs the work that `choose` returns for it, in the lane of what was found. */
async function walkedTo<T>(
  path: string,
  opening: Opening,
  choose: (found: Found) => () => Promise<T>,
): Promise<T> {
  const found = await walk(path, opening)
  try {
    const work = choose(found)
    const lane = laneOf({ ...found, dev: found.stats.dev })
    return await lane.run(opening.doing, () => found.held.use(work), opening)
  } finally {
    found.held.release()
  }
}

/** Part of a regular file, for reading what was added to a log. The caller bounds `length`; bytes are not copied. */
export async function range(
  path: string,
  from: number,
  length: number,
  { timeout = defaultTimeout }: { timeout?: number },
  signal: AbortSignal,
): Promise<Uint8Array> {
  const doing = `reading ${path} from byte ${from}`
  try {
    return await opened(path, { doing, timeout, signal }, (at, how) =>
      partLater(at, doing, from, length, how),
    )
  } catch (error) {
    throw hostError(doing, error)
  }
}

function kindOf(it: Dirent | Stats): Kind {
  if (it.isSymbolicLink()) return 'link'
  return it.isFile() ? 'file' : it.isDirectory() ? 'folder' : 'other'
}

const entriesOf = (path: string) =>
  new Promise<Dirent[]>((resolve, reject) =>
    readdir(path, { withFileTypes: true }, (error, all) => (error ? reject(error) : resolve(all))),
  )

export async function list(path: string, signal: AbortSignal): Promise<readonly Entry[]> {
  const doing = `listing ${path}`
  const bounds = { doing, timeout: defaultTimeout, signal }
  try {
    const entries = inMemory(path)
      ? readdirSync(path, { withFileTypes: true })
      : await walkedTo(path, bounds, (found) => {
          noted(path, found)
          const why = notTheirs(found)
          if (why) throw new HostError('failed', `${doing}: ${why}`)
          return () => entriesOf(found.held.path)
        })
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
    return statOf(inMemory(path) ? statSync(path) : await statsOf(path, doing, signal))
  } catch (error) {
    throw hostError(doing, error)
  }
}

/** The stats of what a path leads to. No check of ownership as for reading: they tell nothing of the content. */
async function statsOf(path: string, doing: string, signal: AbortSignal): Promise<Stats> {
  const bounds = { doing, timeout: defaultTimeout, signal }
  const lane = await rootedLane(path, doing, bounds)
  if (lane) {
    const look = () =>
      new Promise<Stats>((resolve, reject) =>
        lstat(path, (error, it) => (error ? reject(error) : resolve(it))),
      )
    const it = await lane.run(doing, look, bounds)
    if (!it.isSymbolicLink()) return it
  }
  const found = await walk(path, bounds)
  found.held.release()
  return found.stats
}

export function statOf(it: Stats): Stat {
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

export async function target(path: string, signal: AbortSignal): Promise<string> {
  const doing = `reading the link ${path}`
  const bounds = { doing, timeout: defaultTimeout, signal }
  try {
    if (/^\/(proc|sys)\//.test(path)) return readlinkSync(path)
    return await walkedTo(
      dirname(path),
      bounds,
      ({ held }) =>
        () =>
          new Promise<string>((resolve, reject) =>
            readlink(`${held.path}/${basename(path)}`, (error, to) => (error ? reject(error) : resolve(to))),
          ),
    )
  } catch (error) {
    throw hostError(doing, error)
  }
}
