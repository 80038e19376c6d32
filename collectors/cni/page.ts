import { cni } from '../../../collectors/cni/index.ts'
import type { CniSample } from '../../../collectors/cni/sample.ts'
import { gravest } from '../../core/cascade.ts'
import { renderNetwork } from '../render/network.ts'
import { terminalOf } from '../render/terminal.ts'
import { type Exit, madeOf, print } from './common.ts'
import { type Latest, type LatestArguments, latest } from './latest.ts'

/** The pod network on one screen, or as JSON; the same exit codes as `status`. */
export async function network(options: LatestArguments & { readonly json?: boolean }): Promise<Exit> {
  const seen = await latest('cni', options)
  return madeOf('pod network', () => shown(seen, options.json === true))
}

function shown(seen: Latest, json: boolean): Exit {
  const sample: CniSample = seen.sample
  const faults = cni
    .assess(sample, { heard: [] }, {}, seen.at)
    .map((it) => ({ ...it, severity: it.severity ?? cni.rules[it.code].severity }))
  const { node, at, now } = seen
  if (json) print(`${JSON.stringify({ version: 1, node, at, sample, faults }, null, 2)}\n`)
  else {
    const picture = { node, sample, faults, at, now, summary: cni.summary(sample, {}, at) }
    print(renderNetwork(picture, terminalOf(process.stdout, process.env), cni.rules))
  }
  if (faults.length === 0) return 0
  const worst = gravest(faults)
  return worst === 'critical' ? 2 : worst === 'warning' ? 1 : 0
}
