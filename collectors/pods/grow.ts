import type { Host } from '../../agent/model.ts'
import { orMissing } from '../node/ask.ts'
import { lineBreak } from './cri.ts'
import { setAside } from './folders.ts'
import type { Place } from './sample.ts'
import type { Found, Matcher } from './scan.ts'
import { scan } from './scan.ts'

/** Read at once: large enough that asking costs little, small enough to be nothing in memory. */
const chunk = 512 * 1024

/** What one look may read, shared by all logs. */
export interface Budget {
  left: number
  /** Bytes that were left out. */
  skipped: number
}

export interface Growth {
  readonly place: Place
  readonly found: readonly Found[]
}

/** Of one container in one look, so that none takes the whole. */
const mostOfOne = 32 * 1024 * 1024

/** A log takes this part of what is left, and gives back what it did not need: those read beside it get theirs. */
const sharers = 16
const leastOfOne = 1024 * 1024

/**
 * Reads what a container's log has grown by since `place` and says what it says: the rest of the former file
 * when it was set aside or the container was restarted, then the present one. Without a place all of it, or
 * its last `tail` bytes. Undefined when nothing grew.
 */
export async function readGrowth(
  host: Host,
  path: string,
  newest: number,
  place: Place | undefined,
  it: Matcher,
  shared: Budget,
  tail = Number.POSITIVE_INFINITY,
): Promise<Growth | undefined> {
  const file = `${path}/${newest}.log`
  const now = await orMissing(host.stat(file))
  if (!now) return undefined
  const same = place?.[0] === newest && place[1] === now.ino
  if (same && now.size === place[2]) return undefined
  const given = Math.min(mostOfOne, shared.left, Math.max(leastOfOne, Math.ceil(shared.left / sharers)))
  shared.left -= given
  const budget: Budget = { left: given, skipped: 0 }
  const former = place && !same ? await readRest(host, path, place, newest, it, budget) : []
  // Shorter than it was: emptied in place.
  const from = same && now.size > place[2] ? place[2] : place ? 0 : Math.max(0, now.size - tail)
  const begins = same ? 'waited' : !place && from > 0 ? 'inside' : 'line'
  const read = await readFile(host, file, from, now.size, it, budget, begins)
  // Set aside while it was read: then the next look finds it under its new name.
  const still = await orMissing(host.stat(file))
  shared.left += budget.left
  shared.skipped += budget.skipped
  return still?.ino === now.ino
    ? { place: [newest, now.ino, read.offset], found: [...former, ...read.found] }
    : { place: [newest, now.ino, from], found: former }
}

/** What the former file got after it was last read, and those that came and went since. */
async function readRest(
  host: Host,
  path: string,
  [restarts, inode, offset]: Place,
  newest: number,
  it: Matcher,
  budget: Budget,
): Promise<Found[]> {
  const names = [...(await setAside(host, path, restarts)), ...(restarts < newest ? [`${restarts}.log`] : [])]
  const found: Found[] = []
  let known = false
  for (const name of names) {
    const facts = await orMissing(host.stat(`${path}/${name}`))
    if (!facts) continue
    const same = facts.ino === inode
    if (!same && !known) continue
    known = true
    found.push(...(await readFile(host, `${path}/${name}`, same ? offset : 0, facts.size, it, budget)).found)
  }
  return found
}

async function readFile(
  host: Host,
  file: string,
  begin: number,
  size: number,
  it: Matcher,
  budget: Budget,
  /** Where it begins: at a line, inside of one, or at a line whose pieces were waited for in the last look. */
  begins: 'line' | 'inside' | 'waited' = 'line',
): Promise<{ offset: number; found: Found[] }> {
  const found: Found[] = []
  let at = begin
  let skipping = begins === 'inside'
  if (size - at > budget.left) {
    budget.skipped += size - budget.left - at
    at = size - budget.left
    skipping = true
  }
  while (at < size) {
    const bytes = await host.range(file, at, Math.min(chunk, size - at))
    if (bytes.length === 0) break
    budget.left -= bytes.length
    // The rest of a line whose beginning was left out says nothing for sure.
    const cut = skipping ? bytes.indexOf(lineBreak) + 1 : 0
    skipping = false
    const rest = bytes.subarray(cut)
    const last = at + bytes.length >= size
    let { used, found: here } = scan(it, rest)
    // Pieces whose end does not come, within what can be read at once or by the next look, are not waited for.
    const enough = (bytes.length >= chunk && !last) || (begins === 'waited' && at === begin)
    if (used === 0 && enough) ({ used, found: here } = scan(it, rest, true))
    found.push(...here)
    if (used === 0 && cut === 0) {
      if (last && rest.length < chunk) break
      used = rest.length
      skipping = true
    }
    at += cut + used
    if (last) break
  }
  return { offset: at, found }
}

/** Where the first look at a log begins: so much before its end. */
export const firstTail = 64 * 1024
