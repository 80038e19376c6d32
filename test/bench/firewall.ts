import { rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { settle } from '../../agent/schedule.ts'
import { kubeProxySync } from '../collectors/firewall/churn.ts'
import { breaker, type Tally } from './faults.ts'
import { barePost } from './floor.ts'
import { measureLooks } from './look.ts'
import { cpuOf, median, repeat } from './measure.ts'
import { now } from './node.ts'
import { type Stand, say, withStand } from './stand.ts'
import { figures, type Row, table } from './table.ts'

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

/** So many are flushed in turn side by side, since most of a try is waiting. */
const nodes = 2

/** With the recorded node's own, about 1,000 rules. */
const services = 80

async function flushes({ certificates, site, launch }: Stand): Promise<void> {
  const sites = await repeat(nodes, () => site(`flush-${Math.random().toString(36).slice(2, 8)}`))
  const [first] = sites
  if (!first) return
  const alone = async (script: string) =>
    median(
      await repeat(10, async () => {
        const { begun, ended } = await first.node.sh(script)
        return ended - begun
      }),
    )
  const save = await alone('iptables-nft-save >/dev/null & ip6tables-nft-save >/dev/null & wait')
  const least = settle + save + (await alone('iptables -n -L INPUT >/dev/null')) + (await barePost())
  const tally: Tally = { times: [], missed: [] }
  let begun = 0
  await Promise.all(
    sites.map(async (it, at) => {
      await pause(at * 2_000)
      while (begun < Number(options.tries)) {
        begun += 1
        if (begun % 10 === 0) say(`flushes: ${begun} of ${options.tries}, load ${load()}`)
        // An agent without a past: what comes and goes three times an hour is held, and told no more.
        rmSync(join(it.node.folder, 'agent'), { recursive: true, force: true })
        const agent = await launch(it)
        await pause(3_000)
        await breaker(certificates)(it, 'flush', tally)
        await agent.stop()
      }
    }),
  )
  rows.push({
    what: '`iptables -F` to POST',
    unit: 'ms',
    values: tally.times,
    budget: 250,
    floor: { what: `settling ${settle}, an iptables, both iptables-save, a bare POST`, value: least },
    missed: tally.missed,
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
    const { root, consequences = [] } = it.body.data?.incident ?? {}
    // Whoever kills processes on this machine meanwhile is told of as well.
    for (const { code } of [...(root ? [root] : []), ...consequences])
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
const print = (line: string) => void process.stdout.write(`${line}\n`)
if (wanted('looks'))
  for (const count of [100, 1000, 20_000, 100_000]) print(measureLooks(count, Number(options.repeats)))
const failed =
  wanted('flush') || wanted('churn')
    ? await withStand(async (stand) => {
        if (wanted('churn')) await churn(stand)
        if (wanted('flush')) await flushes(stand)
      })
    : undefined
const all = rows.map(figures)
if (all.length > 0) print(table(all))
print(
  `load ${loadavg()
    .map((it) => it.toFixed(1))
    .join(' ')}, node ${process.version}`,
)
const missed = [...all.flatMap((it) => it.missed), ...(failed === undefined ? [] : [String(failed)])]
for (const it of missed) print(`not measured: ${it}`)
process.exit(missed.length > 0 ? 1 : 0)
