import type { Sample } from '../../agent/model/index.ts'
import type { Copies } from './checks/copies.ts'
import type { HostPort, Sandboxes } from './checks/hostports.ts'
import type { Expected } from './checks/kube.ts'
import type { Blocked } from './checks/needs.ts'
import type { Owner } from './checks/owners.ts'
import type { SshPorts } from './checks/ssh.ts'
import type { Ufw, UfwRules } from './dump/ufw.ts'
import type { Memory } from './history/flush.ts'
import type { Change } from './history/journal.ts'
import type { Verdict } from './packet/walk.ts'

export type Family = 'ipv4' | 'ipv6'
export const families: readonly Family[] = ['ipv4', 'ipv6']

/** The kernel keeps two sets of iptables rules side by side, and a packet must pass both. `native`: a table of nftables that no iptables made. */
export type Backend = 'nft' | 'legacy' | 'native'

/**
 * How many rules one owner has in one table, and how many of them stand in the table's built-in chains. The
 * latter hang everything else on the packet's way and do not come and go with pods and services.
 */
export type Cell = readonly [rules: number, anchors: number]

/** By `TABLE OWNER`. */
export type Cells = Readonly<Record<string, Cell>>

/** What one backend holds for one family, in numbers. */
export interface RuleSet {
  readonly family: Family
  readonly backend: Backend
  /** Of a native one: `inet firewalld`. */
  readonly table?: string
  /** What prints it. */
  readonly argv: readonly string[]
  /** "v1.8.9 (nf_tables)" */
  readonly version?: string
  readonly rules: number
  readonly cells: Cells
  /** What happens at the end of a built-in chain, where that is not ACCEPT, by `TABLE CHAIN`. */
  readonly policies: Readonly<Record<string, string>>
  /** The chains with most rules, as `TABLE CHAIN`. */
  readonly chains: readonly (readonly [chain: string, rules: number])[]
  /** Changes whenever a rule or a policy does; packet counters do not count. */
  readonly hash: string
  /** The same of those rules alone that do not come and go with pods, services, containers and bans. */
  readonly own: string
  readonly copies?: Copies
  readonly ufw?: UfwRules
  /** Which of `kubeParts` are there. */
  readonly kube: readonly string[]
  /** Another network has chains here that may do kube-proxy's work as well: Cilium, Calico. */
  readonly replaced?: true
  /** Tables that hold rules only `nft` can print; their cells are those of the last time. */
  readonly hidden?: readonly string[]
  /** It could not be read this time; this is the last that was seen. */
  readonly stale?: true
}

export interface FirewallSample extends Sample {
  readonly sets: readonly RuleSet[]
  /** What becomes of a new connection to SSH. */
  readonly ssh: SshPorts
  readonly input: Readonly<Partial<Record<Family, Verdict>>>
  readonly ufw?: Ufw
  readonly k3s?: Expected
  readonly memory: Memory
  readonly networks?: { readonly pods: readonly string[]; readonly services: readonly string[] }
  readonly sandboxes?: Sandboxes
  /** Host ports that no rule maps. */
  readonly hostPorts?: readonly HostPort[]
  /** What k3s needs and a rule or a policy drops. */
  readonly blocked?: readonly Blocked[]
  /** Changes that were seen, oldest first; bounded. */
  readonly journal?: readonly Change[]
  /** When rules were last kept whole, and which. */
  readonly kept?: { readonly at: number; readonly hash: string }
  /** Connections the kernel follows, in whole percent of the most it has room for. */
  readonly conntrack?: { readonly percent: number; readonly most: number }
  /** The program that tells of changes as they happen, where there is one. */
  readonly monitor?: string
}

/** All cells of one round, backends added up, by `FAMILY TABLE OWNER`. */
export function cellsOf(sets: readonly RuleSet[]): Cells {
  const sum: Record<string, Cell> = {}
  for (const { family, cells } of sets)
    for (const [place, [rules, anchors]] of Object.entries(cells)) {
      const [before, anchored] = sum[`${family} ${place}`] ?? [0, 0]
      sum[`${family} ${place}`] = [before + rules, anchored + anchors]
    }
  return sum
}

/**
 * Whether packets of a family come by ufw's rules. After `ufw disable` the built-in chains still lead to its
 * chains, which are empty then (measured with ufw 0.36).
 */
export const ufwActs = (sets: readonly RuleSet[], family: Family) =>
  sets.some((it) => {
    const [rules, anchors] = it.cells['filter ufw'] ?? [0, 0]
    return it.family === family && anchors > 0 && rules > anchors
  })

/** Rules by owner, greatest first; only those of some families, where `cells` are named by family. */
export function byOwner(
  cells: Cells,
  only?: readonly Family[],
): readonly (readonly [owner: Owner, rules: number])[] {
  const sum = new Map<Owner, number>()
  for (const [place, [rules]] of Object.entries(cells)) {
    if (only && !only.some((it) => place.startsWith(it))) continue
    const owner = ownerIn(place)
    sum.set(owner, (sum.get(owner) ?? 0) + rules)
  }
  return [...sum].filter(([, rules]) => rules > 0).sort((a, b) => b[1] - a[1])
}

/** The last word of a cell's name. */
export const ownerIn = (place: string) => place.slice(place.lastIndexOf(' ') + 1) as Owner

/** All rules in `cells`, of one family or of both. */
export function total(cells: Cells, family?: Family): number {
  let rules = 0
  for (const [place, [count]] of Object.entries(cells))
    if (!family || place.startsWith(family)) rules += count
  return rules
}
