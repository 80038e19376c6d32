import type { Host } from '../../agent/model/index.ts'
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

/** Read at once: large enough that asking costs little, small enough to be nothing in memory. */
const chunk = 512 * 1024
/** Where the first look at a log begins: so much before its end. */
export const firstTail = 64 * 1024
/** What is farther behind than this is never caught up with: what is new counts more. */
const mostBehind = 256 * 1024 * 1024

/** A file, and what of it is to be read. */
interface Part {
  readonly file: string
  readonly restarts: number
  readonly inode: number
  readonly from: number
  readonly size: number
  /** Where it begins: at a line, inside of one, or at a line whose pieces were waited for in the last look. */
  readonly begins: 'line' | 'inside' | 'waited'
  /** What was written before the file, by the same start of the container; `lost` where that cannot be read any more. */
  readonly before?: Pick<Part, 'file' | 'size'> | 'lost'
}

/** What a container's log has grown by, not yet read. */
export interface Growth {
  /** How often the container was restarted. */
  readonly restarts: number
  /** In the order they were written; the last is the one that grows. */
  readonly parts: readonly Part[]
  readonly bytes: number
  /** Some of it is gone, or was too far behind. */
  readonly lost?: true
}

/**
 * What a container's log has grown by since `place`: the rest of the file that was read last, those written since, and
 * the present one. Without a place all of the present one, or its last `tail` bytes. Where no container was started
 * since (`known`) one question is enough. Undefined while there is no log.
 */
export async function growthOf(
  host: Host,
  path: string,
  place: Place | undefined,
  { known = false, tail = Number.POSITIVE_INFINITY } = {},
): Promise<Growth | undefined> {
  if (known && place && place.length === 3) {
    const [restarts, inode, offset] = place
    const file = `${path}/${restarts}.log`
    const facts = await orMissing(host.stat(file))
    if (facts?.ino === inode && facts.size >= offset)
      return growth(restarts, [{ file, restarts, inode, from: offset, size: facts.size, begins: 'waited' }])
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
  // Shorter than it was: emptied in place.
  const on = at >= 0 && first.size >= offset
  // Kubelet packs all but the newest that it has set aside, and in the end removes them.
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

/** What was read of a growth. */
export interface Read {
  readonly place: Place
  readonly found: readonly Found[]
  /** Bytes that are left for the next look. */
  readonly left: number
}

/** Reads at most `most` bytes of a growth, and nothing more once `until` (as performance.now() tells) is over. */
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
  // Set aside while it was read: then the next look finds it under its new name.
  const still = await orMissing(host.stat(last.file))
  return still?.ino === last.inode
    ? {
        place: [restarts, last.inode, read.offset],
        found: [...found, ...read.found],
        left: read.done ? 0 : last.size - read.offset,
      }
    : { place: [restarts, last.inode, last.from], found, left: 0 }
}

/** Bytes of a file with what stands before and behind them, so far as that says something of their lines. */
interface Stretch {
  readonly bytes: Buffer
  readonly begin: number
  readonly end: number
  /** What stands before is there; where it is lost, nobody knows whether a line goes on. */
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

/** `done` where only the beginning of a line, or of one in pieces, is left. */
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
    // The rest of a line whose beginning was left out says nothing for sure.
    const lineEnd = skipping ? bytes.indexOf(lineBreak, begin) : -1
    const cut = lineEnd >= 0 && lineEnd < end ? lineEnd + 1 - begin : 0
    if (cut > 0) inside = insideAt(bytes, begin + cut)
    skipping = false
    const last = at + length >= size
    // What this look may read is over before the line is.
    const short = !last && length < chunk
    const bounds = { from: begin + cut, to: end, inside }
    let scanned = scan(it, bytes, bounds)
    // Pieces whose end does not come, within what can be read at once or by the next look, are not waited for.
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
