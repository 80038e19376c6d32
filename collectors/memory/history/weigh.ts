import type { MemorySample } from '../sample.ts'
import { type Account, balanced, type Look } from './account.ts'
import { type Counters, reconciled, type Unrecorded } from './counters.ts'
import type { Named } from './victims.ts'

/** The kernel's log against the kernel's counts. */
export interface Weights {
  readonly balance: Account | undefined
  readonly counters: Counters
  /** Kills that only a count tells of, and whose they were. */
  readonly unrecorded: readonly Unrecorded[]
}

/** Whether what is remembered is of this boot, in which the kernel goes on counting. */
export const isSameBoot = (
  before: Pick<MemorySample, 'account'> | undefined,
  boot: string | undefined,
): before is Pick<MemorySample, 'account'> & { readonly account: Account } =>
  before?.account !== undefined && before.account.boot === boot

/** What one look read of both. Times are ms since the epoch. */
export interface Scales extends Pick<Look, 'boot' | 'log' | 'now'> {
  /** What the kernel counted right before and right after its log was read. */
  readonly counted: Look['counts']
  /** What the cgroups of pods counted, where that was read. */
  readonly counts: Counters | undefined
  /** The kills of the log. */
  readonly known: readonly Named[]
}

/** What of the kernel's counts its log does not explain; `hold`: how long a loss is told of, ms. Pure. */
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
