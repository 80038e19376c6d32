import { setTimeout as pause } from 'node:timers/promises'
import { collectors } from '../../../collectors/index.ts'
import { kubeProxySync } from '../../collectors/firewall/churn.ts'
import { cpuOf, now } from '../measure.ts'
import type { Stand } from '../stand.ts'
import type { Row } from '../table.ts'

/** With the recorded node's own, about 1,000 rules. */
const services = 80

/** Under endless change the pauses between rounds have grown to their longest after so long, ms (`longestPause`). */
const growing = 35_000

/** What minutes in which rules change once a second cost the bundled agent with the firewall check alone. */
export async function churnRows({ site, launch }: Stand, minutes = 1): Promise<readonly Row[]> {
  const rows: Row[] = []
  const one = await site('churn')
  const sync = (turn: number, partial = false) =>
    one.node.sh(`iptables-restore --noflush <<'RULES'\n${kubeProxySync(services, turn, partial)}RULES`)
  await sync(0)
  const off = collectors.map((it) => it.name).filter((it) => it !== 'firewall')
  const agent = await launch(one, { off })
  await pause(20_000)
  const told: string[] = []
  void one.receiver.next((it) => {
    const { cause, affected = [] } = it.body.data?.incident ?? {}
    for (const { code } of [...(cause ? [cause] : []), ...affected])
      if (code.startsWith('firewall.')) told.push(`${it.body.type} ${code}`)
    return false
  }, 24 * 3600_000)
  const percent = async (work: (until: number) => Promise<unknown>) => {
    const [from, used] = [now(), agent.cpu()]
    await work(from + minutes * 60_000)
    return ((agent.cpu() - used) / (now() - from)) * 100
  }
  const rest = await percent((until) => pause(until - now()))
  /** As fail2ban bans and forgives. */
  const ban = (turn: number) =>
    one.node.sh(`iptables -${turn % 2 === 1 ? 'A' : 'D'} INPUT -s 192.0.2.1 -j DROP`)
  let turn = 0
  for (const [how, change, budget] of [
    ['one rule a second', ban, 1],
    ['a sync of kube-proxy a second (Kubernetes 1.28)', (at: number) => sync(at, true), 1],
    ['the same with all rules each time (before)', sync],
  ] as const) {
    turn = 0
    const keepOn = async (until: number) => {
      for (let next = now(); next < until; next += 1000) {
        await pause(Math.max(0, next - now()))
        turn += 1
        await change(turn)
      }
    }
    // Until the pauses between rounds have grown to their longest.
    await keepOn(now() + growing)
    const own = cpuOf(agent.pid)
    const busy = await percent(keepOn)
    const share = (cpuOf(agent.pid) - own) / (minutes * 600)
    rows.push({
      what: how,
      unit: '%',
      values: [busy],
      ...(budget && { budget }),
      floor: { what: `the same at rest; ${share.toFixed(2)} % by its own process`, value: rest },
      missed: told.splice(0).map((it) => `no silence: ${it}`),
    })
  }
  await agent.stop()
  return rows
}
