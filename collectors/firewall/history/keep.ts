import { gunzipSync, gzipSync } from 'node:zlib'
import type { Host, Keepsake } from '../../../agent/model/index.ts'
import type { RuleSet } from '../sample.ts'

/** Which rules a part of a kept text holds: `ipv4 nft`, `ipv6 legacy`, `inet firewalld`, or `ipset`. */
export type Part = string

/** One text a set of rules was printed as, with everything that is needed to put it back. */
export interface KeptRules {
  readonly part: Part
  readonly lines: readonly string[]
}

export const partOf = ({ family, backend, table }: Pick<RuleSet, 'family' | 'backend' | 'table'>): Part =>
  table ?? `${family} ${backend}`

/** Texts are compressed piece by piece, so that a long one needs no more memory than a short one. */
const piece = 256 * 1024
/** One snapshot of 100,000 rules takes about 1 MB. */
const largest = 2 * 1024 * 1024
const heading = '# murphy: '
const timeout = 30_000

/** Prints all rules once more and compresses them. Undefined where they are too many, or cannot be read now. */
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
  // Rules that name a set cannot be put back without it.
  if (named) {
    line(`${heading}ipset`)
    await host.run(['ipset', 'save'], { line, timeout }).catch(() => undefined)
  }
  flush()
  return size > largest ? undefined : Buffer.concat(parts)
}

const mostText = 256 * 1024 * 1024

/** The parts of what `rulesWhole` made. Throws on anything else. */
export function unpackRules(body: Uint8Array): readonly KeptRules[] {
  const text = gunzipSync(body, { maxOutputLength: mostText }).toString('utf8')
  const parts: { part: Part; lines: string[] }[] = []
  for (const line of text.split('\n'))
    if (line.startsWith(heading)) parts.push({ part: line.slice(heading.length), lines: [] })
    else if (line) parts.at(-1)?.lines.push(line)
  return parts
}

/** What `Keepsake.about` says of a kept rule set. */
export interface AboutRules {
  readonly rules: number
  readonly counts: Readonly<Record<string, number>>
  /** Nothing was known to be wrong with the firewall then. */
  readonly good: boolean
  /** Who had changed it, as far as that was told. */
  readonly by?: string
}

export const keepsake = (about: AboutRules, body: Uint8Array): Keepsake => ({ about: { ...about }, body })

/** What was kept as that, read back: from a disk or a socket, so that nothing is certain of it. */
export function aboutRules({ rules, counts, good, by }: Keepsake['about']): AboutRules {
  const owners = typeof counts === 'object' && counts !== null ? Object.entries(counts) : []
  return {
    rules: Number(rules) || 0,
    counts: Object.fromEntries(owners.map(([owner, count]) => [owner, Number(count) || 0])),
    good: good === true,
    ...(typeof by === 'string' && { by }),
  }
}
