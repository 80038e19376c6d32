import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Arrived, tellsOf } from './agent.ts'
import { bootSite } from './booted.ts'
import { conclude } from './conclude.ts'
import type { Site } from './faults.ts'
import { now, percentile } from './measure.ts'
import { type Repair, repairs } from './mending.ts'
import { say, withStand } from './stand.ts'
import type { Row } from './table.ts'

/**
 * `node test/bench/repairs.ts`, as root: the time from a repair to the word of it at the receiver, with the bundled agent
 * on a node with a real systemd; p95 has to be 15 s at most. What cannot be confirmed so soon is named at `repairs`.
 * `--only NAME` for one kind. Slowness never fails it.
 */

/**
 * How long a fault may take to be told, and a repair to be confirmed, before it counts as missed, ms. What no event
 * tells of is looked at every third minute while all is well, and told when it has been so for up to two minutes; the
 * cluster's DNS is not judged before k3s has run for five.
 */
const patience = { told: 660_000, over: 120_000 }

/** Breaks the node in one way, waits until that is told, repairs it, and measures until the receiver knows, ms. */
export async function measureRepair(
  { node, receiver }: Site,
  { code, break: breakIt, mend }: Repair,
  delay: number,
): Promise<number | string> {
  const arriving = receiver.next(tellsOf(code), patience.told)
  await breakIt(node)
  const told = await arriving
  // Whatever the phase of its looks then is.
  await pause(delay)
  const ends = receiver.next((it) => isOver(it, code, told?.body.data?.incident?.id), patience.over)
  const begun = now()
  await mend(node)
  if (!told) return `${code} was not told`
  const over = await ends
  return over ? over.arrived - begun : `the repair of ${code} was not told`
}

/** Whether a notice says that what was told is over: the incident, or that finding of it. */
function isOver({ body: { type, data } }: Arrived, code: string, id: string | undefined): boolean {
  const incident = data?.incident
  if (incident?.id !== id || incident === undefined) return false
  const its = [incident.cause, ...incident.affected].filter((it) => it.code === code)
  return type === 'incident.resolved' || (its.length > 0 && its.every((it) => it.resolved))
}

type Named = readonly [name: string, repair: Repair]

/** Plays kinds on one node: first those that may stand beside others, at once, then the others in turn. */
async function play(site: Site, all: readonly Named[], times: number): Promise<readonly Row[]> {
  const one = async ([what, repair]: Named): Promise<Row> => {
    const values: number[] = []
    const missed: string[] = []
    for (let count = 0; count < times; count += 1) {
      const took = await measureRepair(site, repair, Math.random() * 10_000)
      say(`${what}: ${typeof took === 'number' ? `${Math.round(took)} ms` : took}`)
      if (typeof took === 'number') values.push(took)
      else missed.push(took)
    }
    return { what, unit: 'ms', values, missed }
  }
  const rows = await Promise.all(all.filter(([, it]) => it.beside).map(one))
  for (const it of all.filter(([, { beside }]) => !beside)) rows.push(await one(it))
  return rows
}

if (import.meta.main) {
  const { values: options } = parseArgs({
    options: { times: { type: 'string', default: '3' }, only: { type: 'string', default: '' } },
  })
  const rows: Row[] = []
  const failed = await withStand(async (stand) => {
    const chosen = Object.entries(repairs).filter(([name]) => name.includes(options.only))
    const site = await bootSite(stand, 'bench-repairs', async (node) => {
      for (const [, it] of chosen) await it.prepare?.(node)
    })
    rows.push(...(await play(site, chosen, Number(options.times))))
  })
  const values = rows.flatMap((it) => it.values)
  const p95 = Math.round(percentile(values, 0.95) ?? 0)
  conclude(
    [...rows, { what: `repair to "resolved", p95 ${p95} ms`, unit: 'ms', values, budget: 15_000 }],
    failed,
  )
}
