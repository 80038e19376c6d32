import { readdirSync, readFileSync } from 'node:fs'
import { get } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { minute, second } from '../../agent/text/times.ts'
import { collectors } from '../../collectors/index.ts'
import type { BenchAgent } from './agent.ts'
import { cpuOf } from './measure.ts'
import { now } from './node.ts'
import { type Stand, say } from './stand.ts'
import { aligned } from './table.ts'

/** What an agent at rest costs with these collectors and no others. */
export interface Rest {
  readonly name: string
  /** Percent of a core: its own threads, and with all that it started. */
  readonly own: number
  readonly all: number
  /** Rounds a minute. */
  readonly rounds: number
  /** CPU a round, ms, with all that it started, beside what an agent without collectors takes meanwhile. */
  readonly round: number
  /** How often one of its threads slept and was woken, a second (proc_pid_status(5), voluntary_ctxt_switches). */
  readonly wakes: number
}

/** What a start costs is not what rest costs. */
const settling = 20 * second

interface Counts {
  readonly at: number
  readonly own: number
  readonly all: number
  readonly rounds: number
  readonly wakes: number
}

async function counts({ pid, cpu, socket }: BenchAgent): Promise<Counts> {
  const metrics = await metricsOf(socket)
  const rounds = [...metrics.matchAll(/^murphy_collector_rounds_total\{.*\} (\d+)$/gm)]
  return {
    at: now(),
    own: cpuOf(pid),
    all: cpu(),
    rounds: rounds.reduce((sum, [, it]) => sum + Number(it), 0),
    wakes: wakesOf(pid),
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
 * its own. What all cost together is less than the sum: they wake at the same times and share what is asked.
 */
export async function restOf({ site, launch }: Stand, minutes: number): Promise<readonly Rest[]> {
  const sets = [[], ...collectors.map((it) => [it.name]), collectors.map((it) => it.name)]
  const agents: (readonly [name: string, agent: BenchAgent])[] = []
  for (const names of sets) {
    const name = names.length === 0 ? 'none' : names.length === 1 ? String(names[0]) : 'all'
    const off = collectors.map((it) => it.name).filter((it) => !names.includes(it))
    agents.push([name, await launch(await site(`rest-${name}`), off)])
  }
  await pause(settling)
  say(`resting for ${minutes} min with each collector by itself`)
  const before = await Promise.all(agents.map(([, it]) => counts(it)))
  await pause(minutes * minute)
  const after = await Promise.all(agents.map(([, it]) => counts(it)))
  const spent = agents.map(([name], at) => between(name, before[at] as Counts, after[at] as Counts))
  const none = spent[0]?.all ?? 0
  return spent.map(({ all, rounds, ...it }) => ({
    ...{ ...it, all, rounds },
    round: rounds > 0 ? ((all - none) / 100 / rounds) * minute : 0,
  }))
}

function between(name: string, before: Counts, after: Counts): Omit<Rest, 'round'> {
  const passed = after.at - before.at
  return {
    name,
    own: ((after.own - before.own) / passed) * 100,
    all: ((after.all - before.all) / passed) * 100,
    rounds: ((after.rounds - before.rounds) / passed) * minute,
    wakes: ((after.wakes - before.wakes) / passed) * second,
  }
}

const columns = ['at rest with', '% of a core', 'its own', 'rounds/min', 'ms/round', 'wakes/s'] as const

/** One line for each. */
export function restTable(all: readonly Rest[]): string {
  const rows = all.map((it) => [
    it.name,
    it.all.toFixed(3),
    it.own.toFixed(3),
    it.rounds.toFixed(1),
    it.rounds > 0 ? it.round.toFixed(1) : '',
    it.wakes.toFixed(1),
  ])
  return aligned([columns, ...rows], new Set([0]))
}
