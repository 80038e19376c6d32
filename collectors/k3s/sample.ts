import type { Sample } from '../../agent/model/index.ts'
import type { K3s } from '../node/k3s.ts'

/** What systemd says of the unit of k3s. */
export interface UnitState {
  /** `active`, `activating`, `inactive`, `failed` … */
  readonly active: string
  /** `running`, `auto-restart`, `dead` … */
  readonly sub: string
  /** How often systemd has started it again by itself; a start by hand sets it back. */
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

/** What one of k3s's own health endpoints said last, and since when it has been well, or not. */
export interface Answer {
  readonly well: boolean
  readonly since: number
  readonly status?: number
  /** What is wrong, as the end of a sentence. */
  readonly said?: string
}

export type Part = 'api' | 'kubelet' | 'kube-proxy'

export interface Disk {
  /** The first of the folders of k3s on it. */
  readonly path: string
  /** The others. */
  readonly also: readonly string[]
  readonly size: number
  /** In percent of what there is, to a tenth, as the kubelet counts: what only root may use is not free. */
  readonly used: number
  /** The same for inodes; absent where the file system has no fixed number. */
  readonly inodes?: number
}

export interface Datastore {
  readonly kind: 'sqlite' | 'etcd'
  /** Bytes of the database, and of the log beside it that waits to be written into it. */
  readonly size: number
  readonly log: number
  /** etcd refuses every write beyond this. */
  readonly quota?: number
}

export type EventCode = 'k3s.restarted' | 'k3s.killed' | 'k3s.rebooted' | 'k3s.certificates-rotated'

/** Something that happened; remembered for as long as it explains what is missing. */
export interface Happened {
  readonly code: EventCode
  readonly at: number
  readonly text: string
}

export interface K3sSample extends Sample {
  /** The kernel's id of this boot, and when it began. */
  readonly boot?: string
  readonly booted?: number
  /** Absent on a machine without k3s; then so is all that follows. */
  readonly k3s?: Omit<K3s, 'flags'>
  readonly version?: string
  /** Which state of the program said so. */
  readonly binary?: string
  /** It has been seen running on this machine. */
  readonly seen?: true
  /** Root runs something of its name in a place that is not known for k3s's: whether it runs cannot be told. */
  readonly doubted?: true
  /** Since when it has not been running. */
  readonly gone?: number
  /** null: systemd was asked and did not say. */
  readonly unit?: UnitState | null
  /** That it starts with the machine, by systemd's links, where systemd did not say. */
  readonly enabled?: true
  /** How the count of restarts rose, within the last quarter of an hour. */
  readonly restarts?: readonly { readonly at: number; readonly count: number }[]
  readonly answers?: Readonly<Partial<Record<Part, Answer>>>
  /** The servers an agent's load balancer knows. */
  readonly servers?: readonly string[]
  /** How many containers there are, and a few of them by id. */
  readonly tasks?: { readonly count: number; readonly some: readonly string[] }
  /** The links of the pod network by name, with their index: one that is made anew has another. */
  readonly links?: Readonly<Record<string, number>>
  /** When the server's own client certificate was written. */
  readonly rotated?: number
  readonly datastore?: Datastore
  readonly disks?: readonly Disk[]
  readonly happened?: readonly Happened[]
}
