import type { Observation } from '../../agent/model/index.ts'
import { quoted } from '../../agent/text/shell.ts'
import { exactMoment } from '../../agent/text/times.ts'
import type { NodeRow } from '../node/api-objects.ts'
import type { Code } from './rules.ts'
import type { Lost, Place } from './sample.ts'
import { contents, kubeletSays, lastWords } from './text.ts'
import { unitOn } from './units.ts'
import { isOldNews, reboots, type Verdict } from './verdict.ts'

interface Silence {
  readonly lost: Lost
  readonly row: NodeRow | undefined
  readonly nodes: readonly NodeRow[]
  readonly place: Place
  readonly since: number
  readonly verdict: Verdict
  readonly now: number
}

/** Its kubelet reports nothing any more. Pure. */
export function silence(it: Silence): Observation<Code> {
  const { lost, row, nodes, place, since, verdict, now } = it
  const { name, detail } = lost
  const address = row?.address
  const on = detail ? contents(detail) : ''
  const isUp = verdict === 'stopped'
  const agents = nodes.filter((one) => !one.server)
  const unit = unitOn(row, place)
  const service = `systemctl status ${unit} --no-pager`
  return {
    code: 'cluster.node-lost',
    subject: name,
    ...(isOldNews(lost) && { severity: 'warning' as const }),
    at: since,
    ...(lost.wellAt !== undefined && { wellAt: lost.wellAt }),
    text: [
      `${name}${address ? ` (${address})` : ''} is NotReady since ${exactMoment(since)}: its kubelet reports nothing any more.`,
      ...(isUp
        ? ['The machine answers, but refuses :10250: k3s is likely stopped there, or a firewall rejects it.']
        : []),
      ...(detail?.kubelet === 'answers'
        ? ["It answers on :10250, so the machine runs; its kubelet's reports do not arrive at the API."]
        : []),
      ...whyAway(it),
      ...(on ? [`On it: ${on}.`] : []),
      ...(detail ? [lastWords(detail, now)].filter(Boolean) : []),
    ].join(' '),
    fix: isUp
      ? [
          `On ${name}, see how k3s is: \`${service}\``,
          `On ${name}, start it: \`systemctl start ${unit}\``,
          `If it will never return, remove it (on a server): \`kubectl delete node ${quoted(name)}\``,
        ]
      : [
          ...(address ? [`See whether ${name} answers: \`ping -c 3 ${quoted(address)}\``] : []),
          `If ${name} answers, see there how k3s is: \`${service}\``,
          `If ${name} does not answer, see its power, cable and console`,
          `If it will never return, remove it (on a server): \`kubectl delete node ${quoted(name)}\``,
        ],
    ...(row?.etcd && { avoid: ofMember(name, place) }),
    evidence: {
      state: isUp ? 'stopped' : 'lost',
      ...(row?.server && { server: true }),
      ...(detail?.pods && { pods: detail.pods.count, ...(detail.pods.more && { more: true }) }),
      ...(!row?.server && agents.every((one) => !one.ready) && { agents: 'none' }),
    },
  }
}

/** k3s takes a member out of etcd when its Node is deleted (k3s: pkg/etcd/member_controller.go). */
const ofMember = (name: string, { distribution }: Place): readonly string[] => [
  "Don't force-delete its StatefulSet pods while the node may run: two writers corrupt a volume.",
  `Don't delete the Node object while ${name} may return: ${distribution} takes its member out of etcd.`,
  `Don't restart ${distribution} on another server meanwhile: etcd may lose its quorum.`,
]

/** What is known of why it may be away. */
function whyAway({ lost, nodes, place, since, verdict, now }: Silence): string[] {
  const { murphy, kubelet, shutdown } = lost.detail ?? {}
  if (isOldNews(lost)) return ['It was so already when Murphy first saw it.']
  if (verdict === 'stopped' || kubelet === 'answers') return []
  const isOrdered = shutdown || (murphy && /^Node/.test(murphy.reason))
  if (isOrdered && now - since >= reboots) return ['It was rebooting, as ordered, and has not come back.']
  return [
    // Where nothing is known of its end, an ordinary reboot that takes a minute looks the same.
    ...(!murphy && now - since < reboots ? ['It may be rebooting.'] : []),
    ...(nodes.length === 2 ? [`Or ${place.me} itself has lost its network: it knows no other node.`] : []),
  ]
}

/** Its kubelet reports, and says why the node is not ready. Its own Murphy lives too, and tells what is critical there. */
export function illness({ name, wellAt, detail }: Lost, since: number): Observation<Code> {
  return {
    code: 'cluster.node-lost',
    subject: name,
    severity: 'warning',
    at: since,
    ...(wellAt !== undefined && { wellAt }),
    text: `${name} is NotReady since ${exactMoment(since)}; its kubelet says: "${detail ? kubeletSays(detail) : ''}".`,
    impact:
      'Services send it no more requests, and nothing new is scheduled there. After 5 min its pods are evicted.',
    fix: [
      `On ${name}, see what Murphy found: \`agent status\``,
      `See the kubelet's conditions (on a server): \`kubectl describe node ${quoted(name)}\``,
    ],
    evidence: { state: 'not-ready' },
  }
}
