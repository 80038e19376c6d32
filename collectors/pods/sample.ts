import type { Pod, Sample } from '../../agent/model/index.ts'
import type { Turns } from './choose.ts'

/**
 * How far a container's log has been read: how often the container was restarted, which is the N of its newest
 * `N.log`, and the inode and bytes of the file that is being read, with its own N where it is an older one.
 */
export type Place = readonly [restarts: number, inode: number, offset: number, of?: number]

/** How a container last ended, as containerd's files tell it. */
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
  /** When it was seen to be restarted, oldest first, bounded. */
  readonly times: readonly number[]
  readonly ended?: Ended
  /** It does not run: the kubelet waits before the next try. */
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

/** Something that was true and could not be judged since: it stands until it would have ended by itself. */
export interface Unjudged {
  readonly code: 'pods.log-says' | 'pods.crash-looping'
  readonly subject: string
  readonly pod: Pod
  /** Until when, unless the log of its container is still not read then. ms since the epoch. */
  readonly until: number
}

/** What the pods collector saw and remembers. */
export interface PodsSample extends Sample {
  /** Tells whether the links in /var/log/containers are those of the last look. */
  readonly links?: string
  /** By folder in /var/log/pods, then by container. */
  readonly places: Readonly<Record<string, Readonly<Record<string, Place>>>>
  readonly restarting: readonly Restarting[]
  readonly said: readonly Said[]
  readonly unjudged?: readonly Unjudged[]
  /** Bytes of logs that are left for the next look, since there was more than one may read. */
  readonly left?: number
  /** Containers whose turn was not in this look. */
  readonly unfollowed?: number
  /** Where the turns of those ended. */
  readonly turns?: Turns
}
