import { gzipSync } from 'node:zlib'
import type { Host } from '../../../agent/model/index.ts'
import { heading, partOf } from '../history/kept-rules.ts'
import type { RuleSet } from '../rule-set.ts'

/** Text is compressed in pieces of this size, bytes, so that a long one needs no more memory than a short one. */
const piece = 256 * 1024
/** One snapshot of 100,000 rules takes about 1 MB. */
const largest = 2 * 1024 * 1024
const timeout = 30_000

/** Prints all rules once more and compresses them. Undefined where the result is too large or reading fails. */
export async function rulesWhole(
  host: Host,
  sets: readonly Pick<RuleSet, 'family' | 'backend' | 'table' | 'argv'>[],
): Promise<Uint8Array | undefined> {
  const parts: Buffer[] = []
  let size = 0
  let waiting: string[] = []
  let length = 0
  let named = false
  const flush = () => {
    if (length === 0 || size > largest) return
    const packed = gzipSync(waiting.join(''), { level: 4 })
    parts.push(packed)
    size += packed.length
    waiting = []
    length = 0
  }
  const line = (text: string) => {
    named ||= text.includes('--match-set')
    waiting.push(`${text}\n`)
    length += text.length + 1
    if (length >= piece) flush()
  }
  for (const set of sets) {
    line(`${heading}${partOf(set)}`)
    const { exit } = await host.run(set.argv, { line, timeout })
    if (exit !== 0) return undefined
  }
  // Rules that name an ipset cannot be restored without it.
  if (named) {
    line(`${heading}ipset`)
    await host.run(['ipset', 'save'], { line, timeout }).catch(() => undefined)
  }
  flush()
  return size > largest ? undefined : Buffer.concat(parts)
}
