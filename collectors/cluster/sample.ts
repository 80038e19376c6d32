import type { NodeApi, Sample } from '../../agent/model/index.ts'
import type { Condition, NodeRow } from '../node/api-objects.ts'
import type { Heard } from '../node/kube-api.ts'

/** How this server asks the API; looked for again from time to time. */
export interface Place {
  /** The server's own name as a node. */
  readonly me: string
  readonly distribution: 'k3s' | 'rke2'
  readonly api: Pick<NodeApi, 'origin' | 'authority' | 'certificate'>
}

/** The names of pods that are bound to a lost node. */
export interface Pods {
  /** Of those that a drain would have moved: the first few, and how many there are. */
  readonly names: readonly string[]
  readonly count: number
  /** There are more than were asked for. */
  readonly more?: true
}

/** What is known of a node that is not Ready; asked only by the server that notifies. */
export interface Detail {
  readonly ready?: Condition
  /** When it was registered, by the API. */
  readonly created?: number
  /** Why it is leaving the cluster, by the taint that says so. */
  readonly leaving?: string
  /** Its kubelet said that the node shuts down; the API forgets that once it is silent. */
  readonly shutdown?: true
  /** What its kubelet's port answers; absent where that was not asked. */
  readonly kubelet?: Heard
  /** The last word of that node's own Murphy (`MurphyHealthy`), where it writes conditions. */
  readonly murphy?: Condition
  /** Volumes that are attached to it: the first few, and how many. */
  readonly volumes: readonly string[]
  readonly volumeCount: number
  /** Absent where they could not be asked for. */
  readonly pods?: Pods
}

/** A node that is not Ready. */
export interface Lost {
  readonly name: string
  /** When this server first saw that, ms since the epoch. */
  readonly first: number
  /** When it was seen Ready last, by the clock of this server; absent where this server has never seen it Ready. */
  readonly wellAt?: number
  /** The server that notifies of it. */
  readonly by: string
  /** The server that notifies has asked about it, whether or not there was an answer. */
  readonly asked?: true
  readonly detail?: Detail
}

/** Another server, while this one's API does not answer. */
export interface Peer {
  readonly name: string
  /** Since when it does not answer either; absent: it does. */
  readonly since?: number
}

/** The API of this server does not answer. */
export interface Silent {
  readonly since: number
  readonly why: string
  /** It answers, but not this node: 401. */
  readonly refused?: true
  /** Since when k3s does not run on this server, so that its view is not the cluster's. */
  readonly stopped?: number
  /** This server keeps a member of etcd on its disk; absent: the datastore is elsewhere, or SQLite. */
  readonly etcd?: true
  readonly peers: readonly Peer[]
}

export interface ClusterSample extends Sample {
  /** Absent where there is no k3s. */
  readonly role?: 'server' | 'agent'
  /** Absent on what is no server, or is no node of its own cluster. */
  readonly place?: Place
  /** The nodes as they were listed last, and when that was. */
  readonly nodes?: readonly NodeRow[]
  readonly seen?: number
  readonly lost?: readonly Lost[]
  /** Since when the nodes have been listed without a gap. What was lost before, or soon after, may only be starting. */
  readonly watched?: number
  /** Since when the API answers again. What was lost since, and soon after, may only not have renewed its Lease yet. */
  readonly answers?: number
  readonly silent?: Silent
}
