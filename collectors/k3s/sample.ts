import type { Observation, Sample } from '../../agent/model/index.ts'
import type { K3s } from '../node/k3s.ts'
import type { NodeState } from './node-state.ts'

/** What systemd says of the unit of k3s. */
export interface UnitState {
  /** `active`, `activating`, `inactive`, `failed` … */
  readonly active: string
  /** `running`, `auto-restart`, `dead` … */
  readonly sub: string
  /** How often systemd has restarted it automatically; a manual start resets this. */
  readonly restarts: number
  /** Why it ended last: `success`, `exit-code`, `signal`, `oom-kill` … */
  readonly result: string
  /** The exit code or signal of the last main process. */
  readonly status: number
  /** Whether it starts with the machine; absent where systemd knows of no such unit. */
  readonly enabled?: boolean
  /** When it became inactive. */
  readonly stopped?: number
}

/** The last answer of one of k3s's own health endpoints. */
export interface Answer {
  readonly well: boolean
  readonly since: number
  /** When it was last asked and well: rounds in which all is well do not ask. ms since the epoch. */
  readonly seen?: number
  readonly status?: number
  /** What is wrong, as the end of a sentence. */
  readonly said?: string
  /** The start of the process of k3s of which it was seen well last, ms since the epoch. */
  readonly up?: number
  /** It was unwell outside of the time that a start of k3s has. */
  readonly late?: true
  /** The port that was asked, where it is not well. */
  readonly port?: number
}

export type Part = 'api' | 'kubelet' | 'kube-proxy'

export interface Disk {
  /** The first of k3s's folders on this file system. */
  readonly path: string
  /** k3s's other folders on it. */
  readonly also: readonly string[]
  readonly size: number
  /** Percent in use, to a tenth, as the kubelet counts: space reserved for root is not free. */
  readonly used: number
  /** The same for inodes; absent where the file system has no fixed number. */
  readonly inodes?: number
  /** Percent in use from which on the kubelet evicts pods; absent: it evicts none for this disk, or that is not known. */
  readonly evicts?: number
  /** The same for inodes. */
  readonly evictsInodes?: number
}

export interface Datastore {
  readonly kind: 'sqlite' | 'etcd'
  /** Bytes of the database, and of the write-ahead log beside it. */
  readonly size: number
  readonly log: number
  /** Bytes beyond which etcd refuses every write. */
  readonly quota?: number
}

export type EventCode =
  | 'k3s.restarted'
  | 'k3s.crashed'
  | 'k3s.killed'
  | 'k3s.rebooted'
  | 'k3s.certificates-rotated'

/** An event; remembered for as long as it explains what is missing. `code` and `at` are its identity. */
export interface Happened {
  readonly code: EventCode
  readonly at: number
  readonly text: string
  readonly evidence?: Observation['evidence']
}

/** The containers and links of the last look at which k3s ran; `at` is its time. */
export interface Stood {
  readonly at: number
  readonly count: number
  readonly some: readonly string[]
  readonly links: Readonly<Record<string, number>>
}

/** How the process of k3s ended before systemd started it again by itself. */
export interface Ended {
  readonly at: number
  /** Its exit code; absent if a signal ended it. */
  readonly exit?: number
  /** The number of the signal that ended it. */
  readonly signal?: number
  /** The result that systemd gave the unit: `exit-code`, `signal`, `core-dump`, `oom-kill`, `watchdog` … */
  readonly result?: string
  /** What k3s itself said last of why, from its journal. */
  readonly reason?: string
}

export interface K3sSample extends Sample {
  /** The kernel's id of this boot, and when it began. */
  readonly boot?: string
  readonly booted?: number
  /** On a machine that had k3s and has none any more: which, and when it was last there. */
  readonly had?: { readonly what: string; readonly at: number }
  /** Absent on a machine without k3s; then everything below is absent too. */
  readonly k3s?: Omit<K3s, 'flags'>
  readonly version?: string
  /** The program that reported this version, as `inode:size:mtime`. */
  readonly binary?: string
  /** It has been seen running on this machine. */
  readonly seen?: true
  /**
   * Root runs a process with the name of k3s in a cgroup that is not known to be k3s's: whether k3s runs cannot be
   * told.
   */
  readonly doubted?: true
  /** Since when it has not been running. */
  readonly gone?: number
  /** null: systemd was asked and did not say. */
  readonly unit?: UnitState | null
  /** systemd's links start it at boot; used where systemd did not answer. */
  readonly enabled?: true
  /** The restart counter over the last 15 minutes, each time it rose. */
  readonly restarts?: readonly { readonly at: number; readonly count: number }[]
  /** Only in the look that first knows it: mostly the one that first sees the process which followed. */
  readonly ended?: Ended
  /** How often the journal was asked how the process before ended, and has not said all. */
  readonly owed?: number
  readonly answers?: Readonly<Partial<Record<Part, Answer>>>
  /** This node as the cluster shows it; absent where it could not be asked, or there is no kubelet. */
  readonly node?: NodeState
  /** The servers an agent's load balancer knows. */
  readonly servers?: readonly string[]
  /** How many containers live, and a few of them by id. */
  readonly tasks?: { readonly count: number; readonly some: readonly string[] }
  /** The links of the pod network by name, with their index: a recreated link has another index. */
  readonly links?: Readonly<Record<string, number>>
  /** While k3s does not run: what stood when it last did. */
  readonly stood?: Stood
  /** When the server's own client certificate was written. */
  readonly rotated?: number
  readonly datastore?: Datastore
  readonly disks?: readonly Disk[]
  /** What has to be left on a disk, by the kubelet's settings as they were read last; absent where that is not known. */
  readonly evictionHard?: Readonly<Record<string, string>>
  readonly happened?: readonly Happened[]
}
