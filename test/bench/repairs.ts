import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Arrived, tellsOf } from './agent.ts'
import type { Site } from './faults.ts'
import { percentile } from './measure.ts'
import { type Repair, repairsWith } from './mending.ts'
import { now } from './node.ts'
import { type Stand, say, withStand } from './stand.ts'
import { conclude, type Row } from './table.ts'

/**
 * `node test/bench/repairs.ts`, as root: the time from a repair to the word of it at the receiver, with the bundled agent
 * on stand-in nodes; p95 has to be 15 s at most. What cannot be confirmed so soon is named at `repairsWith`.
 * `--only NAME` for one kind. Slowness never fails it.
 */

/** As long as `settling` (`collectors/firewall/checks/kube.ts`): how long k3s has to make its rules, ms. */
const settling = 180_000

/**
 * How long a fault may take to be told, and a repair to be confirmed, before it counts as missed, ms. What no event
 * tells of is looked at every third minute while all is well, and told when it has been so for up to two minutes.
 */
const patience = { told: 360_000, over: 120_000 }

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

/** Plays the kinds of one node in turn. */
async function play(
  { launch, site: makeSite }: Stand,
  name: string,
  all: readonly (readonly [name: string, repair: Repair])[],
  { times, settled }: { readonly times: number; readonly settled: boolean },
): Promise<Row[]> {
  const site = await makeSite(`bench-${name}`)
  for (const [, { prepare }] of all) await prepare?.(site.node)
  await launch(site)
  // Before that k3s's own rules may still be missing, and how its kubelet is does not count.
  if (settled) await pause(settling + 10_000)
  const rows: Row[] = []
  for (const [what, repair] of all) {
    const values: number[] = []
    const missed: string[] = []
    for (let count = 0; count < times; count += 1) {
      const took = await measureRepair(site, repair, Math.random() * 10_000)
      say(`${what}: ${typeof took === 'number' ? `${Math.round(took)} ms` : took}`)
      if (typeof took === 'number') values.push(took)
      else missed.push(took)
    }
    rows.push({ what, unit: 'ms', values, missed })
  }
  return rows
}

if (import.meta.main) {
  const { values: options } = parseArgs({
    options: { times: { type: 'string', default: '3' }, only: { type: 'string', default: '' } },
  })
  const rows: Row[] = []
  const failed = await withStand(async (stand) => {
    const chosen = Object.entries(repairsWith(stand.certificates)).filter(([name]) =>
      name.includes(options.only),
    )
    const nodes = [...Map.groupBy(chosen, ([, { on }]) => on)]
    const settled = chosen.some(([, { on }]) => on === 'firewall' || on === 'kubelet')
    const played = nodes.map(([name, all]) =>
      play(stand, name, all, { times: Number(options.times), settled }),
    )
    rows.push(...(await Promise.all(played)).flat())
  })
  const values = rows.flatMap((it) => it.values)
  const p95 = Math.round(percentile(values, 0.95) ?? 0)
  conclude(
    [...rows, { what: `repair to "resolved", p95 ${p95} ms`, unit: 'ms', values, budget: 15_000 }],
    failed,
  )
}
