import type { Host, Stat } from '../../agent/model/index.ts'
import { orMissing } from '../node/ask.ts'
import { beyond, context } from './around.ts'
import { lineBreak } from './cri.ts'
import type { LogFile } from './folders.ts'
import { logFiles } from './folders.ts'
import type { Inside } from './pieces.ts'
import { insideAt, perhapsInside } from './pieces.ts'
import type { Place } from './sample.ts'
import type { Found, Matcher } from './scan.ts'
import { scan } from './scan.ts'

/** Bytes read in one go: large enough to be cheap, small enough to need little memory. */
const chunk = 512 * 1024
/** How many bytes before its end the first reading of a log begins. */
export const firstTail = 64 * 1024
/** Bytes that may be unread; older ones are given up, since new lines matter more. */
const mostBehind = 256 * 1024 * 1024

/** A file, and the range of it that is to be read. */
interface Part {
  readonly file: string
  readonly restarts: number
  readonly inode: number
  readonly from: number
  readonly size: number
  /**
   * Where the range begins: at a line, inside one, or at a line that the previous run left because it was incomplete.
   */
  readonly begins: 'line' | 'inside' | 'waited'
  /** The file before it, of the same start of the container; `lost` where that can no longer be read. */
  readonly before?: Pick<Part, 'file' | 'size'> | 'lost'
}

/** The file of a log that was read last, if it is the one that grows. */
export const fileOf = (path: string, [restarts]: Place) => `${path}/${restarts}.log`

/** What a container's log has grown by, not yet read. */
export interface Growth {
  /** How often the container was restarted. */
  readonly restarts: number
  /** In the order in which they were written; the last is the one that grows. */
  readonly parts: readonly Part[]
  readonly bytes: number
  /** Part of it is gone, or was given up because too much was unread. */
  readonly lost?: true
}

/**
 * What was added to a container's log since `place`: the rest of the file that was read last, any files after it, and
 * the current one. Without a place, the whole current file, or its last `tail` bytes. If no file was added or removed since,
 * the state of the file that was read last (`stat`) is enough. Undefined while there is no log.
 */
export async function growthOf(
  host: Host,
  path: string,
  place: Place | undefined,
  {
    stat,
    tail = Number.POSITIVE_INFINITY,
  }: { readonly stat?: Stat | undefined; readonly tail?: number } = {},
): Promise<Growth | undefined> {
  if (stat && place && place.length === 3) {
    const [restarts, inode, offset] = place
    const file = fileOf(path, place)
    if (stat.ino === inode && stat.size >= offset)
      return growth(restarts, [{ file, restarts, inode, from: offset, size: stat.size, begins: 'waited' }])
  }
  const files = await logFiles(host, path)
  const newest = files.findLast((it) => !it.aside)?.restarts
  if (newest === undefined) return undefined
  const begin = place?.[3] ?? place?.[0] ?? newest
  const its = files.filter((it) => it.restarts >= begin && it.restarts <= newest)
  const parts = await partsOf(host, path, its)
  if (parts.length === 0) return undefined
  if (!place) {
    const [last] = parts.slice(-1) as [Part]
    const from = Math.max(0, last.size - tail)
    return growth(newest, [{ ...last, from, begins: from > 0 ? 'inside' : 'line' }])
  }
  const [, inode, offset] = place
  const at = parts.findIndex((it) => it.inode === inode)
  const [first, ...rest] = parts.slice(Math.max(0, at)) as [Part, ...Part[]]
  // A file that became shorter was emptied in place.
  const on = at >= 0 && first.size >= offset
  // The kubelet compresses all but the newest of the rotated files, and deletes them in the end.
  const gone = at < 0 && (place.length === 4 || its.some((it) => it.aside && it.restarts === begin))
  const begun: Part = on
    ? { ...first, from: offset, begins: 'waited' }
    : { ...first, ...(gone && { before: 'lost' }) }
  return growth(newest, [begun, ...rest], gone)
}

async function partsOf(host: Host, path: string, files: readonly LogFile[]): Promise<Part[]> {
  const parts: Part[] = []
  for (const { name, restarts } of files) {
    const file = `${path}/${name}`
    const facts = await orMissing(host.stat(file))
    if (!facts) continue
    const { ino: inode, size } = facts
    const last = parts.at(-1)
    const before = last?.restarts === restarts && { before: { file: last.file, size: last.size } }
    parts.push({ file, restarts, inode, from: 0, size, begins: 'line', ...before })
  }
  return parts
}

function growth(restarts: number, parts: readonly Part[], gone = false): Growth {
  let over = parts.reduce((sum, it) => sum + it.size - it.from, 0) - mostBehind
  const lost = gone || over > 0
  const kept = parts.map((it) => {
    const without = Math.min(Math.max(0, over), it.size - it.from)
    over -= without
    return without > 0 ? { ...it, from: it.from + without, begins: 'inside' as const } : it
  })
  const bytes = kept.reduce((sum, it) => sum + it.size - it.from, 0)
  return { restarts, parts: kept, bytes, ...(lost && { lost }) }
}

/** The result of reading a growth. */
export interface Read {
  readonly place: Place
  readonly found: readonly Found[]
  /** Bytes left for the next run. */
  readonly left: number
  /** What holds instead if the last file was rotated while it was read: the next run finds it under its new name. */
  readonly rotated?: { readonly file: string; readonly inode: number; readonly read: Read }
}

/** A reading, given what its last file is after it (absent: there is none any more). */
export const afterRotation = (read: Read, stat: Stat | undefined): Read =>
  !read.rotated || stat?.ino === read.rotated.inode ? read : read.rotated.read

/**
 * Reads at most `most` bytes of a growth, and begins no further read after `until` (performance.now(), ms). Whether its
 * last file was rotated meanwhile has to be asked after it: `afterRotation`.
 */
export async function readOn(
  host: Host,
  { restarts, parts, bytes }: Growth,
  it: Matcher,
  most = Number.POSITIVE_INFINITY,
  until = Number.POSITIVE_INFINITY,
): Promise<Read> {
  const found: Found[] = []
  let left = bytes
  let spent = 0
  for (const part of parts.slice(0, -1)) {
    const read = await readPart(host, part, it, most - spent, until)
    spent += read.spent
    found.push(...read.found)
    left -= (read.done ? part.size : read.offset) - part.from
    if (read.done) continue
    const { inode, restarts: of } = part
    const place: Place = of === restarts ? [restarts, inode, read.offset] : [restarts, inode, read.offset, of]
    return { place, found, left }
  }
  const [last] = parts.slice(-1) as [Part]
  if (last.from >= last.size) return { place: [restarts, last.inode, last.from], found, left }
  const read = await readPart(host, last, it, most - spent, until)
  return {
    place: [restarts, last.inode, read.offset],
    found: [...found, ...read.found],
    left: read.done ? 0 : last.size - read.offset,
    rotated: {
      ...{ file: last.file, inode: last.inode },
      read: { place: [restarts, last.inode, last.from], found, left: 0 },
    },
  }
}

/** Bytes of a file, with as many before and after them as are needed to understand their lines. */
interface Stretch {
  readonly bytes: Buffer
  readonly begin: number
  readonly end: number
  /** The bytes before are known; if not, a line may be the continuation of another. */
  readonly known: boolean
}

async function stretchOf(host: Host, part: Part, at: number, length: number): Promise<Stretch> {
  const begin = Math.min(at, context)
  const read = await host.range(part.file, at - begin, begin + length + beyond)
  const bytes = Buffer.from(read.buffer, read.byteOffset, read.length)
  const end = Math.max(begin, Math.min(begin + length, bytes.length))
  const { before } = part
  if (at > 0 || before === undefined) return { bytes, begin, end, known: true }
  if (before === 'lost') return { bytes, begin, end, known: false }
  const from = Math.max(0, before.size - context)
  const lead = await orMissing(host.range(before.file, from, before.size - from))
  if (!lead) return { bytes, begin, end, known: false }
  const together = Buffer.concat([lead, bytes])
  return { bytes: together, begin: lead.length, end: lead.length + end, known: true }
}

/** `done`: only the beginning of an unfinished line is left. */
async function readPart(
  host: Host,
  part: Part,
  it: Matcher,
  most: number,
  until: number,
): Promise<{ offset: number; found: Found[]; spent: number; done: boolean }> {
  const { from, size, begins } = part
  const found: Found[] = []
  let at = from
  let skipping = begins === 'inside'
  let spent = 0
  let inside: Inside | undefined
  while (at < size) {
    const wanted = Math.min(chunk, size - at, most - spent)
    if (wanted <= 0 || performance.now() > until) return { offset: at, found, spent, done: false }
    const { bytes, begin, end, known } = await stretchOf(host, part, at, wanted)
    const length = end - begin
    if (length === 0) break
    inside ??= known ? insideAt(bytes, begin) : perhapsInside
    spent += length
    // The rest of a line whose beginning was skipped proves nothing.
    const lineEnd = skipping ? bytes.indexOf(lineBreak, begin) : -1
    const cut = lineEnd >= 0 && lineEnd < end ? lineEnd + 1 - begin : 0
    if (cut > 0) inside = insideAt(bytes, begin + cut)
    skipping = false
    const last = at + length >= size
    // The limit of this run ends inside the range.
    const short = !last && length < chunk
    const bounds = { from: begin + cut, to: end, inside }
    let scanned = scan(it, bytes, bounds)
    // An unfinished line in pieces is not waited for if its end was not within one read, or not there by the next run.
    const enough = (!last && !short) || (short && at === from) || (begins === 'waited' && at === from)
    if (scanned.used === 0 && enough) scanned = scan(it, bytes, { ...bounds, all: true })
    found.push(...scanned.found)
    let { used } = scanned
    if (used === 0 && cut === 0) {
      if (last && length < chunk) break
      if (short && at > from) return { offset: at, found, spent, done: false }
      used = length
      skipping = true
    }
    inside = scanned.inside
    at += cut + used
    if (last) break
  }
  return { offset: at, found, spent, done: true }
}
