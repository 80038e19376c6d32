import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { settle } from '../../agent/daemon/schedule.ts'
import { minute, second } from '../../agent/text/times.ts'
import { type BenchAgent, timed } from './agent.ts'
import { kinds, measureFaults, patienceOf, type Site } from './faults.ts'
import { barePost } from './floor.ts'
import { openKills } from './kernel.ts'
import { cpuOf, type Memory, median, memoryOf, memoryWithChildren, now, repeat } from './measure.ts'
import { makeRules } from './node.ts'
import { type Stand, say } from './stand.ts'
import type { Row } from './table.ts'
import { alone } from './tries.ts'

export interface BudgetOptions {
  /** Of rest. */
  readonly minutes: number
  /** How often each fault is made on each of two nodes. */
  readonly times: number
}

/** What a start costs is not what rest costs: by then each check has run once more, and its code is compiled. */
const settling = 90 * second

/** Faults until they are told, and what the agent costs: each row beside its budget and its floor. */
export async function budgets(stand: Stand, options: BudgetOptions): Promise<readonly Row[]> {
  const first = await stand.site('bench-a')
  const starting = await starts(stand, first)
  const agent = await stand.launch(first)
  const kills = openKills()
  stand.undo(() => kills.close())
  const rest = await rests(stand, agent, kills, options)
  const status = await asks(stand, first)
  const { rows, worked } = await faults(stand, { first, agent, kills }, options)
  return [
    ...rows,
    ...rest,
    { what: 'RSS with children after the faults', unit: 'MB', values: mb(worked.rss), budget: 80 },
    {
      what: 'anonymous with children after the faults',
      unit: 'MB',
      values: mb(worked.anonymous),
      budget: 32,
    },
    status,
    starting,
  ]
}

const mb = (bytes: number) => [bytes / 1e6]

/** How long a program of Node.js takes on the node that does nothing, ms. */
const bareStart = async ({ node }: Site) => (await timed(node, ['-e', '0'])).took
const bareStarts = (values: readonly number[]) => ({ what: 'node starts and ends', value: median(values) })

/** A floor is measured in turn with what stands on it: the machine is not equally busy all the time. */
async function starts({ launch }: Stand, site: Site): Promise<Row> {
  await bareStart(site)
  const values: number[] = []
  const beside: number[] = []
  await (await launch(site)).stop()
  for (let count = 0; count < 5; count += 1) {
    const agent = await launch(site)
    values.push(agent.took)
    await agent.stop()
    beside.push(await bareStart(site))
  }
  return { what: 'start to ready', unit: 'ms', values, budget: 400, floor: bareStarts(beside) }
}

type Kills = ReturnType<typeof openKills>

async function rests(
  { undo }: Stand,
  agent: BenchAgent,
  kills: Kills,
  { minutes }: BudgetOptions,
): Promise<readonly Row[]> {
  const idle = spawn(process.execPath, ['-e', 'setInterval(() => {}, 2 ** 30)'], { stdio: 'ignore' })
  undo(() => idle.kill('SIGKILL'))
  const bare = idle.pid ?? 0
  await pause(settling)
  say(`resting for ${minutes} min`)
  const counts = async () => {
    await kills.last()
    return { at: now(), all: agent.cpu(), own: cpuOf(agent.pid), bare: cpuOf(bare), kills: kills.count() }
  }
  const before = await counts()
  await pause(minutes * minute)
  const after = await counts()
  const percent = (of: 'all' | 'own' | 'bare') => ((after[of] - before[of]) / (after.at - before.at)) * 100
  const memory = memoryWithChildren(agent.pid)
  const own = memoryOf(agent.pid)
  const least = memoryOf(bare)
  idle.kill('SIGKILL')
  const foreign = after.kills - before.kills
  if (foreign > 0) say(`while it rested ${foreign} OOM kills of others woke it`)
  const bareNode = (value: number) => ({ what: 'node doing nothing', value })
  const row = (what: string, of: keyof Memory, from: Memory, budget?: number): Row => ({
    ...{ what: `${what} after ${minutes} min`, unit: 'MB', values: mb(from[of]) },
    ...(budget !== undefined && { budget }),
    floor: bareNode(least[of] / 1e6),
  })
  return [
    row('RSS with children', 'rss', memory, 80),
    row('anonymous with children', 'anonymous', memory, 32),
    row('RSS of the agent itself', 'rss', own),
    row('PSS of the agent itself', 'pss', own),
    {
      ...{ what: 'idle CPU with children', unit: '%', values: [percent('all')], budget: 0.05 },
      floor: bareNode(percent('bare')),
    },
    { what: 'idle CPU of the agent itself', unit: '%', values: [percent('own')] },
  ]
}

async function asks({ built }: Stand, site: Site): Promise<Row> {
  say('agent status')
  const beside: number[] = []
  const asked = await repeat(20, async () => {
    beside.push(await bareStart(site))
    return timed(site.node, [join(built, 'main.js'), 'status'])
  })
  const answered = asked.filter(({ exit }) => exit === 0 || exit === 1 || exit === 2)
  return {
    ...{ what: '`agent status`', unit: 'ms', budget: 120, most: 2 },
    values: answered.map((it) => it.took),
    floor: bareStarts(beside),
    missed: asked.length > answered.length ? [`${asked.length - answered.length} got no answer`] : [],
  }
}

/** With an agent that has rested, and with another node beside it. */
async function faults(
  { site, launch, certificates }: Stand,
  { first, agent: rested, kills }: { first: Site; agent: BenchAgent; kills: Kills },
  { times }: BudgetOptions,
): Promise<{ readonly rows: readonly Row[]; readonly worked: Memory }> {
  const post = await barePost()
  const iptables = await alone(first, 'iptables-nft-save >/dev/null & ip6tables-nft-save >/dev/null & wait')
  const flush = await alone(first, 'iptables -F; true')
  const addresses = await alone(first, 'ip -j -d addr show >/dev/null')
  await first.node.sh(makeRules)
  const second = await site('bench-b')
  let [agent, other] = [rested, await launch(second)]
  const renew = async () => {
    for (const it of [agent, other]) await it.stop()
    for (const { node } of [first, second])
      rmSync(join(node.folder, 'agent'), { recursive: true, force: true })
    agent = await launch(first)
    other = await launch(second)
    await pause(3_000)
  }
  say(`faults: ${times} times on each of two nodes`)
  await pause(3_000)
  const tallies = await measureFaults([first, second], times, certificates, kills, renew, say)
  const worked = memoryWithChildren(agent.pid)
  for (const it of [agent, other]) await it.stop()
  const least = {
    kill: { what: `settling ${settle}, a bare POST`, value: settle + post },
    // These once to find it, once to confirm it.
    flush: {
      what: `settling ${settle}, iptables -F, both iptables-save twice, a bare POST`,
      value: settle + flush + 2 * iptables + post,
    },
    bridge: {
      what: `settling ${settle}, ip addr show twice, a bare POST`,
      value: settle + 2 * addresses + post,
    },
    certificate: { what: `settling ${settle}, a bare POST`, value: settle + post },
  }
  const names = {
    kill: 'OOM kill to POST',
    flush: '`iptables -F` to POST',
    bridge: `\`ip link del cni0\` to POST, beside the ${patienceOf('cni.bridge-missing') / 1000} s that it must last`,
    certificate: 'expired certificate to POST',
  }
  const rows = kinds.map((kind): Row => {
    const { times: values, missed } = tallies[kind]
    return { ...{ what: names[kind], unit: 'ms', values, budget: 250, missed }, floor: least[kind] }
  })
  return { rows, worked }
}
