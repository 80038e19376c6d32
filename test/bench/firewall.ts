import { parseArgs } from 'node:util'
import { settle } from '../../agent/daemon/schedule.ts'
import { conclude } from './conclude.ts'
import { barePost } from './floor.ts'
import { repeat } from './measure.ts'
import { type Stand, withStand } from './stand.ts'
import type { Row } from './table.ts'
import { alone, breakOften, nodesAtOnce } from './tries.ts'
import { churnRows } from './wide/churn.ts'
import { rulesRows } from './wide/rules.ts'

/**
 * `node test/bench/firewall.ts`, as root: what looks at 100 to 100,000 rules cost, the time from `iptables -F` to
 * the POST at a sink, and what a minute of kube-proxy's churn costs, with the bundled agent on stand-in nodes.
 * `--only looks|flush|churn` for one of them. Slowness never fails it.
 */
const { values: options } = parseArgs({
  options: {
    tries: { type: 'string', default: '100' },
    minutes: { type: 'string', default: '1' },
    repeats: { type: 'string', default: '3' },
    only: { type: 'string' },
  },
})
const wanted = (what: 'looks' | 'flush' | 'churn') => options.only === undefined || options.only === what
const rows: Row[] = []

async function flushes(stand: Stand): Promise<void> {
  const sites = await repeat(nodesAtOnce, () => stand.site(`flush-${Math.random().toString(36).slice(2, 8)}`))
  const [first] = sites
  if (!first) return
  const save = await alone(first, 'iptables-nft-save >/dev/null & ip6tables-nft-save >/dev/null & wait')
  const least =
    settle + 2 * save + (await alone(first, 'iptables -n -L INPUT >/dev/null')) + (await barePost())
  const { times, missed } = await breakOften(stand, sites, 'flush', Number(options.tries))
  rows.push({
    what: '`iptables -F` to POST',
    unit: 'ms',
    values: times,
    budget: 250,
    floor: { what: `settling ${settle}, an iptables, both iptables-save twice, a bare POST`, value: least },
    missed,
  })
}

if (process.getuid?.() !== 0) {
  process.stderr.write('the bench needs root: it makes namespaces\n')
  process.exit(2)
}
if (wanted('looks')) rows.push(...rulesRows(undefined, Number(options.repeats)))
const failed =
  wanted('flush') || wanted('churn')
    ? await withStand(async (stand) => {
        if (wanted('churn')) rows.push(...(await churnRows(stand, Number(options.minutes))))
        if (wanted('flush')) await flushes(stand)
      })
    : undefined
conclude(rows, failed)
