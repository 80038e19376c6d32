import type { Backend, Cell, Cells, Family } from './cells.ts'
import type { Copies } from './dump/copies.ts'
import type { UfwRules } from './dump/ufw.ts'

/** What one backend holds for one family, in numbers. */
export interface RuleSet {
  readonly family: Family
  readonly backend: Backend
  /** Of a native table: `inet firewalld`. */
  readonly table?: string
  /** The command that prints it. */
  readonly argv: readonly string[]
  /** "v1.8.9 (nf_tables)" */
  readonly version?: string
  readonly rules: number
  readonly cells: Cells
  /** The policies of built-in chains that are not ACCEPT, by `TABLE CHAIN`. */
  readonly policies: Readonly<Record<string, string>>
  /** The chains with the most rules, as `TABLE CHAIN`. */
  readonly chains: readonly (readonly [chain: string, rules: number])[]
  /** Changes with every rule and policy, but not with packet counters. */
  readonly hash: string
  /** The same, of those rules only that do not come and go with pods, services, containers and bans. */
  readonly own: string
  readonly copies?: Copies
  readonly ufw?: UfwRules
  /** Those of `kubeParts` that exist. */
  readonly kube: readonly string[]
  /** Another network has chains here that may do kube-proxy's work as well: Cilium, Calico. */
  readonly replaced?: true
  /** Tables that only `nft` can print; their cells are those of the previous sample. */
  readonly hidden?: readonly string[]
  /** It could not be read this time; this is the previous state. */
  readonly stale?: true
}

/** All cells of one sample, both backends added up, by `FAMILY TABLE OWNER`. */
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
 * Whether packets of a family pass ufw's rules. After `ufw disable` the built-in chains still lead to its chains, but
 * these are empty (measured with ufw 0.36).
 */
export const ufwActs = (sets: readonly RuleSet[], family: Family) =>
  sets.some((it) => {
    const [rules, anchors] = it.cells['filter ufw'] ?? [0, 0]
    return it.family === family && anchors > 0 && rules > anchors
  })
