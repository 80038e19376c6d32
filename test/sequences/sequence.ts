import { agentOn } from './agent.ts'
import { makeCore } from './core.ts'
import { type Dice, dice } from './dice.ts'
import type { Fault } from './faults/fault.ts'
import { flush } from './faults/firewall.ts'
import { faults } from './faults/index.ts'
import { makeNode, type Node } from './node.ts'
import { type Agent, ordinary } from './ordinary.ts'
import { makeScore, type Score } from './score.ts'
import { killall, reboots, restarts } from './service.ts'
import { timeline } from './timeline.ts'
import type { Traits } from './traits.ts'
import type { Act } from './truth.ts'
import { suffer } from './workload.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const begin = Date.parse('2026-11-29T00:00:00Z')

/** What happened on one node, and what Murphy made of it. */
export interface Sequence extends Score {
  readonly seed: number
  readonly acts: readonly Act[]
  readonly traits: Traits
}

/** What people try that is no repair of this. */
const attempts: readonly ((node: Node) => void)[] = [
  (node) => node.k3s.running && restarts(node, node.act('wrong repair', 'systemctl restart k3s')),
  (node) => node.k3s.running && restarts(node, node.act('wrong repair', 'systemctl restart k3s')),
  (node) => reboots(node, node.act('wrong repair', 'reboot')),
  (node) => flush(node, node.act('wrong repair', 'iptables -F', true), ['filter'], 'iptables'),
  (node) => killall(node, node.act('wrong repair', 'k3s-killall.sh', true)),
]

/** A fault at its time, what people try in vain, and its repair: soon, late, or never. */
function happens(node: Node, fault: Fault, at: number): void {
  const { time, dice } = node
  time.at(at, () => {
    if (fault.can && !fault.can(node)) return
    const act = node.act(fault.kind, fault.text, true)
    const repair = fault.begin(node, act)
    const usual: readonly [number, number] = dice.yes(0.6)
      ? [40 * second, 8 * minute]
      : [8 * minute, 50 * minute]
    const lasts = dice.between(...(fault.lasts ?? usual))
    if (dice.yes(0.15)) time.in(lasts * dice.between(0.2, 0.8), () => dice.one(attempts)(node))
    if (dice.yes(0.9)) time.in(lasts, repair)
  })
}

/** When things come: mostly apart, some of them close upon each other. */
function moments(random: Dice, count: number, length: number): readonly number[] {
  const all: number[] = []
  for (let index = 0; index < count; index += 1) {
    const last = all.at(-1)
    const near = last !== undefined && random.yes(0.35)
    all.push(
      near
        ? last + random.between(5 * second, 6 * minute)
        : begin + random.between(12 * minute, length - 40 * minute),
    )
  }
  return all
}

/** Sets up a node with an agent on it, has `planned` plan what happens, and lets `length` ms pass. */
function pass(
  seed: number,
  traits: Traits,
  random: Dice,
  length: number,
  planned: (node: Node, agent: Agent) => void,
): Sequence {
  const time = timeline(begin)
  const node = makeNode(time, random, traits)
  node.broke = () => suffer(node)
  const core = makeCore(begin)
  const score = makeScore(node, core)
  const agent = agentOn(node, core, { looked: score.looked, settled: score.settled })
  score.watch(agent)
  planned(node, agent)
  agent.start()
  for (let at = begin; at < begin + length; at += 10 * second) {
    time.run(at, () => {
      score.changed()
      score.present()
    })
    score.changed(true)
    score.present()
  }
  return { seed, acts: node.acts, traits, ...score.result() }
}

const traitsBy = (random: Dice): Traits => {
  const peer = random.yes(0.6)
  return { ufw: random.yes(0.5), peer, dnsHere: !peer || random.yes(0.6), panics: random.yes(0.5) }
}

/** The sequence of a seed: four to nine faults within some hours, and ordinary acts between them. */
export function play(seed: number): Sequence {
  const random = dice(seed)
  const traits = traitsBy(random)
  const length = random.between(2 * hour, 5 * hour)
  return pass(seed, traits, random, length, (node, agent) => {
    for (const at of moments(random, random.whole(4, 9), length)) happens(node, random.one(faults), at)
    for (const at of moments(random, random.whole(1, 6), length)) {
      const it = random.one(ordinary)
      node.time.at(at, () => (it.can?.(node) ?? true) && it.happens(node, agent))
    }
  })
}

/** One fault of a kind on a node that is well otherwise, and its repair after `lasts` ms. */
export function alone(kind: string, seed: number, traits: Traits, lasts: number): Sequence {
  const fault = faults.find((it) => it.kind === kind)
  if (!fault) throw new Error(`there is no fault ${kind}`)
  return pass(seed, traits, dice(seed), 2.5 * hour, (node) =>
    node.time.in(20 * minute, () => {
      if (fault.can && !fault.can(node)) return
      node.time.in(lasts, fault.begin(node, node.act(fault.kind, fault.text, true)))
    }),
  )
}

/** One ordinary act on a node that is well. */
export function ordinarily(kind: string, seed: number, traits: Traits): Sequence {
  const it = ordinary.find((one) => one.kind === kind)
  if (!it) throw new Error(`there is no act ${kind}`)
  return pass(seed, traits, dice(seed), hour, (node, agent) =>
    node.time.in(20 * minute, () => (it.can?.(node) ?? true) && it.happens(node, agent)),
  )
}
