import type { Sample } from '../../agent/model/index.ts'
import type { Family } from './cells.ts'
import type { Blocked } from './checks/blocked.ts'
import type { Expected } from './checks/kube.ts'
import type { SshPorts } from './checks/ssh.ts'
import type { HostPort, Sandboxes } from './dump/sandboxes.ts'
import type { Ufw } from './dump/ufw.ts'
import type { Memory } from './history/flush.ts'
import type { Change } from './history/journal.ts'
import type { Kept } from './history/snapshots.ts'
import type { Verdict } from './packet/walk.ts'
import type { RuleSet } from './rule-set.ts'

export interface FirewallSample extends Sample {
  readonly sets: readonly RuleSet[]
  /** The ports of SSH; below, the verdict for a new connection to them. */
  readonly ssh: SshPorts
  readonly input: Readonly<Partial<Record<Family, Verdict>>>
  readonly ufw?: Ufw
  readonly k3s?: Expected
  readonly memory: Memory
  readonly networks?: { readonly pods: readonly string[]; readonly services: readonly string[] }
  readonly sandboxes?: Sandboxes
  /** Host ports that no rule maps. */
  readonly hostPorts?: readonly HostPort[]
  /** Connections that k3s needs and a rule or a policy drops. */
  readonly blocked?: readonly Blocked[]
  /** Changes that were seen, oldest first; bounded. */
  readonly journal?: readonly Change[]
  readonly kept?: Kept
  /** Tracked connections, in whole percent of the kernel's limit (`most`). */
  readonly conntrack?: { readonly percent: number; readonly most: number }
  /** The path of `nft`, which reports changes as they happen, where it exists. */
  readonly monitor?: string
}
