import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/**
 * Reads a state file into memory without touching its folder. SQLite itself cannot do that: to read a file in WAL mode
 * it has to create a -shm beside it, and what it opens as immutable it reads without the -wal, which after a crash
 * holds the latest commits.
 */

/** Where the state is in its folder. */
export const databaseFile = (stateDir: string) => join(stateDir, 'murphy.db')

/** The largest file or -wal that is read, bytes: several times what is ever stored. */
const largest = 64 * 1024 * 1024
const tries = 5

/** The database in `file` with what its -wal holds. Throws if it cannot be read at all. */
export function readImage(file: string): DatabaseSync {
  const image = bytesOf(file)
  const database = new DatabaseSync(':memory:', { defensive: false })
  try {
    if (image.length === 0) throw Object.assign(new Error('it is empty'), { errcode: 26 })
    database.deserialize(image)
    // One damaged table definition must not hide the others: https://sqlite.org/pragma.html#pragma_writable_schema
    database.exec('PRAGMA writable_schema = ON')
    // Find a damaged schema here, not at the first query.
    database.prepare('SELECT count(*) FROM sqlite_schema').get()
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

/** Reads both files again until neither has changed meanwhile, as a daemon may be writing: only then do they match. */
function bytesOf(file: string): Buffer {
  for (let left = tries; ; left -= 1) {
    const wal = readWhole(`${file}-wal`, true)
    const main = readWhole(file)
    const same = wal.stamp === readWhole(`${file}-wal`, true, true).stamp && main.stamp === stampOf(file)
    if (same || left === 1) return asPlain(applied(main.bytes, wal.bytes))
  }
}

const stampOf = (file: string) => readWhole(file, false, true).stamp

function readWhole(file: string, optional = false, onlyStamp = false): { bytes: Buffer; stamp: string } {
  let fd: number
  try {
    fd = openSync(file, 'r')
  } catch (error) {
    if (optional && (error as NodeJS.ErrnoException).code === 'ENOENT')
      return { bytes: Buffer.alloc(0), stamp: '' }
    throw error
  }
  try {
    const { size, mtimeMs } = fstatSync(fd)
    if (size > largest) throw new Error(`${file} is larger than ${largest} bytes`)
    const bytes = Buffer.alloc(onlyStamp ? 0 : size)
    let read = 0
    for (let got = -1; read < bytes.length && got !== 0; read += got)
      got = readSync(fd, bytes, read, bytes.length - read, read)
    return { bytes: bytes.subarray(0, read), stamp: `${size} ${mtimeMs}` }
  } finally {
    closeSync(fd)
  }
}

/** The header bytes that every file of Murphy's has (https://sqlite.org/fileformat2.html, "The Database Header"). */
const header = Buffer.concat([
  Buffer.from('SQLite format 3\0', 'latin1'),
  // Pages of 4096 bytes, a rollback journal (not the WAL, which memory does not have), nothing reserved, fractions.
  Buffer.from([0x10, 0x00, 1, 1, 0, 64, 32, 32]),
])
const pageSize = 4096

/**
 * The same database without WAL mode. The header is rewritten, since nothing could be read with a damaged one, and
 * a file that was cut off gets empty pages in place of the lost ones.
 */
function asPlain(image: Buffer): Buffer {
  if (image.length === 0) return image
  const pages = Math.max(Math.ceil(image.length / pageSize), image.length > 32 ? image.readUInt32BE(28) : 0)
  // A damaged page count must not allocate all memory.
  const believed = pages * pageSize <= largest ? pages : Math.ceil(image.length / pageSize)
  const whole = Buffer.alloc(believed * pageSize)
  image.copy(whole)
  header.copy(whole)
  whole.writeUInt32BE(whole.length / pageSize, 28)
  // No free pages, since nothing is written; schema format 4; texts in UTF-8; the page count is valid.
  whole.fill(0, 32, 40)
  whole.writeUInt32BE(4, 44)
  whole.writeUInt32BE(1, 56)
  whole.copy(whole, 92, 24, 28)
  return whole
}

/** The image with the committed pages of the WAL applied. */
function applied(main: Buffer, wal: Buffer): Buffer {
  const { pages, size } = committed(wal)
  if (size === 0) return main
  const image = Buffer.alloc(size * pageSize)
  main.copy(image)
  for (const [number, page] of pages) if (number <= size) page.copy(image, (number - 1) * pageSize)
  return image
}

const walHeader = 32
const frameHeader = 24

/**
 * What the WAL holds up to its last commit: pages by number, and the database's size in pages; 0 without a commit.
 * https://sqlite.org/fileformat2.html, "The Write-Ahead Log": frames are valid as long as salt and checksum match.
 */
function committed(wal: Buffer): { pages: Map<number, Buffer>; size: number } {
  const pages = new Map<number, Buffer>()
  let size = 0
  if (wal.length < walHeader) return { pages, size }
  const magic = wal.readUInt32BE(0)
  const big = magic === 0x377f0683
  if ((!big && magic !== 0x377f0682) || wal.readUInt32BE(8) !== pageSize) return { pages, size }
  const sums = summing(wal, big)
  sums.add(0, 24)
  if (!sums.are(24)) return { pages, size }
  const waiting = new Map<number, Buffer>()
  for (let at = walHeader; at + frameHeader + pageSize <= wal.length; at += frameHeader + pageSize) {
    if (wal.compare(wal, 16, 24, at + 8, at + 16) !== 0) break
    sums.add(at, at + 8)
    sums.add(at + frameHeader, at + frameHeader + pageSize)
    if (!sums.are(at + 16)) break
    waiting.set(wal.readUInt32BE(at), wal.subarray(at + frameHeader, at + frameHeader + pageSize))
    const count = wal.readUInt32BE(at + 4)
    if (count === 0) continue
    size = count
    for (const [number, page] of waiting) pages.set(number, page)
    waiting.clear()
  }
  return size * pageSize > largest ? { pages, size: 0 } : { pages, size }
}

/** The running checksum of a WAL: two 32-bit words, in the byte order given by its magic number. */
function summing(wal: Buffer, big: boolean) {
  const view = new DataView(wal.buffer, wal.byteOffset, wal.length)
  let [a, b] = [0, 0]
  return {
    add(from: number, to: number) {
      for (let at = from; at < to; at += 8) {
        a = (a + view.getUint32(at, !big) + b) >>> 0
        b = (b + view.getUint32(at + 4, !big) + a) >>> 0
      }
    },
    are: (at: number) => view.getUint32(at) === a && view.getUint32(at + 4) === b,
  }
}
