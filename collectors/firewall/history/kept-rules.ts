import { gunzipSync } from 'node:zlib'
import type { Artifact } from '../../../agent/model/index.ts'
import type { RuleSet } from '../rule-set.ts'

/** Which rules a part of a snapshot holds: `ipv4 nft`, `ipv6 legacy`, `inet firewalld`, or `ipset`. */
export type Part = string

/** One printed rule set, complete, so that it can be restored. */
export interface KeptRules {
  readonly part: Part
  readonly lines: readonly string[]
}

export const partOf = ({ family, backend, table }: Pick<RuleSet, 'family' | 'backend' | 'table'>): Part =>
  table ?? `${family} ${backend}`

/** Begins each part of a snapshot; no rule begins like that. */
export const heading = '# murphy: '

const mostText = 256 * 1024 * 1024

/** Unpacks what `rulesWhole` (dump/whole.ts) has written. Throws on anything else. */
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
  /** There was no finding about the firewall then. */
  readonly good: boolean
  /** Who had changed it, as far as events said. */
  readonly by?: string
}

export const artifact = (about: AboutRules, body: Uint8Array): Artifact => ({ about: { ...about }, body })

/** Reads `Artifact.about` of a snapshot; it comes from a disk or a socket, so that every field is checked. */
export function aboutRules({ rules, counts, good, by }: Artifact['about']): AboutRules {
  const owners = typeof counts === 'object' && counts !== null ? Object.entries(counts) : []
  return {
    rules: Number(rules) || 0,
    counts: Object.fromEntries(owners.map(([owner, count]) => [owner, Number(count) || 0])),
    good: good === true,
    ...(typeof by === 'string' && { by }),
  }
}
