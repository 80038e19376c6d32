import { loadavg } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { settle } from '../../agent/daemon/schedule.ts'
import { kubeProxySync } from '../collectors/firewall/churn.ts'
import { barePost } from './floor.ts'
import { measureLooks } from './look.ts'
import { cpuOf, repeat } from './measure.ts'
import { now } from './node.ts'
import { type Stand, say, withStand } from './stand.ts'
import { conclude, type Row } from './table.ts'
import { alone, breakOften, nodesAtOnce } from './tries.ts'

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
const load = () => loadavg()[0]?.toFixed(1)

/** With the recorded node's own, about 1,000 rules. */
const services = 80

async function flushes(stand: Stand): Promise<void> {
  const sites = await repeat(nodesAtOnce, () => stand.site(`flush-${Math.random().toString(36).slice(2, 8)}`))
  const [first] = sites
  if (!first) return
  const save = await alone(first, 'iptables-nft-save >/dev/null & ip6tables-nft-save >/dev/null & wait')
  const least = settle + save + (await alone(first, 'iptables -n -L INPUT >/dev/null')) + (await barePost())
  const { times, missed } = await breakOften(stand, sites, 'flush', Number(options.tries))
  rows.push({
    what: '`iptables -F` to POST',
    unit: 'ms',
    values: times,
    budget: 250,
    floor: { what: `settling ${settle}, an iptables, both iptables-save, a bare POST`, value: least },
    missed,
  })
}

async function churn({ site, launch }: Stand): Promise<void> {
  const one = await site('churn')
  const sync = (turn: number, partial = false) =>
    one.node.sh(`iptables-nft-restore --noflush <<'RULES'\n${kubeProxySync(services, turn, partial)}RULES`)
  await sync(0)
  const { begun, ended } = await one.node.sh('iptables-nft-save >/dev/null')
  const agent = await launch(one)
  await pause(20_000)
  const told: string[] = []
  void one.receiver.next((it) => {
    const { cause, affected = [] } = it.body.data?.incident ?? {}
    // Whoever kills processes on this machine meanwhile is told of as well.
    for (const { code } of [...(cause ? [cause] : []), ...affected])
      if (code.startsWith('firewall.')) told.push(`${it.body.type} ${code}`)
    return false
  }, 24 * 3600_000)
  const percent = async (work: (until: number) => Promise<unknown>) => {
    const [from, used] = [now(), agent.cpu()]
    await work(from + Number(options.minutes) * 60_000)
    return ((agent.cpu() - used) / (now() - from)) * 100
  }
  const rest = await percent((until) => pause(until - now()))
  let turn = 0
  for (const [partial, how] of [
    [true, 'what changed (Kubernetes 1.28)'],
    [false, 'all rules each time (before)'],
  ] as const) {
    const own = cpuOf(agent.pid)
    const busy = await percent(async (until) => {
      for (let next = now(); next < until; next += 1000) {
        await pause(Math.max(0, next - now()))
        turn += 1
        await sync(turn, partial)
      }
    })
    const share = (cpuOf(agent.pid) - own) / (Number(options.minutes) * 600)
    rows.push({
      what: `CPU of a minute's churn, ${how}`,
      unit: '%',
      values: [busy],
      floor: { what: `the same at rest; ${share.toFixed(1)} % by its own process`, value: rest },
      missed: told.splice(0).map((it) => `no silence: ${it}`),
    })
  }
  say(`${turn} changes; one iptables-save takes ${(ended - begun).toFixed(0)} ms; load ${load()}`)
}

if (process.getuid?.() !== 0) {
  process.stderr.write('the bench needs root: it makes namespaces\n')
  process.exit(2)
}
if (wanted('looks'))
  for (const count of [100, 1000, 20_000, 100_000])
    process.stdout.write(`${measureLooks(count, Number(options.repeats))}\n`)
const failed =
  wanted('flush') || wanted('churn')
    ? await withStand(async (stand) => {
        if (wanted('churn')) await churn(stand)
        if (wanted('flush')) await flushes(stand)
      })
    : undefined
conclude(rows, failed)
