import { type Pod, podsOf } from './cast.ts'
import type { Dice } from './dice.ts'
import type { Timeline } from './timeline.ts'
import type { Traits } from './traits.ts'
import type { Act, Origin, Wrong } from './truth.ts'

/** What can be wrong with the node by itself; `codes` says under which code a look tells it. */
export const codes = {
  'nat kube': 'firewall.kube-chains-missing',
  'nat flannel': 'firewall.flannel-rules-missing',
  'nat hostports': 'firewall.hostport-rules-missing',
  'filter kube': 'firewall.flushed',
  'filter flannel': 'firewall.flushed',
  'filter ufw': 'firewall.ufw-drift',
  'ufw rules': 'firewall.ufw-drift',
  'ufw blocks': 'firewall.blocks-k3s',
  'overlay dropped': 'firewall.blocks-k3s',
  'peer silent': 'cni.peer-unreachable',
  'peer sizes': 'cni.peer-unreachable',
  ssh: 'firewall.lockout',
  conntrack: 'firewall.conntrack-filling',
  duplicates: 'firewall.duplicates',
  'bridge gone': 'cni.bridge-missing',
  'bridge down': 'cni.bridge-down',
  'bridge address': 'cni.bridge-address',
  'pods off': 'cni.veth-orphaned',
  'overlay gone': 'cni.overlay-missing',
  'overlay down': 'cni.overlay-down',
  route: 'cni.routes-missing',
  fdb: 'cni.routes-missing',
  conf: 'cni.conf-missing',
  subnet: 'cni.subnet-env-missing',
  forwarding: 'cni.forwarding-off',
  mtu: 'cni.mtu-mismatch',
  coredns: 'cni.dns-dead',
  expired: 'certs.expired',
  expiring: 'certs.expiring',
  chain: 'certs.chain-broken',
  unloaded: 'certs.rotated-not-restarted',
  kubeconfig: 'certs.kubeconfig-stale',
  clock: 'certs.clock-wrong',
  datastore: 'k3s.api-unhealthy',
  hung: 'k3s.api-unhealthy',
  kubelet: 'k3s.kubelet-unhealthy',
  runtime: 'k3s.node-not-ready',
  peer: 'cluster.node-lost',
  'disk filling': 'k3s.disk-filling',
  'disk full': 'k3s.disk-filling',
  filling: 'memory.node-filling',
  pressure: 'memory.pressure',
} as const

export type Fact = keyof typeof codes

export interface Process {
  readonly pid: number
  readonly since: number
  readonly origin: Origin
}

export interface Kill extends Origin {
  readonly at: number
  /** Its names then: a rollout gives it others. */
  readonly pod: Pick<Pod, 'namespace' | 'name' | 'container' | 'database'>
  /** The node itself had no memory left. */
  readonly whole: boolean
}

export interface Flush extends Origin {
  readonly at: number
  /** When it was flushed once more, without having come back in between. */
  readonly latest: number
  readonly program: string
  readonly pid: number
  /** `nat`, `filter`: what was emptied, of IPv4. */
  readonly tables: readonly string[]
  readonly facts: readonly Fact[]
}

export interface Happened extends Origin {
  readonly at: number
  readonly code: 'k3s.restarted' | 'k3s.crashed' | 'k3s.killed' | 'k3s.rebooted' | 'k3s.certificates-rotated'
  readonly text: string
  readonly evidence?: Evidence
}

/** How k3s ended, as its journal has it. */
export type Evidence = Readonly<Record<string, string | number>>

export interface Node {
  readonly time: Timeline
  readonly dice: Dice
  readonly traits: Traits
  readonly wrong: Map<Fact, Wrong>
  /** When that was so the last time, and is not any more, ms. */
  readonly past: Map<Fact, { readonly from: number; readonly to: number }>
  readonly pods: Pod[]
  readonly acts: Act[]
  readonly flushes: Flush[]
  readonly kills: Kill[]
  readonly happened: Happened[]
  /** Changes of the rules by people, and when links went down. */
  readonly changes: (Origin & { readonly at: number })[]
  readonly downs: Map<string, (Origin & { readonly at: number })[]>
  /** Memory held by a pod that nears its limit. */
  readonly near: Map<Pod, Wrong>
  k3s: {
    running?: Process
    state: 'active' | 'activating' | 'failed' | 'inactive'
    /** Since when there is no process. */
    gone?: number
    why?: Origin
    /** When systemd started it again by itself, within the last quarter of an hour. */
    again: (Origin & { readonly at: number })[]
  }
  /** How far its clock is off, ms, and when somebody last set it by more than some minutes. */
  offset: number
  /** What its clock showed at a true time, ms: what was noted then keeps it, whatever the clock says since. */
  wall(at: number): number
  /** When it was booted last, as far as the agent could see, ms. */
  booted?: number
  jumped?: Origin & { readonly at: number }
  /** Whether the agent's wake sources hear something: set by the agent. */
  hear: (collector: string) => void
  /** The machine goes down for so long, ms: set by the agent. */
  down: (ms: number) => void
  act(kind: string, text: string, fault?: boolean): Act
  break(fact: Fact, origin: Origin): void
  mend(...facts: readonly Fact[]): void
  is(fact: Fact): boolean
  /** Called when something broke, for what follows from it. */
  broke: (fact: Fact) => void
}

export const caused = (act: Act): Origin => ({ by: [act], after: [] })

export function makeNode(time: Timeline, dice: Dice, traits: Traits): Node {
  const wrong = new Map<Fact, Wrong>()
  const acts: Act[] = []
  const sets: { readonly at: number; readonly offset: number }[] = [
    { at: Number.NEGATIVE_INFINITY, offset: 0 },
  ]
  const node: Node = {
    ...{ time, dice, traits, wrong, acts },
    past: new Map(),
    pods: podsOf(traits),
    flushes: [],
    kills: [],
    happened: [],
    changes: [],
    downs: new Map(),
    near: new Map(),
    k3s: {
      state: 'active',
      again: [],
      running: { pid: 812, since: time.now() - 20 * 24 * 3600_000, origin: { by: [], after: [] } },
    },
    get offset() {
      return sets.at(-1)?.offset ?? 0
    },
    set offset(offset) {
      sets.push({ at: time.now(), offset })
    },
    wall: (at) => at + (sets.findLast((it) => it.at <= at)?.offset ?? 0),
    hear: () => {},
    down: () => {},
    act(kind, text, fault = false) {
      const act = { id: acts.length + 1, at: time.now(), kind, text, fault }
      acts.push(act)
      return act
    },
    break(fact, { by, after }) {
      if (wrong.has(fact)) return
      wrong.set(fact, { since: time.now(), by, after })
      node.broke(fact)
    },
    mend(...facts) {
      for (const it of facts) {
        const was = wrong.get(it)
        if (was) node.past.set(it, { from: was.since, to: time.now() })
        wrong.delete(it)
      }
    },
    is: (fact) => wrong.has(fact),
    broke: () => {},
  }
  return node
}
