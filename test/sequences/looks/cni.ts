import { codes, type Fact, type Node } from '../node.ts'
import { profile } from '../profile.ts'
import { dnsFromNode } from '../reach.ts'
import { from, type Statement, together } from '../truth.ts'

const minute = 60_000
/** collectors/cni/lacking.ts, `grace`; collectors/cni/dns.ts, `starting`. */
const grace = 2 * minute
const dnsGrace = 5 * minute

/** What k3s makes when it starts, which may still be to come. */
const ofStarts: ReadonlySet<Fact> = new Set(['conf', 'subnet', 'forwarding'])

/** What the collector of the pod network says of the node now; the DNS apart, which not every look asks. */
export function cniSays(node: Node): readonly Statement[] {
  const { k3s, time } = node
  const ran = k3s.running ? time.now() - k3s.running.since : 0
  const settled = ran >= grace
  const one = (
    fact: Fact,
    subject: string,
    text: string,
    seen: boolean,
    evidence: Statement['evidence'] = {},
  ): readonly Statement[] => {
    const wrong = node.wrong.get(fact)
    return wrong
      ? [{ code: codes[fact], subject, text, seen, early: ofStarts.has(fact), evidence, ...wrong }]
      : []
  }
  const pods = node.pods.length
  const link = 'cni0'
  const vxlan = { link: 'flannel.1', backend: 'vxlan' }
  return [
    ...one('bridge gone', 'cni0', `The bridge cni0 is gone, and with it the network of ${pods} pods.`, true, {
      link,
      pods,
    }),
    ...one(
      'bridge down',
      'cni0',
      `The bridge cni0 is set down, and with it the network of ${pods} pods.`,
      true,
      { link, pods },
    ),
    ...one('bridge address', 'cni0', 'The bridge cni0 lacks 10.42.0.1/24.', true, {
      link,
      lacking: '10.42.0.1/24',
    }),
    ...one(
      'pods off',
      'cni0',
      'The bridge cni0 is there, but not connected to its pods.',
      !node.is('bridge gone'),
      { link },
    ),
    ...one('overlay gone', 'flannel.1', 'The overlay flannel.1 (vxlan) is gone.', true, vxlan),
    ...one('overlay down', 'flannel.1', 'The overlay flannel.1 (vxlan) is set down.', true, vxlan),
    ...routes(node),
    ...unreachable(node, settled),
    ...one('mtu', 'flannel.1', 'flannel.1 has 1450 bytes, eth0 below it 1400.', true, { link: 'flannel.1' }),
    ...one('conf', '/var/lib/rancher/k3s/agent/etc/cni/net.d', 'There is no CNI configuration.', settled),
    ...one('subnet', '/run/flannel/subnet.env', '/run/flannel/subnet.env is not there.', settled),
    ...one('forwarding', 'ipv4', 'The kernel does not forward IPv4 packets.', settled, {
      off: 'ipv4/ip_forward',
      family: 'ipv4',
    }),
    ...flapping(node),
    ...dnsSays(node, ran),
  ]
}

function routes(node: Node): readonly Statement[] {
  const origin = together([node.wrong.get('route'), node.wrong.get('fdb')])
  if (!origin) return []
  const lacks = node.is('route') ? 'route' : 'fdb'
  return [
    {
      code: 'cni.routes-missing',
      subject: '10.42.1.0/24',
      text: `This node lacks the ${lacks} for the pods of node 192.0.2.2 (10.42.1.0/24 by way of flannel.1).`,
      seen: true,
      evidence: { lacks, via: '10.42.1.0', dev: 'flannel.1', link: 'flannel.1', node: '192.0.2.2' },
      ...origin,
    },
  ]
}

/** What takes the way to the other node away, so that it is not asked. */
const lacking: readonly Fact[] = ['overlay gone', 'overlay down', 'route', 'fdb']

/**
 * The other node, as packets over the overlay find it: what is found before is kept while it cannot be asked. Under a
 * policy of DROP that a flush of ufw left here its own address is silent too, and for two minutes after that nothing is
 * opened (collectors/cni/unreachable.ts).
 */
function unreachable(node: Node, settled: boolean): readonly Statement[] {
  const dropped = node.wrong.get('overlay dropped')
  const none = together([dropped && from(dropped, codes['overlay dropped']), node.wrong.get('peer silent')])
  const origin = none ?? node.wrong.get('peer sizes')
  if (!origin) return []
  const since = Math.min(
    ...(['overlay dropped', 'peer silent', 'peer sizes'] as const).map(
      (it) => node.wrong.get(it)?.since ?? Number.POSITIVE_INFINITY,
    ),
  )
  const deaf = node.past.get('filter ufw')
  const asked =
    lacking.every((it) => !node.is(it)) &&
    !node.is('filter ufw') &&
    (deaf === undefined || node.time.now() - deaf.to >= grace)
  const answered = deaf && since >= deaf.from && since < deaf.to ? deaf.from : since
  return [
    {
      ...{ code: 'cni.peer-unreachable', subject: '10.42.1.0/24', early: true, seen: settled && asked },
      text: none
        ? '192.0.2.2 does not answer over flannel.1, though it does on eth0.'
        : '192.0.2.2 answers small packets over flannel.1, but none of 1450 bytes.',
      ...(!none && { severity: 'warning' as const }),
      // The poll, which finds it, asked a moment before.
      ...(profile().early && { wellAt: node.wall(answered - profile().reachPoll) }),
      evidence: {
        ...{ link: 'flannel.1', via: '10.42.1.0', node: '192.0.2.2', host: 'answers' },
        silent: none ? 'small, large' : 'large',
      },
      ...{ by: origin.by, after: origin.after },
    },
  ]
}

/** collectors/cni/link-errors.ts: three times in ten minutes. What it says is of these ten minutes. */
function flapping(node: Node): readonly Statement[] {
  return [...node.downs].flatMap(([link, downs]): readonly Statement[] => {
    const own = profile().crashes ? downs.filter((it) => !ofStart(node, it.at)) : downs
    const recent = own.filter((it) => node.time.now() - it.at < 10 * minute)
    const origin = together(recent)
    if (!origin || recent.length < 3) return []
    const text = `${link} went down ${recent.length} times in the last 10 min.`
    const latest = node.wall(recent.at(-1)?.at ?? 0)
    return [
      {
        code: 'cni.flapping',
        subject: link,
        text,
        seen: true,
        past: true,
        latest,
        evidence: { downs: recent.length, link },
        ...origin,
      },
    ]
  })
}

/** A start of k3s makes links anew within two minutes, and a killall deletes them before it. */
const ofStart = ({ happened }: Node, at: number) =>
  happened.some((it) => it.code !== 'k3s.certificates-rotated' && Math.abs(at - it.at) <= 2 * minute)

function dnsSays(node: Node, ran: number): readonly Statement[] {
  const origin = dnsFromNode(node)
  if (!origin) return []
  const text =
    "The cluster's DNS server 10.43.0.10 does not answer: two questions, 2 s (asked from this node)."
  const evidence = { server: '10.43.0.10', answer: 'timeout' }
  return [
    {
      code: 'cni.dns-dead',
      subject: '10.43.0.10',
      text,
      seen: ran >= dnsGrace,
      early: true,
      evidence,
      ...origin,
    },
  ]
}
