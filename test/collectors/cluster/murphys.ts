import type { Test } from 'tap'
import { step, tellFrom } from '../../../agent/core/ledger.ts'
import { round } from '../../../agent/core/round.ts'
import type { Finding, Host, Past } from '../../../agent/model/index.ts'
import { opaque } from '../../../agent/model/index.ts'
import { cluster as collector } from '../../../collectors/cluster/index.ts'
import type { ClusterSample } from '../../../collectors/cluster/sample.ts'
import { type Cluster, cluster, four } from './machines.ts'

export const began = Date.UTC(2026, 10, 23, 3, 0)
export const second = 1000
export const minute = 60 * second

interface Murphy {
  readonly name: string
  readonly host: Host
  /** It looks. */
  lives: boolean
  /** k3s runs there. */
  running: boolean
  ledger: readonly Finding[]
  past: Past<ClusterSample>
  /** When it looks next. */
  next: number
}

/** Between two rounds of the schedule. */
const pause = 20 * second

/** The Murphys of some servers, whose rounds come by a clock that the test sets, in steps of ten seconds. */
function murphys(it: Cluster, names: readonly string[]) {
  let clock = began
  const all: Murphy[] = names.map((name) => ({
    ...{ name, lives: true, running: true, ledger: [] as readonly Finding[] },
    host: it.host(
      name,
      () => clock,
      () => of(name).running,
    ),
    past: { heard: [] } as Past<ClusterSample>,
    next: began,
  }))
  const of = (name: string) => all.find((one) => one.name === name) as Murphy
  const look = async (one: Murphy) => {
    const outcome = await round(opaque(collector), {}, one.host, one.past)
    one.ledger = step(one.ledger, outcome, clock)
    if (outcome.sample) one.past = { sample: outcome.sample, at: clock, heard: [] }
    one.next = clock + (collector.soon?.(one.past.sample ?? {}) ?? pause)
  }
  return {
    all,
    of,
    /** Lets so many ms pass; `before` each round the test may change the cluster. */
    async pass(ms: number, before: (sofar: number) => void = () => undefined) {
      const end = clock + ms
      for (; clock < end; clock += 10 * second) {
        before(clock - began)
        for (const one of all) if (one.lives && one.next <= clock) await look(one)
      }
    },
    /** Who has notified of what, and after how many seconds at the latest. */
    notified: () =>
      all.flatMap(({ name, ledger }) =>
        ledger
          .filter((one) => tellFrom(one) <= clock && (one.resolved ?? clock) >= tellFrom(one))
          .map((one) => `${name}: ${one.code} ${one.subject}`),
      ),
    now: () => clock,
  }
}

const servers = ['server1', 'server2', 'server3']

/** Three servers and an agent over one API, each test with Murphys of its own, on some servers alone if it says so. */
export async function fourNodes(t: Test) {
  const it = await cluster(t)
  const started = async (names: readonly string[] = servers, fill: typeof four = four) => {
    it.api.nodes.clear()
    it.api.fault = undefined
    it.kubelets.clear()
    fill(it.api, began - 60 * minute)
    const its = murphys(it, names)
    // What is lost soon after a server began to watch may only be starting.
    await its.pass(2 * minute)
    return { ...it, its }
  }
  return { it, started }
}
