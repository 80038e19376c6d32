import { gunzipSync } from 'node:zlib'
import type { Artifact } from '../../../agent/model/index.ts'
import type { RuleSet } from '../rule-set.ts'

/** Which rules a part of a kept text holds: `ipv4 nft`, `ipv6 legacy`, `inet firewalld`, or `ipset`. */
export type Part = string

/** One text a set of rules was printed as, with everything that is needed to put it back. */
export interface KeptRules {
  readonly part: Part
  readonly lines: readonly string[]
}

export const partOf = ({ family, backend, table }: Pick<RuleSet, 'family' | 'backend' | 'table'>): Part =>
  table ?? `${family} ${backend}`

/** Before each part; no rule begins like that. */
export const heading = '# murphy: '

const mostText = 256 * 1024 * 1024

/** The parts of what `rulesWhole` (dump/whole.ts) made. Throws on anything else. */
export function unpackRules(body: Uint8Array): readonly KeptRules[] {
  const text = gunzipSync(body, { maxOutputLength: mostText }).toString('utf8')
  const parts: { part: Part; lines: string[] }[] = []
  for (const line of text.split('\n'))
    if (line.startsWith(heading)) parts.push({ part: line.slice(heading.length), lines: [] })
    else if (line) parts.at(-1)?.lines.push(line)
  return parts
}

/** What `Artifact.about` says of a kept rule set. */
export interface AboutRules {
  readonly rules: number
  readonly counts: Readonly<Record<string, number>>
  /** Nothing was known to be wrong with the firewall then. */
  readonly good: boolean
  /** Who had changed it, as far as that was told. */
  readonly by?: string
}

export const artifact = (about: AboutRules, body: Uint8Array): Artifact => ({ about: { ...about }, body })

/** What was kept as that, read back: from a disk or a socket, so that nothing is certain of it. */
export function aboutRules({ rules, counts, good, by }: Artifact['about']): AboutRules {
  const owners = typeof counts === 'object' && counts !== null ? Object.entries(counts) : []
  return {
    rules: Number(rules) || 0,
    counts: Object.fromEntries(owners.map(([owner, count]) => [owner, Number(count) || 0])),
    good: good === true,
    ...(typeof by === 'string' && { by }),
  }
}
