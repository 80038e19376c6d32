import type { Sample } from '../../agent/model/index.ts'
import type { LeftOut } from '../node/left-out.ts'
import type { Account } from './history/account.ts'
import type { Repeats, Storm } from './history/bouts.ts'
import type { Counters } from './history/counters.ts'
import type { Victim } from './history/victims.ts'
import type { Reading } from './kills.ts'
import type { LastBoot } from './last-boot.ts'
import type { Memory } from './proc.ts'
import type { Point } from './slope.ts'
import type { Uses } from './use.ts'

/** What the memory collector saw and remembers. Times are ms since the epoch, sizes bytes. */
export interface MemorySample extends Sample, Memory {
  readonly boot?: string
  /** The sequence number of the last record read in this boot; -1 before the first. */
  readonly cursor: number
  /** Records of this boot that were overwritten before they were read. */
  readonly lost?: number
  /** Kills that were over before Murphy ever looked. */
  readonly earlier?: number
  readonly reading?: Reading
  readonly victims: readonly Victim[]
  /** The node itself ran out. */
  readonly node?: {
    readonly kills: number
    readonly first: number
    readonly last: number
    readonly until: number
  }
  /** The kernel's own count against its log. */
  readonly account?: Account
  /** What the pods' cgroups count, where that is not 0. */
  readonly counters?: Counters
  readonly lastBoot?: LastBoot
  readonly storm?: Storm
  /** The containers nearest to their limits, and how many have none. */
  readonly uses?: Uses
  readonly unlimited?: number
  /** How much was available. */
  readonly free?: readonly Point[]
  /** The most that was in use, of each day. */
  readonly fullest?: readonly Point[]
  /** When whom it hit, over a day. */
  readonly repeats?: Repeats
  /** What of former rounds there was no room for. */
  readonly leftOut?: readonly LeftOut[]
  /** The last kills one by one, newest last. */
  readonly recent: readonly Recent[]
  /** Names of the folders in /var/log/pods, for pods that are gone when their kill is read. */
  readonly pods: readonly string[]
}

export interface Recent {
  readonly at: number
  readonly subject: string
  readonly comm: string
  readonly pid: number
  readonly rss?: number
  readonly processes?: number
  /** No record tells of it, only the count of its cgroup. */
  readonly unrecorded?: true
}
