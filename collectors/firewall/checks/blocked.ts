import type { Backend, Family } from '../cells.ts'
import type { Read } from '../dump/read.ts'
import { isInside, type Probe } from '../packet/match.ts'
import { network } from '../packet/networks.ts'
import type { Verdict } from '../packet/walk.ts'
import { isBetweenPods, isEnoughFromOne, type Need, type Needed, type Other, otherOf } from './needs.ts'
import type { Peers } from './peers.ts'
import type { Peer } from './routing.ts'
import { type Beside, verdictOf } from './verdicts.ts'

/** A connection that k3s needs and the firewall drops: its port, and the rule or policy that drops it. */
export interface Blocked {
  readonly need: Need
  readonly port: number
  readonly udp?: true
  readonly by: string
  /** Absent for IPv4. */
  readonly family?: 'ipv6'
  /** The table that drops it, and the chain of it by which packets come there. */
  readonly table?: string
  readonly base?: string
  readonly backend?: Backend
  /** The addresses of the other nodes that it concerns, where they are known. */
  readonly peers?: readonly string[]
  /** There are other nodes that it does not concern. */
  readonly some?: true
}

/** Undefined where it could not be read. */
type PeersOf = (family: Family, other: Other) => Promise<Peers | undefined>

/**
 * Connections that k3s needs and that are certainly dropped. Other nodes are asked for only where it depends on them, or
 * on whether there are any.
 */
export async function readBlocked(
  read: readonly Read[],
  needs: readonly Needed[],
  beside: Beside,
  peersOf: PeersOf,
): Promise<readonly Blocked[]> {
  const known = new Map<string, Promise<Peers | undefined>>()
  const others = (family: Family, other: Other) => {
    const asked = known.get(`${family} ${other}`) ?? peersOf(family, other)
    known.set(`${family} ${other}`, asked)
    return asked
  }
  const found: Blocked[] = []
  for (const needed of needs) {
    const { need, family, probe } = needed
    const own = read.filter((it) => it.set.family === family)
    const judged = (it: Probe) => verdictOf(own, it, beside, family)
    const verdict = judged(probe)
    if (!verdict || verdict.verdict === 'accept') continue
    const other = otherOf(need)
    if (other === undefined || isBetweenPods(need)) {
      const there = other === undefined || verdict.verdict !== 'drop' || (await others(family, other))?.there
      if (verdict.verdict === 'drop' && there) found.push(blocked(needed, verdict))
      continue
    }
    const at = await others(family, other)
    if (at?.there) found.push(...blockedFrom(needed, verdict, at.peers, judged))
  }
  return found
}

/** What other nodes send and are sent: judged for each of them, where it is known where they are. */
function blockedFrom(
  needed: Needed,
  anybody: Verdict,
  peers: readonly Peer[],
  judged: (probe: Probe) => Verdict | undefined,
): readonly Blocked[] {
  if (peers.length === 0) return anybody.verdict === 'drop' ? [blocked(needed, anybody)] : []
  const dropped = peers.flatMap((peer) => {
    const probe = between(needed.probe, peer)
    const verdict = probe && judged(probe)
    return verdict?.verdict === 'drop' ? [{ verdict, address: peer.address }] : []
  })
  const [first] = dropped
  if (!first || (dropped.length < peers.length && isEnoughFromOne(needed.need))) return []
  return [
    {
      ...blocked(needed, first.verdict),
      peers: dropped.map((it) => it.address),
      ...(dropped.length < peers.length && { some: true as const }),
    },
  ]
}

/** The packet between this node and that one. Undefined where it comes by what counts as inside: a bridge as an uplink. */
function between(probe: Probe, { address, on, own }: Peer): Probe | undefined {
  const [far, near] = [address, own].map((it) => (it === undefined ? undefined : network(it)))
  if (!far || (on !== undefined && isInside(on))) return undefined
  return probe.way === 'out'
    ? { ...probe, to: [far], ...(near && { from: [near] }), ...(on !== undefined && { off: on }) }
    : { ...probe, from: [far], ...(near && { to: [near] }), ...(on !== undefined && { on }) }
}

const blocked = ({ need, family, probe }: Needed, { by, table, base, backend }: Verdict): Blocked => ({
  ...{ need, port: probe.port, by },
  ...(probe.protocol === 'udp' && { udp: true as const }),
  ...(family === 'ipv6' && { family }),
  ...(table !== undefined && { table }),
  ...(base !== undefined && { base }),
  ...(backend !== undefined && { backend }),
})
