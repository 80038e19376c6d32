import type { Observation } from '../../agent/model/index.ts'
import { list } from '../../agent/text/lists.ts'
import { quoted } from '../../agent/text/shell.ts'
import { exactMoment, minute } from '../../agent/text/times.ts'
import type { NodeRow } from '../node/api-objects.ts'
import type { Code } from './rules.ts'
import type { ClusterSample, Lost } from './sample.ts'
import { tellerAmong } from './teller.ts'
import { contents, kubeletSays, lastWords } from './text.ts'
import { lostAt, reboots, verdictOf } from './verdict.ts'

/** A node whose kubelet lives may be starting: k3s gets as long on a small board. */
const starts = 3 * minute
/** Servers that start at once, as after a power cut, have no API for as long. */
const silentFor = 3 * minute

/** Which other nodes are lost, as far as it is this server that notifies. Pure. */
export function assess(sample: ClusterSample, now: number): readonly Observation<Code>[] {
  const { place, nodes = [], lost = [], silent } = sample
  if (!place) return []
  const mine = lost.filter((it) => it.by === place.me)
  if (!silent) return mine.flatMap((it) => observed(it, nodes, now))
  const asOf = exactMoment(silent.since)
  const peers = silentPeers(sample, now)
  return [
    ...peers,
    // While the API does not answer it is not known whether they are back.
    ...mine
      .filter(({ name }) => !peers.some((it) => it.subject === name))
      .flatMap((it) => observed(it, nodes, silent.since))
      .map((it) => ({ ...it, text: `As of ${asOf}: ${it.text}`, starting: true as const })),
  ]
}

function observed(lost: Lost, nodes: readonly NodeRow[], now: number): Observation<Code>[] {
  const row = nodes.find((it) => it.name === lost.name)
  const verdict = verdictOf(lost, row, now)
  if (verdict !== 'lost' && verdict !== 'ill') return []
  const since = lostAt(lost)
  return [verdict === 'lost' ? silence(lost, row, nodes, since, now) : illness(lost, since, now)]
}

/** Its kubelet reports nothing any more. */
function silence(
  lost: Lost,
  row: NodeRow | undefined,
  nodes: readonly NodeRow[],
  since: number,
  now: number,
): Observation<Code> {
  const { name, detail } = lost
  const on = detail ? contents(detail) : ''
  const address = row?.address
  const ordered = detail?.murphy && /^Node/.test(detail.murphy.reason) && now - since >= reboots
  const agents = nodes.filter((it) => !it.server)
  return {
    code: 'cluster.node-lost',
    subject: name,
    at: since,
    text: [
      `${name}${address ? ` (${address})` : ''} is NotReady since ${exactMoment(since)}: its kubelet reports nothing any more.`,
      // Where nothing is known of its end, an ordinary reboot that takes a minute looks the same.
      ...(!detail?.murphy && now - since < reboots ? ['It may be rebooting.'] : []),
      ...(ordered ? ['It was rebooting, as ordered, and has not come back.'] : []),
      ...(on ? [`On it: ${on}.`] : []),
      ...(detail ? [lastWords(detail, now)].filter(Boolean) : []),
    ].join(' '),
    fix: [
      ...(address ? [`See whether ${name} answers: \`ping -c 3 ${quoted(address)}\``] : []),
      `If ${name} answers, see there how k3s is: \`systemctl status ${row?.server ? 'k3s' : 'k3s-agent'} --no-pager\``,
      'If it does not answer, see its power, cable and console',
      `If it will never return, remove it (on a server): \`kubectl delete node ${quoted(name)}\``,
    ],
    evidence: {
      state: 'lost',
      ...(row?.server && { server: true }),
      ...(detail?.pods && { pods: detail.pods.count, ...(detail.pods.more && { more: true }) }),
      ...(!row?.server && agents.every((it) => !it.ready) && { agents: 'none' }),
    },
  }
}

/** Its kubelet reports, and says why the node is not ready. Its own Murphy lives too, and tells what is critical there. */
function illness({ name, first, detail }: Lost, since: number, now: number): Observation<Code> {
  return {
    code: 'cluster.node-lost',
    subject: name,
    severity: 'warning',
    at: since,
    ...(now - Math.min(first, since) < starts && { starting: true as const }),
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

/** Servers that do not answer while this server's API does not either, as when the datastore has lost its quorum. */
function silentPeers({ place, silent, nodes = [] }: ClusterSample, now: number): Observation<Code>[] {
  if (!place || !silent || now - silent.since < silentFor) return []
  const gone = silent.peers.filter((it) => it.since !== undefined && now - it.since >= silentFor)
  const answering = silent.peers.filter((it) => it.since === undefined).map((it) => it.name)
  if (tellerAmong(place.me, answering) !== place.me) return []
  const alone =
    answering.length === 0
      ? ` No other server answers, so ${place.me} itself may be the one that is cut off.`
      : ''
  return gone.map(({ name, since = now }) => {
    const address = nodes.find((it) => it.name === name)?.address ?? name
    return {
      code: 'cluster.node-lost',
      subject: name,
      at: since,
      text: `The server ${name} (${address}) does not answer since ${exactMoment(since)}, and the API of ${place.me} does not either.${alone}`,
      impact: silent.etcd
        ? 'Without most of its servers the datastore refuses to work: the API is down, and nothing is scheduled or repaired.'
        : 'The API is down, and nothing is scheduled or repaired. The datastore that the servers share may be down.',
      fix: [
        ...(silent.etcd
          ? []
          : ['See here whether the datastore answers: `journalctl -u k3s -n 50 --no-pager`']),
        `See whether ${name} answers: \`ping -c 3 ${quoted(address)}\``,
        `If ${name} answers, see there how k3s is: \`systemctl status k3s --no-pager\``,
        'If it does not answer, see its power, cable and console',
      ],
      avoid: silent.etcd
        ? ["Don't run `k3s server --cluster-reset` while most servers may return: it drops them from etcd."]
        : ["Don't delete the Node object while it may return: pods with local volumes lose their place."],
      evidence: {
        state: 'silent',
        server: true,
        ...(answering.length > 0 && { answering: list(answering) }),
      },
    }
  })
}
