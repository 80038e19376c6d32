import type { NodeApi, Sample } from '../../agent/model/index.ts'
import type { Condition, NodeRow } from '../node/api-objects.ts'

/** How this server asks the API; looked for again from time to time. */
export interface Place {
  /** The server's own name as a node. */
  readonly me: string
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

/** What the API has of a node that is not Ready; asked only by the server that notifies. */
export interface Detail {
  readonly ready?: Condition
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
  /** The server that notifies of it. */
  readonly by: string
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
  /** This server keeps a member of etcd on its disk; absent: the datastore is elsewhere, or SQLite. */
  readonly etcd?: true
  readonly peers: readonly Peer[]
}

export interface ClusterSample extends Sample {
  /** Absent where there is no k3s. */
  readonly role?: 'server' | 'agent'
  /** Absent on what is no server, or is no node of its own cluster. */
  readonly place?: Place
  /** The nodes as they were listed last. */
  readonly nodes?: readonly NodeRow[]
  readonly lost?: readonly Lost[]
  readonly silent?: Silent
}
