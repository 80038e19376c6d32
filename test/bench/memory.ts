import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { defaults } from '../../agent/config/defaults.ts'
import { openMachine } from '../../agent/host/machine.ts'
import type { Host } from '../../agent/model/index.ts'
import { memory } from '../../collectors/memory/index.ts'
import type { MemorySample } from '../../collectors/memory/sample.ts'
import { growthOf, readOn } from '../../collectors/pods/grow.ts'
import { pods } from '../../collectors/pods/index.ts'
import { anchorOf } from '../../collectors/pods/pattern.ts'
import { patterns } from '../../collectors/pods/patterns.ts'
import type { PodsSample } from '../../collectors/pods/sample.ts'
import { matcher } from '../../collectors/pods/scan.ts'
import { onlyKiller, removeCgroups, withoutCgroups } from '../real/cgroups.ts'
import { agentIn, countedKills, killChildren, makePod } from '../real/killing.ts'
import { webhookReceiver, webhookSecret } from '../receivers/webhook.ts'
import { cpuGroup, memoryOf } from './measure.ts'

/**
 * What the memory and pods collectors cost: `node test/bench/memory.ts [MEGABYTES] [PART ...]`. Slowness never fails it;
 * a kill or a line that is not counted does. `real` has the kernel kill 1,500 processes, whose lines then stand in its
 * log for as long as there is room: name the other parts where somebody else reads that.
 */
const parts = { logs, quiet, real: realStorm, storm }
const [size = '256', ...named] = process.argv.slice(2)
const chosen = Object.entries(parts).filter(([name]) => named.length === 0 || named.includes(name))
const megabytes = Number(size)
if (!(megabytes > 0) || (named.length > 0 && chosen.length < new Set(named).size)) {
  process.stderr.write(`usage: node test/bench/memory.ts [MEGABYTES] [${Object.keys(parts).join('|')} ...]\n`)
  process.exit(2)
}
const folder = mkdtempSync(join(tmpdir(), 'murphy-bench-'))
const machine = openMachine()
const real = machine.during(AbortSignal.timeout(600_000))
const say = (what: string, found: string, budget = '') =>
  process.stdout.write(`${what.padEnd(46)} ${found.padStart(26)}   ${budget}\n`)
const cpu = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
const resident = () => process.memoryUsage().rss / 1e6
const must = (ok: boolean, what: string) => {
  if (!ok) throw new Error(`not measured: ${what}`)
}

/** The records of 17 real kills with all their dumps, again and again, as the kernel would go on numbering them. */
function kernelLog(kills: number): string[] {
  const path = join(import.meta.dirname, '../nodes/oom-kills/files/dev/kmsg')
  const recorded = readFileSync(path, 'utf8')
    .trimEnd()
    .split(/\n(?=\d+,)/)
  const records: string[] = []
  let found = 0
  const uptime = Number(readFileSync('/proc/uptime', 'utf8').split(' ', 1)[0]) * 1e6
  while (found < kills)
    for (const record of recorded) {
      const [priority = '', , , ...rest] = record.split(',')
      if (found < kills)
        records.push(
          `${priority},${records.length},${Math.round(uptime - 60e6 + records.length)},${rest.join(',')}`,
        )
      if (record.includes('Killed process')) found += 1
    }
  return records
}

async function storm(): Promise<void> {
  const kills = 4500
  const full = kernelLog(kills)
  // Beyond ten in five seconds the kernel prints the kill line alone.
  const bare = full.filter((it) => it.includes('Killed process'))
  for (const [name, records] of [
    [
      'as the kernel logs a storm',
      [...full.slice(0, 1200), ...bare.slice(15)].map((it, at) => it.replace(/^(\d+),\d+/, `$1,${at}`)),
    ],
    ['all dumps in full', full],
  ] as const) {
    const expected = records.filter((it) => it.includes('Killed process')).length
    let took = 0
    let sample: MemorySample | undefined
    let read = 0
    // A storm wakes a round at most every 15 s after a while: four a minute.
    for (let round = 1; round <= 4; round += 1) {
      const until = Math.floor((records.length * round) / 4)
      const counted = records.slice(0, until).filter((it) => it.includes('Killed process')).length
      const host: Host = {
        ...real,
        list: async () => [],
        // The kernel's own count, beyond which no line is believed: of the same kills, as it counts before it prints.
        text: async (path, options) => {
          const text = await real.text(path, options)
          return path === '/proc/vmstat' ? text.replace(/^oom_kill .*$/m, `oom_kill ${counted}`) : text
        },
        kmsg: async (_after, record) => {
          for (; read < until; read += 1) record(records[read] ?? '')
        },
      }
      const begun = cpu()
      sample = await memory.collect(host, defaults(memory.settings), { heard: [], ...(sample && { sample }) })
      took += cpu() - begun
    }
    const counted = sample?.victims.reduce((sum, it) => sum + it.kills, 0)
    must(counted === expected, `${counted} of ${expected} kills`)
    say(
      `${expected} kills, ${name}`,
      `${took.toFixed(0)} ms, ${(took / 600).toFixed(2)} % of a core`,
      'in a minute; budget 5 %',
    )
    say('  kernel log', `${Math.round((records.length / took) * 1000).toLocaleString('en')} records/s`)
    say('  memory', `${resident().toFixed(0)} MB`, 'with all the records')
  }
}

/** The kernel kills 4,500 processes a minute for 20 s, and the real agent looks on. */
async function realStorm(): Promise<void> {
  const why = withoutCgroups()
  if (why) {
    say('a real storm', 'not measured', why)
    return
  }
  const release = await onlyKiller(61)
  const receiver = await webhookReceiver({ secret: webhookSecret })
  const logs = join(folder, 'log-of-pods')
  const sink = { type: 'webhook', url: receiver.url, secret: webhookSecret }
  const murphy = agentIn(join(folder, 'agent'), { logs, sink })
  const cpuTime = cpuGroup('storm')
  const agent = murphy.start(cpuTime.procs)
  try {
    const storm = ['web', 'db', 'api', 'queue'].map((name) =>
      makePod(logs, name, { comm: `${name}-worker`, driver: 'cgroupfs' }),
    )
    const first = await murphy.seen()
    await sleep(5_000)
    const [rest, used, start, begun] = [memoryOf(agent.pid).rss, cpuTime.used(), countedKills(), Date.now()]
    let peak = rest
    const watching = setInterval(() => {
      peak = Math.max(peak, memoryOf(agent.pid).rss)
    }, 500)
    await Promise.all(storm.map((it) => killChildren(it, 375, 53)))
    const ms = Date.now() - begun
    const last = await murphy.seen(({ account }) => account?.counted === countedKills())
    clearInterval(watching)
    const took = cpuTime.used() - used
    const kills = countedKills() - start
    const found = Number(last.account?.explained) - Number(first.account?.explained)
    must(found === kills, `${found} of ${kills} real kills`)
    say(
      `a real storm: ${kills} kills, ${Math.round((kills / ms) * 60_000)} a minute`,
      `${took.toFixed(0)} ms, ${((100 * took) / ms).toFixed(1)} % of a core`,
      'all of them found; budget 5 %',
    )
    say('  messages', String(receiver.events.length))
    say('  memory of the agent', `${(rest / 1e6).toFixed(0)} -> ${(peak / 1e6).toFixed(0)} MB`)
  } finally {
    await agent.end('SIGKILL')
    await receiver.close()
    await removeCgroups()
    cpuTime.remove()
    release()
  }
}

const line = (at: number) =>
  `2026-11-23T00:29:20.${(773_434_732 + at) % 1_000_000_000}Z stdout F 10.42.0.${at % 255} - - [23/Nov/2026:00:29:20 +0000] "GET /api/items/${at}?page=3 HTTP/1.1" 200 ${at % 9999} "-" "curl/7.88.1"\n`

async function logs(): Promise<void> {
  const path = join(folder, 'log')
  mkdirSync(path)
  const file = join(path, '0.log')
  const block = Array.from({ length: 7000 }, (_, at) => line(at)).join('')
  const hit =
    '2026-11-23T00:29:20.1Z stderr F 2026-11-23 00:29:20.100 UTC [27] PANIC:  could not locate a valid checkpoint record\n'
  writeFileSync(file, '')
  let hits = 0
  for (let size = 0; size < megabytes * 1e6; size += block.length) {
    appendFileSync(file, block + hit)
    hits += 1
  }
  const { size, ino } = statSync(file)
  const speed = (ms: number) => `${((size / 1e6 / ms) * 1000).toFixed(0)} MB/s`
  const timed = (argv: readonly [string, ...string[]], name = argv.slice(0, -1).join(' ')) => {
    const [command, ...args] = argv
    const times = [1, 2, 3].map(() => {
      const begun = performance.now()
      execFileSync(command, args, { env: { LC_ALL: 'C', PATH: process.env.PATH } })
      return performance.now() - begun
    })
    say(name, speed(Math.min(...times)))
  }
  say(`a log of ${(size / 1e6).toFixed(0)} MB`, `${hits} lines fit`)
  timed(['wc', '-l', file])
  timed(['grep', '-c', 'could not locate a valid checkpoint record', file], 'grep -c (one text)')
  const list = join(folder, 'patterns')
  writeFileSync(list, patterns.flatMap((it) => it.find.map((one) => anchorOf(one))).join('\n'))
  timed(['grep', '-c', '-F', '-f', list, file], 'grep -c -F -f (all that Murphy looks for)')
  const all = matcher(patterns)
  const host: Host = real
  let best = Number.POSITIVE_INFINITY
  let peak = 0
  const before = resident()
  for (let round = 0; round < 3; round += 1) {
    const begun = performance.now()
    const mostAtOnce = 32 * 1024 * 1024
    let found = 0
    // As from look to look: each takes a part.
    for (let left = size; left > 0; ) {
      const stat = await host.stat(file)
      const growth = await growthOf(host, path, [0, ino, place], { stat })
      if (!growth) throw new Error('not measured: no log')
      const read = await readOn(host, growth, all, mostAtOnce)
      place = read.place[2]
      left = read.left
      found += read.found.filter((it) => it.name === 'postgres-wal').reduce((sum, it) => sum + it.count, 0)
      peak = Math.max(peak, resident())
    }
    must(found === hits, `${found} of ${hits} lines`)
    best = Math.min(best, performance.now() - begun)
    place = 0
  }
  say(
    `scanned for ${patterns.length} patterns (${all.keys.flat().length} expressions)`,
    speed(best),
    'budget 200 MB/s',
  )
  say('  memory while scanning', `${before.toFixed(0)} -> ${peak.toFixed(0)} MB`, 'constant')
}
let place = 0

async function quiet(): Promise<void> {
  const containers = 110
  for (let at = 0; at < containers; at += 1) {
    const uid = `${at}`.padStart(32, '0')
    const its = join(folder, `var/log/pods/shop_web-${at}_${uid}/app`)
    mkdirSync(its, { recursive: true })
    writeFileSync(join(its, '0.log'), line(at))
    mkdirSync(join(folder, 'var/log/containers'), { recursive: true })
    symlinkSync('x', join(folder, `var/log/containers/web-${at}_shop_app-${`${at}`.padStart(64, 'a')}.log`))
  }
  const there = (path: string) => (path.startsWith('/var/') ? join(folder, path) : path)
  const host: Host = {
    ...real,
    list: (path) => real.list(there(path)),
    stat: (path) => real.stat(there(path)),
    stats: (paths) => real.stats(paths.map(there)),
    range: (path, from, length) => real.range(there(path), from, length),
  }
  let sample: PodsSample | undefined
  for (let round = 0; round < 20; round += 1)
    sample = await pods.collect(host, defaults(pods.settings), { heard: [], ...(sample && { sample }) })
  const begun = cpu()
  const rounds = 100
  for (let round = 0; round < rounds; round += 1)
    sample = await pods.collect(host, defaults(pods.settings), { heard: [], ...(sample && { sample }) })
  const each = (cpu() - begun) / rounds
  say(
    `pods: a quiet look at ${containers} containers`,
    `${each.toFixed(2)} ms, ${((each * 2) / 600).toFixed(3)} % of a core`,
    'twice a minute',
  )
  say('  its sample', `${JSON.stringify(sample).length} bytes`)
  let seen: MemorySample | undefined
  for (let round = 0; round < 20; round += 1)
    seen = await memory.collect(host, defaults(memory.settings), { heard: [], ...(seen && { sample: seen }) })
  const start = cpu()
  for (let round = 0; round < rounds; round += 1)
    seen = await memory.collect(host, defaults(memory.settings), { heard: [], ...(seen && { sample: seen }) })
  const look = (cpu() - start) / rounds
  say(
    'memory: a quiet look at this machine',
    `${look.toFixed(2)} ms, ${((look * 2) / 600).toFixed(3)} % of a core`,
    'twice a minute',
  )
}

try {
  // First what says how much memory it needs: the storm's records are made here, and are large.
  for (const [, measure] of chosen) await measure()
} finally {
  machine.close()
  rmSync(folder, { recursive: true, force: true })
}
