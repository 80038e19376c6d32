import {
  close,
  closeSync,
  constants,
  fstat,
  fstatSync,
  open,
  openSync,
  read,
  readSync,
  type Stats,
} from 'node:fs'
import { HostError } from '../model/index.ts'

/**
 * Reads regular files only, and never more of one than was asked for. `doing` begins the message of each error.
 */
export interface Read {
  readonly stats: Stats
  /** Absent where the stats were enough. */
  readonly bytes?: Uint8Array
}

/** A FIFO or a device planted at a path must not block the open. `withoutLinks`: fails with ELOOP on a link. */
const flags = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOCTTY
export const withoutLinks = flags | constants.O_NOFOLLOW
/** For `/proc/self/fd/N` of a file that was checked before: that path is itself a link. */
export const again = flags

const tooLarge = (doing: string, limit: number) =>
  new HostError('too-large', `${doing}: it is larger than ${limit} bytes, the limit for this file`)
const noFile = (doing: string) => new HostError('failed', `${doing}: it is not a regular file`)

/** Most files of /proc and /sys are some hundred bytes, and a new buffer for each would be most of what is ever allocated. */
const scratch = Buffer.allocUnsafeSlow(64 * 1024)

/** Synchronous: only for files that cannot hang, in memory or on a local disk. */
export function readNow(
  path: string,
  doing: string,
  limit: number,
  how = again,
  enough = (_: Stats) => false,
): Read {
  const fd = openSync(path, how)
  try {
    const stats = fstatSync(fd)
    if (!stats.isFile()) throw noFile(doing)
    if (enough(stats)) return { stats }
    // In /proc sizes are 0, and in /sys they are made up, so both are read to the end.
    const parts: Buffer[] = []
    for (let size = 0; ; ) {
      const got = readSync(fd, scratch, 0, Math.min(scratch.length, limit + 1), null)
      if (got === 0)
        return { stats, bytes: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size) }
      size += got
      if (size > limit) throw tooLarge(doing, limit)
      parts.push(Buffer.from(scratch.subarray(0, got)))
    }
  } finally {
    closeSync(fd)
  }
}

/** Opens a regular file, passes it to `use`, and closes it. Callbacks, as promises of node:fs cost five times more. */
function opened<T>(
  path: string,
  doing: string,
  how: number,
  use: (fd: number, stats: Stats, end: (error: Error | null, result?: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    open(path, how, (error, fd) => {
      if (error) return reject(error)
      const end = (error: Error | null, result?: T) =>
        close(fd, () => (error ? reject(error) : resolve(result as T)))
      fstat(fd, (error, stats) => {
        if (error) return end(error)
        if (!stats.isFile()) return end(noFile(doing))
        use(fd, stats, end)
      })
    })
  })
}

export function readLater(
  path: string,
  doing: string,
  limit: number,
  how = withoutLinks,
  enough = (_: Stats) => false,
): Promise<Read> {
  return opened<Read>(path, doing, how, (fd, stats, end) => {
    if (enough(stats)) return end(null, { stats })
    if (stats.size > limit) return end(tooLarge(doing, limit))
    const parts: Buffer[] = []
    // One byte more than its size, so that a file that grows meanwhile is noticed.
    const more = (size: number) => {
      const part = Buffer.allocUnsafe(Math.max(512, stats.size - size + 1))
      read(fd, part, 0, part.length, null, (error, got) => {
        if (error) return end(error)
        if (size + got > limit) return end(tooLarge(doing, limit))
        parts.push(part.subarray(0, got))
        // A short read means the end of the file, except for files the kernel generates while they are read.
        if (got === part.length || (stats.size === 0 && got > 0)) return more(size + got)
        end(null, {
          stats,
          bytes: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size + got),
        })
      })
    }
    more(0)
  })
}

/** `length` bytes from `from` on; fewer, or none, where the file ends earlier. The bytes are not copied. */
export function partLater(
  path: string,
  doing: string,
  from: number,
  length: number,
  how = withoutLinks,
): Promise<Uint8Array> {
  return opened<Uint8Array>(path, doing, how, (fd, stats, end) => {
    const part = Buffer.allocUnsafe(length)
    const more = (size: number) => {
      read(fd, part, size, length - size, from + size, (error, got) => {
        if (error) return end(error)
        // A short read means the end of the file, except for what the kernel generates while it is read.
        if (size + got === length || got === 0 || stats.size > 0)
          return end(null, part.subarray(0, size + got))
        more(size + got)
      })
    }
    if (length === 0) return end(null, part)
    more(0)
  })
}
