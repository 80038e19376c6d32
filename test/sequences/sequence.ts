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
import type { Act } from './truth.ts'
import { suffer } from './workload.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const begin = Date.parse('2026-11-29T00:00:00Z')

export interface Sequence extends Score {
  readonly seed: number
  readonly acts: readonly Act[]
  readonly traits: Node['traits']
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

/** When faults come: mostly apart, some of them close upon each other. */
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

/** One sequence: a node, four to nine faults on it, ordinary acts between them, and what Murphy made of it. */
export function play(seed: number): Sequence {
  const random = dice(seed)
  const time = timeline(begin)
  const peer = random.yes(0.6)
  const traits = { ufw: random.yes(0.5), peer, dnsHere: !peer || random.yes(0.6), panics: random.yes(0.5) }
  const node = makeNode(time, random, traits)
  node.broke = () => suffer(node)
  const core = makeCore(begin)
  const score = makeScore(node, core)
  const agent = agentOn(node, core, { looked: score.looked, settled: score.settled })
  score.watch(agent)
  const length = random.between(3 * hour, 6 * hour)
  for (const at of moments(random, random.whole(4, 9), length)) happens(node, random.one(faults), at)
  for (const at of moments(random, random.whole(1, 6), length)) {
    const it = random.one(ordinary)
    const ends: Agent = agent
    time.at(at, () => (it.can?.(node) ?? true) && it.happens(node, ends))
  }
  agent.start()
  for (let at = begin; at < begin + length; at += 5 * second) {
    time.run(at, () => {
      score.changed()
      score.present()
    })
    score.changed()
    score.present()
  }
  return { seed, acts: node.acts, traits, ...score.result() }
}
