import type { MemorySample } from '../sample.ts'
import { type Account, balanced, type Look } from './account.ts'
import { type Counters, reconciled, type Unrecorded } from './counters.ts'
import type { Named } from './victims.ts'

/** The comparison of the kernel's log with the kernel's counts. */
export interface Weights {
  readonly balance: Account | undefined
  readonly counters: Counters
  /** Kills that only a count tells of, and the pods they hit. */
  readonly unrecorded: readonly Unrecorded[]
}

/** Whether what is remembered is from this boot, so that the kernel's counts have gone on from it. */
export const isSameBoot = (
  before: Pick<MemorySample, 'account'> | undefined,
  boot: string | undefined,
): before is Pick<MemorySample, 'account'> & { readonly account: Account } =>
  before?.account !== undefined && before.account.boot === boot

/** What one collector run read of log and counts. Times are ms since the epoch. */
export interface Scales extends Pick<Look, 'boot' | 'log' | 'now'> {
  /** The kernel's count right before and right after its log was read. */
  readonly counted: Look['counts']
  /** The counts of pods' cgroups; undefined where they were not read. */
  readonly counts: Counters | undefined
  /** The kills of the log. */
  readonly known: readonly Named[]
}

/** Which of the kernel's counted kills its log does not explain. `hold`: how long lost lines are reported, ms. Pure. */
export function weighed(
  before: MemorySample | undefined,
  { boot, counted, counts, log, known, now }: Scales,
  hold: number,
): Weights {
  const balance = balanced(before?.account, { boot, counts: counted, log, now, hold })
  const account = isSameBoot(before, boot) ? before.account : undefined
  const lost = account && balance ? balance.lost - account.lost : 0
  return { balance, ...reconciled(account && before?.counters, counts, known, lost) }
}
