import { readdirSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { minute, second } from '../../agent/text/times.ts'
import { collectors } from '../../collectors/index.ts'
import type { BenchAgent } from './agent.ts'
import { cpuOf, now } from './measure.ts'
import { type Stand, say } from './stand.ts'
import { aligned } from './table.ts'

/** What an agent at rest costs with these collectors and no others. */
export interface Rest {
  readonly name: string
  /** Percent of a core: with all that it started; its own threads; what of all the kernel used. */
  readonly all: number
  readonly own: number
  readonly kernel: number
  /** Rounds a minute. */
  readonly rounds: number
  /** A round, beside what an agent without collectors takes meanwhile: ms of CPU, as above, and bytes allocated. */
  readonly round?: Readonly<Record<'all' | 'own' | 'kernel' | 'allocated', number>>
  /** How often one of its threads slept and was woken, a second (proc_pid_status(5), voluntary_ctxt_switches). */
  readonly wakes: number
  /** Bytes a minute, on V8's heaps. */
  readonly allocated: number
}

/** What a start costs is not what rest costs: by then each check has run once more, and its code is compiled. */
const settling = 90 * second

/** V8 says at each collection how much was allocated since the last: no more than two such lines a minute. */
const tracing = ['--trace-gc-nvp']

interface Counts {
  readonly at: number
  readonly own: number
  readonly all: number
  readonly kernel: number
  readonly rounds: number
  readonly wakes: number
  readonly allocated: number
}

async function counts({ pid, cpu, kernel, allocated, socket }: BenchAgent): Promise<Counts> {
  const metrics = await metricsOf(socket)
  const rounds = [...metrics.matchAll(/^murphy_collector_rounds_total\{.*\} (\d+)$/gm)]
  return {
    at: now(),
    own: cpuOf(pid),
    all: cpu(),
    kernel: kernel(),
    rounds: rounds.reduce((sum, [, it]) => sum + Number(it), 0),
    wakes: wakesOf(pid),
    allocated: allocated(),
  }
}

const metricsOf = (socketPath: string) =>
  new Promise<string>((resolve, reject) => {
    get({ socketPath, path: '/metrics' }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part
      })
      response.on('end', () => resolve(text))
    }).on('error', reject)
  })

const wakesOf = (pid: number) =>
  readdirSync(`/proc/${pid}/task`).reduce((sum, task) => {
    const status = readFileSync(`/proc/${pid}/task/${task}/status`, 'latin1')
    return sum + Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1] ?? 0)
  }, 0)

/**
 * Each collector by itself, all together, and none, at rest for so many minutes side by side, each on a stand-in node of
 * its own; all together also beside a k3s that was just started, which is looked at more often for ten minutes. What all
 * cost together is less than the sum: they wake at the same times and share what is asked.
 */
export async function restOf({ site, launch }: Stand, minutes: number): Promise<readonly Rest[]> {
  const names = collectors.map((it) => it.name)
  const sets: readonly { name: string; on: readonly string[]; young?: boolean }[] = [
    { name: 'none', on: [] },
    ...names.map((name) => ({ name, on: [name] })),
    { name: 'all', on: names },
    { name: 'all, k3s just started', on: names, young: true },
  ]
  const agents: BenchAgent[] = []
  for (const [at, { on, young = false }] of sets.entries()) {
    const off = names.filter((it) => !on.includes(it))
    agents.push(await launch(await site(`rest-${at}`, { young }), { off, flags: tracing }))
  }
  await pause(settling)
  say(`resting for ${minutes} min with each collector by itself`)
  const before = await Promise.all(agents.map(counts))
  await pause(minutes * minute)
  const after = await Promise.all(agents.map(counts))
  const spent = sets.map(({ name }, at) => between(name, before[at] as Counts, after[at] as Counts))
  const [none] = spent
  return spent.map((it) => (none && it.rounds > 0 ? { ...it, round: perRound(it, none) } : it))
}

function between(name: string, before: Counts, after: Counts): Rest {
  const passed = after.at - before.at
  const more = (of: keyof Counts) => after[of] - before[of]
  return {
    name,
    all: (more('all') / passed) * 100,
    own: (more('own') / passed) * 100,
    kernel: (more('kernel') / passed) * 100,
    rounds: (more('rounds') / passed) * minute,
    wakes: (more('wakes') / passed) * second,
    allocated: (more('allocated') / passed) * minute,
  }
}

function perRound(it: Rest, none: Rest): NonNullable<Rest['round']> {
  const ms = (of: 'all' | 'own' | 'kernel') => ((it[of] - none[of]) / 100 / it.rounds) * minute
  return {
    ...{ all: ms('all'), own: ms('own'), kernel: ms('kernel') },
    allocated: (it.allocated - none.allocated) / it.rounds,
  }
}

const columns = [
  ...['at rest with', '% of a core', 'own', 'children', 'kernel'],
  ...['rounds/min', 'ms/round', 'own', 'children', 'kernel', 'kB/round', 'kB/min', 'wakes/s'],
]

/** One line for each; below it, what the columns are. */
export function restTable(all: readonly Rest[]): string {
  const rows = all.map((it) => [
    ...[it.name, it.all.toFixed(3), it.own.toFixed(3), (it.all - it.own).toFixed(3), it.kernel.toFixed(3)],
    it.rounds.toFixed(1),
    ...(it.round
      ? [it.round.all, it.round.own, it.round.all - it.round.own, it.round.kernel, it.round.allocated / 1e3]
      : Array.from({ length: 5 }, () => undefined)
    ).map((value) => value?.toFixed(1) ?? ''),
    (it.allocated / 1e3).toFixed(0),
    it.wakes.toFixed(1),
  ])
  return `${aligned([columns, ...rows], new Set([0]))}

Kernel: of all, own and children together, by the kernel's samples at each tick (4 ms), so rough over few minutes. A
round's share is what is more than with no collector. Allocated: on V8's heaps, by --trace-gc-nvp at each collection, to
1 MB. Wakes: how often one of its own threads went to sleep and was woken.`
}
