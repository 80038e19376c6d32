import { exactMoment, timeOfDay } from '../../../agent/text/times.ts'
import { codes, type Fact, type Flush, type Node } from '../node.ts'
import { profile } from '../profile.ts'
import { type Statement, together } from '../truth.ts'

const minute = 60_000
/** collectors/firewall/checks/kube.ts, `settling`. */
const settling = 3 * minute
/** collectors/firewall/checks/lockout.ts, `ofFlush`. */
const ofFlush = 10_000

/** What the firewall collector says of the node now. */
export function firewallSays(node: Node): readonly Statement[] {
  const { k3s, time } = node
  const settled = k3s.running !== undefined && time.now() - k3s.running.since >= settling
  const one = (
    fact: Fact,
    subject: string,
    text: string,
    seen: boolean,
    more: Partial<Statement> = {},
  ): readonly Statement[] => {
    const wrong = node.wrong.get(fact)
    return wrong ? [{ code: codes[fact], subject, text, seen, ...wrong, ...more }] : []
  }
  const wall = node.wall
  return [
    ...flushes(node),
    ...one('nat kube', 'ipv4', "k3s runs, but kube-proxy's IPv4 nat rules are all gone.", settled, {
      early: k3s.running !== undefined,
      evidence: { rules: 40, missing: 'KUBE-SERVICES', family: 'ipv4', table: 'nat' },
    }),
    ...one('nat flannel', 'flannel', "This node had flannel's rules in IPv4 nat; they are gone.", settled, {
      early: k3s.running !== undefined,
      at: wall(node.wrong.get('nat flannel')?.since ?? 0),
      evidence: { tables: 'IPv4 nat', family: 'ipv4', table: 'nat' },
    }),
    ...one(
      'nat hostports',
      'kube-system/ingress',
      'Host ports 80, 443 of this node belong to pod kube-system/ingress, but no rule leads there.',
      k3s.running !== undefined,
      {
        early: true,
        pod: { namespace: 'kube-system', name: 'ingress' },
        evidence: { port: '80, 443', pod: 'kube-system/ingress', family: 'ipv4', table: 'nat' },
      },
    ),
    ...one(
      'ssh',
      'ipv4',
      'A new IPv4 connection to SSH on port 22 is dropped, and no rule accepts it.',
      true,
      {
        ...(profile().early &&
          node.flushes.some(
            (it) => isOpen(node, it) && time.now() - it.at < ofFlush && it.tables.includes('filter'),
          ) && {
            pendingFor: 0 as const,
          }),
        evidence: { port: '22', by: ':INPUT DROP', family: 'ipv4', table: 'filter' },
      },
    ),
    ...blocks(node),
    ...drift(node),
    ...one('conntrack', 'conntrack', '84 % of the connections that the kernel can follow are used.', true),
    ...one('duplicates', 'ipv4 nft', '412 rules are copies of others in the same chain.', true),
    ...changed(node),
  ]
}

/** One finding for all that is dropped. With ufw's rules gone its policy drops what comes in, whoever took them. */
function blocks(node: Node): readonly Statement[] {
  const { traits, wrong } = node
  const bare = wrong.get('filter ufw')
  const ufw = bare ? undefined : wrong.get('ufw blocks')
  const overlay = wrong.get('overlay dropped')
  const origin = together([bare, ufw, overlay])
  if (!origin) return []
  const blocked = [
    ...(bare || ufw ? ['pods-api 6443', 'pods-kubelet 10250'] : []),
    ...(overlay || (bare && traits.peer) ? ['overlay 8472'] : []),
  ]
  const by = [...(bare ? ['policy'] : []), ...(ufw ? ['ufw'] : []), ...(overlay ? ['rule'] : [])]
  return [
    {
      ...{ code: 'firewall.blocks-k3s', subject: 'k3s', seen: node.k3s.running !== undefined, early: true },
      text: `The firewall drops what k3s needs: ${blocked.join(', ')}.`,
      evidence: {
        ...{ blocked: blocked.join(', '), by: by.join(', '), family: 'ipv4' },
        table: [...(bare || ufw ? ['filter'] : []), ...(overlay ? ['raw'] : [])].join(', '),
      },
      ...origin,
    },
  ]
}

function drift(node: Node): readonly Statement[] {
  const wrong = node.wrong.get('filter ufw') ?? node.wrong.get('ufw rules')
  const evidence = { family: 'ipv4', table: 'filter' }
  return wrong
    ? [
        {
          code: 'firewall.ufw-drift',
          subject: 'ufw',
          text: 'ufw and the kernel disagree.',
          seen: true,
          evidence,
          ...wrong,
        },
      ]
    : []
}

/** A flush is over once what it took stands again, host ports aside (collectors/firewall/history/flush.ts). */
const isOpen = (node: Node, it: Flush) =>
  it.facts.some(
    (fact) =>
      fact !== 'nat hostports' &&
      fact !== 'ssh' &&
      node.wrong.get(fact)?.by.some((act) => it.by.includes(act)),
  )

function flushes(node: Node): readonly Statement[] {
  const open = node.flushes.filter((it) => isOpen(node, it))
  const { flushes: how } = profile()
  if (how === 'one') {
    const [first] = open
    return first ? [flushed(node, first, 'iptables', first.tables.join(' and '))] : []
  }
  return open.map((it) => {
    const [table = '', ...more] = it.tables
    return flushed(node, it, more.length > 0 ? 'ipv4' : `ipv4 ${table}`, it.tables.join(', '))
  })
}

const flushed = (node: Node, it: Flush, subject: string, table: string): Statement => ({
  code: 'firewall.flushed',
  subject,
  text: `\`${it.program}\` (pid ${it.pid}) took the IPv4 ${table} rules away at ${timeOfDay(node.wall(it.at))}.`,
  seen: true,
  at: node.wall(it.at),
  ...(profile().early && { wellAt: node.wall(it.at), latest: node.wall(it.latest) }),
  by: it.by,
  after: it.after,
  evidence: {
    ...{ before: 91, now: 12, process: it.program, pid: it.pid, family: 'ipv4', table },
    // ufw's policy of FORWARD outlives its rules, and flannel's are gone with them.
    ...(node.traits.ufw && it.tables.includes('filter') && { forward: 'DROP' }),
  },
})

function changed(node: Node): readonly Statement[] {
  const recent = node.changes.filter((it) => node.time.now() - it.at < 60 * minute)
  const origin = together(recent)
  const [first] = recent
  if (!first || !origin) return []
  const at = node.wall(first.at)
  const text = `The rules were changed; in all ${recent.length} changes since ${exactMoment(at)}.`
  return [{ code: 'firewall.changed', subject: 'rules', text, at, seen: true, past: true, ...origin }]
}
