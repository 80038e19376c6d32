import type { WakeEvent } from '../../../agent/model/index.ts'
import { byOwner, type Cells, ownerIn } from '../cells.ts'
import type { Owner } from '../dump/owners.ts'
import { rolling } from '../packet/sums.ts'
import { cellsOf, type RuleSet } from '../rule-set.ts'
import { type Author, likely } from './author.ts'

export type Counts = Readonly<Partial<Record<Owner, number>>>

/** A change of the firewall other than those that come and go with pods and services. */
export interface Change {
  readonly at: number
  /** When the rules were last seen before it, where no event gave the exact moment. */
  readonly seen?: number
  readonly by?: readonly Author[]
  readonly before: Counts
  readonly after: Counts
  /** There are only fewer rules of k3s's own, and nothing of anybody else is another: what `k3s-killall.sh` leaves. */
  readonly onlyK3s?: true
  /** Kept in the journal, but not reported: k3s did it when it started, or another finding reports it. */
  readonly quiet?: true
}

/** Changes kept in the sample, oldest first. */
const mostChanges = 20
const mostAuthors = 3

const countsOf = (cells: Cells): Counts => Object.fromEntries(byOwner(cells))

interface Present {
  readonly sets: readonly RuleSet[]
  readonly now: number
  readonly heard: readonly WakeEvent[]
  /**
   * Rules are flushed now, or were in the previous sample: `firewall.flushed` reports that, and the repair is no news
   * either.
   */
  readonly flushed: boolean
}

/** What the previous sample holds. */
export interface Before {
  readonly sets: readonly RuleSet[]
  readonly journal?: readonly Change[]
}

/** The journal after a collector run, and whether this run added to it. Pure. */
export function keepJournal(
  past: Before | undefined,
  last: number | undefined,
  { sets, now, heard, flushed }: Present,
): { readonly journal: readonly Change[]; readonly changed: boolean } {
  const journal = past?.journal ?? []
  if (!past || sets.some((it) => it.stale) || past.sets.some((it) => it.stale))
    return { journal, changed: false }
  const own = ownOf(sets) !== ownOf(past.sets)
  const cells = cellsOf(sets)
  const before = cellsOf(past.sets)
  const kept = kubeAnchors(cells, before)
  if (!own && kept === 'same') return { journal, changed: false }
  const by = likely(heard).slice(0, mostAuthors)
  const change: Change = {
    at: by[0]?.at ?? now,
    ...(by.length > 0 ? { by } : last !== undefined && { seen: last }),
    before: countsOf(before),
    after: countsOf(cells),
    ...(isOnlyK3s(past.sets, sets) && { onlyK3s: true as const }),
    ...((flushed || (!own && kept === 'more')) && { quiet: true as const }),
  }
  return { journal: [...journal, change].slice(-mostChanges), changed: true }
}

/** Hashes of what only people and their tools change: their own rules, ufw's, and the policies. */
const ownOf = (sets: readonly RuleSet[]) =>
  sets
    .filter((it) => it.rules > 0 || Object.keys(it.policies).length > 0)
    .map((it) => `${it.family} ${it.backend} ${it.own}`)
    .sort()
    .join('\n')

/** The hash of no rule at all: a backend without any is left out, and is the same. */
const noRules = rolling().text()
const ofOthers = (sets: readonly RuleSet[]) => ownOf(sets.filter((it) => it.own !== '' && it.own !== noRules))

/**
 * Whose rules `k3s-killall.sh` takes away: it writes back what `iptables-save` prints without the lines that say KUBE-,
 * CNI- or flannel (install.sh of k3s, k3s-killall.sh). Chains of ufw, policies and rules of others are as they were.
 */
const takenByKillall: ReadonlySet<Owner> = new Set(['kube-proxy', 'kube-router', 'flannel', 'cni'])

function isOnlyK3s(before: readonly RuleSet[], after: readonly RuleSet[]): boolean {
  const [old, now] = [countsOf(cellsOf(before)), countsOf(cellsOf(after))]
  const others = [...new Set([...Object.keys(old), ...Object.keys(now)])]
    .map((it) => it as Owner)
    .filter((it) => (old[it] ?? 0) !== (now[it] ?? 0))
  return (
    others.length > 0 &&
    others.every((it) => takenByKillall.has(it) && (now[it] ?? 0) < (old[it] ?? 0)) &&
    ofOthers(before) === ofOthers(after)
  )
}

const kubernetes = new Set<Owner>(['kube-proxy', 'kube-router', 'flannel'])

/** Compares the number of Kubernetes' rules in built-in chains: unchanged, only more, or fewer in some place. */
function kubeAnchors(cells: Cells, before: Cells): 'same' | 'more' | 'fewer' {
  let more = false
  for (const place of new Set([...Object.keys(cells), ...Object.keys(before)])) {
    if (!kubernetes.has(ownerIn(place))) continue
    const difference = (cells[place]?.[1] ?? 0) - (before[place]?.[1] ?? 0)
    if (difference < 0) return 'fewer'
    if (difference > 0) more = true
  }
  return more ? 'more' : 'same'
}

/** "ufw 0 → 65, other 3 → 4"; owners whose number did not change are left out. */
export const difference = ({ before, after }: Pick<Change, 'before' | 'after'>) =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .map((it) => it as Owner)
    .filter((it) => (before[it] ?? 0) !== (after[it] ?? 0))
    .map((it) => `${it} ${before[it] ?? 0} → ${after[it] ?? 0}`)
    .join(', ')

export const authors = ({ by }: Pick<Change, 'by'>) =>
  by ? by.map(({ name, pid }) => `\`${name}\` (pid ${pid})`).join(', ') : 'Something'
