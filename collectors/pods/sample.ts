import type { Pod, Sample } from '../../agent/model/index.ts'
import type { Turns } from './choose.ts'
import type { Folders } from './listing.ts'

/**
 * How far a container's log has been read: the N of its newest `N.log`, which counts restarts; inode and offset (bytes)
 * of the file being read; and the N of that file if it is an older one.
 */
export type Place = readonly [restarts: number, inode: number, offset: number, of?: number]

/** How a container last ended, from containerd's files. */
export interface Ended {
  readonly code: number
  /** `OOMKilled`, `Error`, `Completed`. */
  readonly reason?: string
  readonly at: number
}

/** A container that was restarted lately. Times are ms since the epoch. */
export interface Restarting {
  readonly pod: Pod
  readonly restarts: number
  /** When its restarts were noticed, oldest first, bounded. */
  readonly times: readonly number[]
  readonly ended?: Ended
  /** When the boot started it anew, which is no end of its own. */
  readonly byBoot?: number
  /** It does not run now: the kubelet waits before the next try. */
  readonly down?: boolean
}

/** What the log of a container said. */
export interface Said {
  readonly pod: Pod
  readonly pattern: string
  readonly lines: number
  readonly first: number
  readonly last: number
  readonly excerpt: string
}

/** A finding that could not be judged again: it is kept until it would have ended by itself. */
export interface Unjudged {
  readonly code: 'pods.log-says' | 'pods.crash-looping'
  readonly subject: string
  readonly pod: Pod
  /** Until when, ms since the epoch; longer if the log of its container is still not read then. */
  readonly until: number
}

/** What the pods collector saw and remembers. */
export interface PodsSample extends Sample {
  /** Which boot this was, and when it was first seen to be another than before: a boot starts each container anew. */
  readonly boot?: string
  readonly booted?: number
  /** Containers (`keyOf`) that it has not started anew yet. */
  readonly anew?: readonly string[]
  /** How the folders of the logs were, so that only those that change are listed. */
  readonly folders?: Folders
  /** By folder in /var/log/pods, then by container. */
  readonly places: Readonly<Record<string, Readonly<Record<string, Place>>>>
  readonly restarting: readonly Restarting[]
  readonly said: readonly Said[]
  readonly unjudged?: readonly Unjudged[]
  /** Bytes of logs left for the next run, since there were more than one run may read. */
  readonly left?: number
  /** How many containers were not read in this run. */
  readonly unfollowed?: number
  /** Where each kind of turn ended. */
  readonly turns?: Turns
}
