import type { Backend, Cell, Cells, Family } from './cells.ts'
import type { Copies } from './checks/copies.ts'
import type { UfwRules } from './dump/ufw.ts'

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
