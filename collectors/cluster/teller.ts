import { minute } from '../../agent/text/times.ts'
import type { NodeRow } from '../node/api-objects.ts'

/** From when a node counts as lost until a server is sure to have decided who notifies, ms. */
const decided = minute

/** What one server knows when it decides who notifies of a lost node. */
export interface Choice {
  /** This server's own name as a node. */
  readonly me: string
  /** The nodes as the API lists them now. */
  readonly nodes: readonly NodeRow[]
  /** When the node was lost, by the API. */
  readonly lostAt?: number | undefined
  /** Since when servers are Ready, by the API, as far as that is known. */
  readonly readySince?: ReadonlyMap<string, number>
}

/**
 * Which server notifies of a lost node: of those that are Ready the one whose name sorts first. Each server comes to this
 * by itself from what the API shows to all, and nothing is written. One that became Ready only after the others had to
 * choose leaves it to them: it may have been lost in the same moment, and they have notified. Where no server is Ready,
 * whoever can ask the API notifies: several times rather than never.
 */
export function tellerOf({ me, nodes, lostAt = Number.POSITIVE_INFINITY, readySince }: Choice): string {
  const ready = readyServers(nodes)
  const inTime = ready.filter((it) => (readySince?.get(it) ?? Number.NEGATIVE_INFINITY) <= lostAt + decided)
  return firstOf(inTime) ?? firstOf(ready) ?? me
}

/**
 * Whether a choice still holds: who was chosen is Ready, whoever else came back meanwhile. This server holds on to itself
 * even when it is not, as it has opened the finding.
 */
export const holds = (chosen: string, { me, nodes }: Pick<Choice, 'me' | 'nodes'>): boolean =>
  chosen === me || readyServers(nodes).includes(chosen)

/** The names of the servers that are Ready. */
export const readyServers = (nodes: readonly NodeRow[]): readonly string[] =>
  nodes.filter((it) => it.server && it.ready).map((it) => it.name)

/**
 * The same without the API, from which servers answer over the network: this one, which asks, and those that answered it.
 */
export const tellerAmong = (me: string, answering: readonly string[]): string =>
  firstOf([me, ...answering]) ?? me

/** The name that sorts first, by its characters, on every server alike. */
export const firstOf = (names: readonly string[]): string | undefined =>
  names.reduce<string | undefined>((first, it) => (first === undefined || it < first ? it : first), undefined)
