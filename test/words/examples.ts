import type { Observation } from '../../agent/model/index.ts'
import { agent } from './agent.ts'
import { certs } from './certs.ts'
import { cluster } from './cluster.ts'
import { cni } from './cni.ts'
import { firewall } from './firewall.ts'
import { k3s } from './k3s.ts'
import { memory } from './memory.ts'
import { pods } from './pods.ts'

/** What a collector may observe, with real names of the longest kind: titles have to hold the fact with these too. */
export interface Example {
  readonly it: Observation
  /** What tells this finding from others: which pod, certificate, port or peer. It has to be seen at once. */
  readonly key: string
}

/** Stands where only the title is of interest: what is said of it then, `made.ts` has. */
export const example = 'An example.'

export const examples: readonly Example[] = [
  ...agent,
  ...certs,
  ...cluster,
  ...cni,
  ...firewall,
  ...k3s,
  ...memory,
  ...pods,
]

/** Areas whose words still have to be written after the rules of this test. Each goes from here when it is done. */
export const unwritten: ReadonlySet<string> = new Set()
