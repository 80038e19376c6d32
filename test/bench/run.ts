import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { cpus, loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { settle } from '../../agent/daemon/schedule.ts'
import { timed } from './agent.ts'
import { kinds, measureFaults, patienceOf } from './faults.ts'
import { barePost } from './floor.ts'
import { openKills } from './kernel.ts'
import { cpuOf, median, memoryOf, now, repeat } from './measure.ts'
import { makeRules } from './node.ts'
import { restOf, restTable } from './rest.ts'
import { sequences } from './sequences.ts'
import { type Stand, say, withStand } from './stand.ts'
import { type Figures, figures, type Row, table } from './table.ts'
import { alone } from './tries.ts'

/**
 * `npm run bench`: the bundled agent on a stand-in node, with real rules, interfaces, certificates and kills,
 * against the budgets. Slowness never fails it; only what could not be measured does.
 */
const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    times: { type: 'string', default: '15' },
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
  },
})
if (options.only === 'sequences') {
  sequences()
  process.exit(0)
}
const minutes = Number(options.minutes)
const times = Number(options.times)
if (!(minutes > 0) || !Number.isInteger(times) || times < 1 || ![undefined, 'rest'].includes(options.only)) {
  process.stderr.write(
    'usage: npm run bench -- [--minutes MINUTES OF REST] [--times EACH FAULT ON EACH NODE] [--json] [--only sequences|rest]\n',
  )
  process.exit(2)
}
if (process.getuid?.() !== 0) {
  process.stderr.write('the bench needs root: it makes namespaces and control groups\n')
  process.exit(2)
}

if (options.only === 'rest') {
  const failed = await withStand(async (stand) => {
    process.stdout.write(`${restTable(await restOf(stand, minutes))}\n`)
  })
  if (failed !== undefined) process.stderr.write(`not measured: ${failed}\n`)
  process.exit(failed === undefined ? 0 : 1)
}

const megabyte = 1e6
const rows: Row[] = []

async function bench({ built, certificates, undo, site: makeSite, launch }: Stand): Promise<void> {
  const first = await makeSite('bench-a')
  const bare = ['-e', 'setInterval(() => {}, 2 ** 30)']
  const bareStart = async () => (await timed(first.node, ['-e', '0'])).took
  await bareStart()
  const starting = (values: readonly number[]) => ({ what: 'node starts and ends', value: median(values) })

  // A floor is measured in turn with what stands on it: the machine is not equally busy all the time.
  const starts: number[] = []
  const besideStarts: number[] = []
  let agent = await launch(first)
  for (let count = 0; count < 5; count += 1) {
    await agent.stop()
    agent = await launch(first)
    starts.push(agent.took)
    besideStarts.push(await bareStart())
  }

  say(`resting for ${minutes} min`)
  const idle = spawn(process.execPath, bare, { stdio: 'ignore' })
  undo(() => idle.kill('SIGKILL'))
  // What a start costs is not what rest costs.
  await pause(5_000)
  const kills = openKills()
  undo(() => kills.close())
  await kills.last()
  const before = {
    at: now(),
    all: agent.cpu(),
    own: cpuOf(agent.pid),
    bare: cpuOf(idle.pid ?? 0),
    kills: kills.count(),
  }
  await pause(minutes * 60_000)
  await kills.last()
  const passed = now() - before.at
  const percent = (ms: number) => [(ms / passed) * 100]
  const rested = memoryOf(agent.pid)
  const bareMemory = memoryOf(idle.pid ?? 0)
  const cpu = {
    all: agent.cpu() - before.all,
    own: cpuOf(agent.pid) - before.own,
    bare: cpuOf(idle.pid ?? 0) - before.bare,
  }
  const foreign = kills.count() - before.kills
  if (foreign > 0) say(`while it rested ${foreign} OOM kills of others woke it`)
  idle.kill('SIGKILL')

  say('agent status')
  const status = [join(built, 'main.js'), 'status']
  const besideStatus: number[] = []
  const asked = await repeat(20, async () => {
    besideStatus.push(await bareStart())
    return timed(first.node, status)
  })
  const answered = asked.filter(({ exit }) => exit === 0 || exit === 1 || exit === 2)

  const post = await barePost()
  const iptables = await alone(first, 'iptables-nft-save >/dev/null & ip6tables-nft-save >/dev/null & wait')
  const flush = await alone(first, 'iptables -F; true')
  const addresses = await alone(first, 'ip -j -d addr show >/dev/null')
  await first.node.sh(makeRules)

  const second = await makeSite('bench-b')
  let other = await launch(second)
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
  const worked = memoryOf(agent.pid)

  const least = {
    kill: { what: `settling ${settle}, a bare POST`, value: settle + post },
    flush: {
      what: `settling ${settle}, iptables -F, both iptables-save, a bare POST`,
      value: settle + flush + iptables + post,
    },
    // Once to find it, once to confirm it.
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
  for (const kind of kinds)
    rows.push({
      what: names[kind],
      unit: 'ms',
      values: tallies[kind].times,
      budget: 250,
      floor: least[kind],
      missed: tallies[kind].missed,
    })
  const mb = (bytes: number) => [bytes / megabyte]
  const bareNode = (bytes: number) => ({ what: 'node doing nothing', value: bytes / megabyte })
  const after = `after ${minutes} min`
  rows.push(
    { what: `RSS ${after}`, unit: 'MB', values: mb(rested.rss), budget: 80, floor: bareNode(bareMemory.rss) },
    {
      what: `anonymous ${after}`,
      unit: 'MB',
      values: mb(rested.anonymous),
      budget: 32,
      floor: bareNode(bareMemory.anonymous),
    },
    {
      what: `private dirty ${after}`,
      unit: 'MB',
      values: mb(rested.privateDirty),
      floor: bareNode(bareMemory.privateDirty),
    },
    { what: `PSS ${after}`, unit: 'MB', values: mb(rested.pss), floor: bareNode(bareMemory.pss) },
    { what: 'RSS after the faults', unit: 'MB', values: mb(worked.rss), budget: 80 },
    { what: 'anonymous after the faults', unit: 'MB', values: mb(worked.anonymous), budget: 32 },
    {
      what: 'idle CPU, children included',
      unit: '%',
      values: percent(cpu.all),
      budget: 0.05,
      floor: { what: 'node doing nothing', value: percent(cpu.bare)[0] ?? 0 },
    },
    { what: 'idle CPU, its own process', unit: '%', values: percent(cpu.own) },
    {
      what: '`agent status`',
      unit: 'ms',
      values: answered.map((it) => it.took),
      budget: 120,
      floor: starting(besideStatus),
      missed: asked.length > answered.length ? [`${asked.length - answered.length} got no answer`] : [],
    },
    { what: 'start to ready', unit: 'ms', values: starts, budget: 400, floor: starting(besideStarts) },
  )
}

const begun = now()
const failed = await withStand(bench)

const all: Figures[] = rows.map(figures)
const missed = [
  ...all.flatMap((it) => it.missed),
  ...(failed === undefined
    ? []
    : [failed instanceof Error ? (failed.stack ?? failed.message) : String(failed)]),
]
const machine = {
  cpus: cpus().length,
  model: cpus()[0]?.model ?? '',
  load: loadavg().map((it) => Math.round(it * 100) / 100),
  node: process.version,
  seconds: Math.round((now() - begun) / 1000),
}
if (options.json)
  process.stdout.write(`${JSON.stringify({ version: 1, machine, rows: all, missed }, null, 2)}\n`)
else {
  process.stdout.write(`\n${table(all)}\n\n`)
  process.stdout.write(
    `${machine.cpus} x ${machine.model}, load ${machine.load.join(' ')}, node ${machine.node}, ${machine.seconds} s. Budgets hold for the p99.\n`,
  )
  for (const it of missed) process.stdout.write(`not measured: ${it}\n`)
}
process.exitCode = missed.length > 0 ? 1 : 0
