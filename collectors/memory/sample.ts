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
  /** Kills before Murphy's first run. */
  readonly earlier?: number
  readonly reading?: Reading
  readonly victims: readonly Victim[]
  /** Kills because the node itself was out of memory. */
  readonly node?: {
    readonly kills: number
    readonly first: number
    readonly last: number
    readonly until: number
  }
  /** The comparison of the kernel's own count with its log. */
  readonly account?: Account
  /** The counts of the pods' cgroups, where not 0. */
  readonly counters?: Counters
  readonly lastBoot?: LastBoot
  readonly storm?: Storm
  /** The containers nearest to their limits; below, how many containers have no limit. */
  readonly uses?: Uses
  readonly unlimited?: number
  /** The pods' sandboxes, which are no containers, by the first digits of their ids. */
  readonly sandboxes?: readonly string[]
  /** How much memory was available over time. */
  readonly free?: readonly Point[]
  /** The most memory in use on each day. */
  readonly fullest?: readonly Point[]
  /** The times of kills within the last day, by subject. */
  readonly repeats?: Repeats
  /** Findings of earlier runs for which there was no room. */
  readonly leftOut?: readonly LeftOut[]
  /** The last kills one by one, newest last. */
  readonly recent: readonly Recent[]
  /** Names of the folders in /var/log/pods, to name pods that are gone when their kill is read. */
  readonly pods: readonly string[]
}

export interface Recent {
  readonly at: number
  readonly subject: string
  readonly comm: string
  readonly pid: number
  readonly rss?: number
  readonly processes?: number
  /** There is no line in the log, only the count of its cgroup. */
  readonly unrecorded?: true
}
