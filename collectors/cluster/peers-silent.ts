import type { Observation } from '../../agent/model/index.ts'
import { list } from '../../agent/text/lists.ts'
import { quoted } from '../../agent/text/shell.ts'
import { exactMoment, minute } from '../../agent/text/times.ts'
import { allSilent } from './cut-off.ts'
import type { Code } from './rules.ts'
import type { ClusterSample, Place } from './sample.ts'
import { tellerAmong } from './teller.ts'
import { unitOn } from './units.ts'
import { atOnce } from './watched.ts'

/** Servers that start at once, as after a power cut, have no API for as long. */
const silentFor = 3 * minute

/**
 * Servers that do not answer while this server's API does not either, as when the datastore has lost its quorum. A server
 * whose own k3s is stopped says nothing new of others: its view is not the cluster's. Pure.
 */
export function silentPeers({ place, silent, nodes = [] }: ClusterSample, now: number): Observation<Code>[] {
  if (!place || !silent) return []
  const gone = silent.peers.flatMap(({ name, since }) => (since === undefined ? [] : [{ name, since }]))
  const answering = silent.peers.filter((it) => it.since === undefined).map((it) => it.name)
  if (tellerAmong(place.me, answering) !== place.me || gone.length === 0) return []
  const api = silent.refused
    ? `The API of ${place.me} refuses its credentials (401).`
    : `The API of ${place.me} does not answer either.`
  const early = (since: number) =>
    silent.stopped !== undefined || now - Math.max(silent.since, since) < silentFor
      ? { starting: true as const }
      : {}
  const times = gone.map((it) => it.since)
  const [first, last] = [Math.min(...times), Math.max(...times)]
  if (answering.length === 0 && gone.length > 1 && last - first <= atOnce)
    return [{ ...allSilent(place.me, gone, api), ...early(last) }]
  const alone =
    answering.length === 0
      ? ` No other server answers, so ${place.me} itself may be the one that is cut off.`
      : ''
  return gone.map(({ name, since }) => {
    const address = nodes.find((it) => it.name === name)?.address ?? name
    return {
      code: 'cluster.node-lost',
      subject: name,
      at: since,
      ...early(since),
      text: `The server ${name} (${address}) does not answer since ${exactMoment(since)}. ${api}${alone}`,
      ...consequences(silent, place),
      fix: [
        ...(silent.etcd || silent.refused
          ? []
          : [
              `See here whether the datastore answers: \`journalctl -u ${unitOn(server, place)} -n 50 --no-pager\``,
            ]),
        `See whether ${name} answers: \`ping -c 3 ${quoted(address)}\``,
        `If ${name} answers, see there how k3s is: \`systemctl status ${unitOn(server, place)} --no-pager\``,
        'If it does not answer, see its power, cable and console',
      ],
      evidence: {
        state: 'silent',
        server: true,
        ...(answering.length > 0 && { answering: list(answering) }),
      },
    }
  })
}

const server = { server: true } as const

function consequences(
  { etcd, refused }: NonNullable<ClusterSample['silent']>,
  { distribution }: Place,
): Pick<Observation, 'impact' | 'avoid'> {
  if (refused) return {}
  if (etcd)
    return {
      impact:
        'Without most of its servers the datastore refuses to work: the API is down, and nothing is scheduled or repaired.',
      avoid: [
        `Don't run \`${distribution} server --cluster-reset\` while most servers may return: it drops them from etcd.`,
      ],
    }
  return {
    impact:
      'The API is down, and nothing is scheduled or repaired. The datastore that the servers share may be down.',
    avoid: ["Don't delete the Node object while it may return: pods with local volumes lose their place."],
  }
}
