import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { settle } from '../../agent/daemon/schedule.ts'
import { conclude } from './conclude.ts'
import { barePost } from './floor.ts'
import { repeat } from './measure.ts'
import type { NetRound } from './netround.ts'
import { type Stand, withStand } from './stand.ts'
import type { Row } from './table.ts'
import { alone, breakOften, nodesAtOnce } from './tries.ts'

/**
 * `node test/bench/cni.ts`, as root: what a round costs on a node with 250 pods against `ip -j link` alone, and
 * the time from `ip link del cni0` to the POST at a sink, with the bundled agent on stand-in nodes. Bridge, veths
 * and VXLAN are real. Slowness never fails it.
 */
const { values: options } = parseArgs({
  options: { pods: { type: 'string', default: '250' }, tries: { type: 'string', default: '100' } },
})
const pods = Number(options.pods)
const tries = Number(options.tries)
if (!Number.isInteger(pods) || pods < 0 || pods > 250 || !Number.isInteger(tries)) {
  process.stderr.write(
    'usage: node test/bench/cni.ts [--pods 0 TO 250, BESIDE THE RECORDED SIX] [--tries N]\n',
  )
  process.exit(2)
}
if (process.getuid?.() !== 0) {
  process.stderr.write('the bench needs root: it makes namespaces\n')
  process.exit(2)
}
const rows: Row[] = []

async function bench(stand: Stand): Promise<void> {
  const sites = await repeat(nodesAtOnce, () =>
    stand.site(`bridge-${Math.random().toString(36).slice(2, 8)}`, { pods }),
  )
  const [first] = sites
  if (!first) return
  const [command = '', ...inside] = first.node.inside
  const said = execFileSync(command, [...inside, process.execPath, join(import.meta.dirname, 'netround.ts')])
  const { round, link, sample, ...seen } = JSON.parse(said.toString()) as NetRound
  process.stdout.write(
    `${seen.pods} pods; findings: ${seen.found.join(' ') || 'none'}; the sample is ${(sample / 1024).toFixed(0)} KB\n`,
  )
  const floor = '`ip -j link` alone'
  rows.push(
    { what: 'CPU of a round', unit: 'ms', values: [round.cpu], floor: { what: floor, value: link.cpu } },
    { what: 'a round takes', unit: 'ms', values: [round.took], floor: { what: floor, value: link.took } },
  )
  if (tries === 0) return
  const least = settle + (await alone(first, 'ip -j -d addr show >/dev/null')) + (await barePost())
  const { times, missed } = await breakOften(stand, sites, 'bridge', tries)
  rows.push({
    what: '`ip link del cni0` to POST',
    unit: 'ms',
    values: times,
    budget: 250,
    floor: { what: `settling ${settle}, ip addr show, a bare POST`, value: least },
    missed,
  })
}

conclude(rows, await withStand(bench))
