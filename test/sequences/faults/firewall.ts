import { caused, type Fact, type Node } from '../node.ts'
import type { Act } from '../truth.ts'
import { remade } from '../workload.ts'
import { type Fault, minute, restartK3s, second, steady } from './fault.ts'

const flushed = 'firewall.flushed'

/** Rules go from tables; flannel and kube-router put theirs back within a minute or two while k3s runs. */
export function flush(node: Node, act: Act, tables: readonly ('nat' | 'filter')[], program: string): void {
  const { time, dice } = node
  const nat: readonly Fact[] = ['nat kube', 'nat flannel', 'nat hostports']
  const filter: readonly Fact[] = [
    'filter kube',
    'filter flannel',
    ...(node.traits.ufw ? (['filter ufw', 'ssh'] as const) : []),
  ]
  const facts = [...(tables.includes('nat') ? nat : []), ...(tables.includes('filter') ? filter : [])].filter(
    (it) => !node.is(it),
  )
  if (facts.length === 0) return
  const pid = dice.whole(2000, 60_000)
  const [now, origin] = [time.now(), caused(act)]
  // collectors/firewall/history/flush.ts: what is flushed once more within ten minutes, and was not back, is one flush.
  const before = node.flushes.findLast(
    (it) =>
      it.tables.join() === tables.join() &&
      now - it.latest < 10 * minute &&
      it.facts.some((fact) => node.wrong.get(fact)?.by.some((one) => it.by.includes(one))),
  )
  const by = [...(before?.by ?? []), act]
  if (before)
    node.flushes[node.flushes.indexOf(before)] = {
      ...before,
      ...{ by, latest: now, facts: [...before.facts, ...facts] },
    }
  else node.flushes.push({ ...origin, at: now, latest: now, program, pid, tables, facts })
  node.changes.push({ ...origin, at: now })
  for (const it of facts) node.break(it, { by, after: [flushed] })
  node.hear('firewall')
  time.in(dice.between(10 * second, 60 * second), () => back(node, act, ['nat flannel', 'filter flannel']))
  time.in(dice.between(30 * second, 120 * second), () => back(node, act, ['filter kube']))
}

/** A part of k3s puts its rules back, if it runs and they are still those that went by this act. */
function back(node: Node, act: Act, facts: readonly Fact[]): void {
  const its = facts.filter((it) => node.wrong.get(it)?.by.includes(act))
  if (its.length === 0 || !node.k3s.running) return
  node.mend(...its)
  node.hear('firewall')
}

const pod = (node: Node, name: string) => node.pods.find((it) => it.name.startsWith(name))

/** What a person does after a flush, in the order of Murphy's own steps. */
function afterFlush(node: Node) {
  if (node.is('ssh') || node.is('filter ufw')) {
    node.act('ufw reload', 'iptables -X ufw-*; ufw reload')
    node.mend('ssh', 'filter ufw')
    node.hear('firewall')
  }
  if (node.is('nat kube') || node.is('filter kube')) restartK3s(node)()
  node.time.in(40 * second, () => {
    const ingress = pod(node, 'ingress')
    if (!ingress || !node.is('nat hostports')) return
    node.act('pod deleted', 'kubectl -n kube-system delete pod ingress')
    node.mend('nat hostports')
    remade(node, ingress)
  })
}

/** Once at least one of `facts` can still break. */
const whole =
  (...facts: readonly Fact[]) =>
  (node: Node) =>
    steady(node) && facts.every((it) => !node.is(it))

const flushing = (
  kind: string,
  text: string,
  tables: readonly ('nat' | 'filter')[],
  program: string,
): Fault => ({
  kind,
  text,
  can: (node) =>
    whole(
      ...(tables.includes('nat') ? (['nat kube', 'nat hostports'] as const) : []),
      ...(tables.includes('filter') ? (['filter kube', 'filter ufw', 'ssh'] as const) : []),
    )(node),
  begin(node, act) {
    flush(node, act, tables, program)
    return () => afterFlush(node)
  },
})

const simple = (
  kind: string,
  text: string,
  fact: Fact,
  more: Partial<Fault> & { readonly ufw?: boolean } = {},
): Fault => ({
  kind,
  text,
  can: (node) => (!more.ufw || node.traits.ufw) && whole(fact)(node) && (!more.ufw || !node.is('filter ufw')),
  begin(node, act) {
    node.changes.push({ ...caused(act), at: node.time.now() })
    node.break(fact, caused(act))
    node.hear('firewall')
    return () => {
      node.act(`${kind} repaired`, `the repair of: ${text}`)
      node.mend(fact)
      node.hear('firewall')
    }
  },
  ...more,
})

export const firewallFaults: readonly Fault[] = [
  flushing(
    'flush of all',
    'iptables -F; iptables -X; iptables -t nat -F; iptables -t nat -X',
    ['nat', 'filter'],
    'iptables',
  ),
  flushing('flush of nat', 'iptables -t nat -F', ['nat'], 'iptables'),
  flushing(
    'flush by a script',
    'a hardening script loads its own rule set for filter',
    ['filter'],
    'iptables-restor',
  ),
  {
    kind: 'kube chains',
    text: 'iptables -t nat -F KUBE-SERVICES',
    can: whole('nat kube'),
    begin(node, act) {
      node.break('nat kube', caused(act))
      node.hear('firewall')
      return restartK3s(node)
    },
  },
  {
    kind: 'flannel rules',
    text: 'flannel hangs, and its rules in nat are deleted',
    can: whole('nat flannel'),
    begin(node, act) {
      node.break('nat flannel', caused(act))
      node.hear('firewall')
      return restartK3s(node)
    },
  },
  {
    kind: 'host ports',
    text: 'iptables -t nat -F CNI-HOSTPORT-DNAT',
    can: whole('nat hostports'),
    begin(node, act) {
      node.break('nat hostports', caused(act))
      node.hear('firewall')
      return () => {
        const ingress = pod(node, 'ingress')
        node.act('pod deleted', 'kubectl -n kube-system delete pod ingress')
        node.mend('nat hostports')
        if (ingress) remade(node, ingress)
      }
    },
  },
  simple('lockout', 'ufw delete allow 22/tcp', 'ssh', { ufw: true }),
  simple('ufw blocks', 'ufw delete allow from 10.42.0.0/16', 'ufw blocks', { ufw: true }),
  simple('overlay dropped', 'iptables -t raw -I PREROUTING -p udp --dport 8472 -j DROP', 'overlay dropped', {
    can: (node) => node.traits.peer && whole('overlay dropped')(node),
  }),
  simple('ufw drift', 'iptables -F ufw-user-output', 'ufw rules', {
    ufw: true,
    lasts: [3 * minute, 40 * minute],
  }),
  simple('connections', 'a scanner opens connections without end', 'conntrack', {
    lasts: [8 * minute, 60 * minute],
  }),
  simple('duplicates', 'a loop adds the same rule again and again', 'duplicates', {
    lasts: [12 * minute, 90 * minute],
  }),
]
