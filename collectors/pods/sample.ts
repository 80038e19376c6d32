import type { Pod, Sample } from '../../agent/model.ts'

/** How far a container's log has been read: the N of `N.log`, which is how often it was restarted, the inode, and bytes. */
export type Place = readonly [restarts: number, inode: number, offset: number]

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

/** What the pods collector saw and remembers. */
export interface PodsSample extends Sample {
  /** Tells whether the links in /var/log/containers are those of the last look. */
  readonly links?: string
  /** By folder in /var/log/pods, then by container. */
  readonly places: Readonly<Record<string, Readonly<Record<string, Place>>>>
  readonly restarting: readonly Restarting[]
  readonly said: readonly Said[]
  /** Bytes of logs that were left out, since there was more than a look may read. */
  readonly skipped?: number
  /** Containers beyond the most that are followed. */
  readonly unfollowed?: number
}
