import type { Observation, Past } from '../../agent/model/index.ts'
import { list } from '../../agent/text/lists.ts'
import { exactMoment, minute } from '../../agent/text/times.ts'
import { datastore, disks, type Limits } from './filling.ts'
import { nodeNotReady } from './node-not-ready.ts'
import type { Code } from './rules.ts'
import type { Answer, K3sSample, Part } from './sample.ts'
import { down, restarting } from './service.ts'
import { lastWordsOf } from './text.ts'

/** Time k3s gets to start: on a small board it takes two minutes until the API answers. */
export const grace = 3 * minute
/** Longer than a restart takes to end the former process, ms: what is unwell only since then is unwell by the restart. */
const stopping = minute / 2

/** What is wrong with k3s on this node. Pure. */
export function assess(
  sample: K3sSample,
  past: Pick<Past<K3sSample>, 'series'>,
  limits: Limits,
  now: number,
): readonly Observation<Code>[] {
  if (!sample.k3s) return []
  const again = restarting(sample, now)
  return [
    ...again,
    ...(again.length > 0 ? [] : down(sample, limits.stopped_minutes, now)),
    ...health(sample, now),
    ...nodeNotReady(sample, now),
    ...disks(sample, limits, past.series, now),
    ...datastore(sample, limits.datastore_mib, past.series, now),
    ...events(sample, again.length > 0),
  ]
}

function health(sample: K3sSample, now: number): Observation<Code>[] {
  const { answers = {}, k3s, servers = [] } = sample
  const unit = k3s?.unit ?? 'k3s'
  const found: Observation<Code>[] = []
  if (answers.api && !answers.api.well) {
    const { said, since, seen } = answers.api
    const who =
      k3s?.role === 'agent'
        ? `The API${servers[0] ? ` (${list(servers.slice(0, 3))})` : ''}, through this agent's load balancer,`
        : 'The API'
    found.push({
      code: 'k3s.api-unhealthy',
      subject: 'api',
      ...(!judged(answers.api, sample, now) && { starting: true as const }),
      at: since,
      ...(seen !== undefined && { wellAt: seen }),
      text: `${who} ${said ?? 'is not ready'}, since ${exactMoment(since)}.`,
      fix: [
        ...(k3s?.role === 'agent' && servers[0]
          ? [`See whether a server answers from here: \`curl -ksm5 https://${servers[0]}/ping\``]
          : []),
        `See what k3s logs: \`journalctl -u ${unit} -n 50 --no-pager\``,
        ...(k3s?.role === 'agent' ? [] : ["See which check fails: `kubectl get --raw '/readyz?verbose'`"]),
      ],
      ...evidenceOf(answers.api, sample, now),
    })
  }
  for (const part of ['kubelet', 'kube-proxy'] as const satisfies readonly Part[]) {
    const answer = answers[part]
    if (!answer || answer.well) continue
    found.push({
      code: 'k3s.kubelet-unhealthy',
      subject: part,
      ...(!judged(answer, sample, now) && { starting: true as const }),
      at: answer.since,
      ...(answer.seen !== undefined && { wellAt: answer.seen }),
      text: `The ${part === 'kubelet' ? 'kubelet' : 'kube-proxy of this node'} ${answer.said ?? 'is not healthy'}, since ${exactMoment(answer.since)}.`,
      fix: [
        `See what failed: \`journalctl -u ${unit} -n 100 --no-pager | grep -iE "${part === 'kubelet' ? 'kubelet' : 'proxier|kube-proxy'}"\``,
        `Restart k3s (containers keep running): \`systemctl restart ${unit}\``,
      ],
      ...evidenceOf(answer, sample, now),
    })
  }
  return found
}

/** What the answer shows; nothing during a start, when it is that of the start and not of what was wrong before it. */
function evidenceOf(
  { status, port, up }: Answer,
  { k3s }: K3sSample,
  now: number,
): Pick<Observation, 'evidence'> {
  if (status === undefined && port === undefined) return {}
  const start = k3s?.running?.since
  if (start !== undefined && up !== start && now - start < grace) return {}
  return { evidence: { ...(status !== undefined && { status }), ...(port !== undefined && { port }) } }
}

/**
 * Not judged during a start, unless it was unwell already before that, and for longer than a stop takes; but several
 * starts after one another are as one. A start is over once it was seen well. While k3s is stopped, `k3s.down` speaks
 * instead.
 */
function judged({ since, up, late }: Answer, { k3s, gone }: K3sSample, now: number): boolean {
  if (!k3s?.running) return gone !== undefined && since < gone
  const start = k3s.running.since
  return up === start || now - start >= grace || (late === true && since < start - stopping)
}

/**
 * Each event, for as long as it is remembered: if only the newest of a kind were, a second crash would end the first and
 * ring anew. While k3s restarts in a loop, single starts and crashes are not reported.
 */
function events({ happened = [], k3s }: K3sSample, restarts: boolean): Observation<Code>[] {
  const unit = k3s?.unit ?? 'k3s'
  const steps: Readonly<Partial<Record<Code, readonly string[]>>> = {
    'k3s.restarted': [`If nobody restarted k3s on purpose: \`journalctl -u ${unit} -n 50 --no-pager\``],
    'k3s.crashed': [`See why k3s crashed: ${lastWordsOf(unit)}`],
    'k3s.killed': k3s?.running
      ? [
          `See which pods are not back${k3s.role === 'agent' ? ' (on a server)' : ''}: \`kubectl get pods -A -o wide | grep -v Running\``,
        ]
      : [`Start k3s, which recreates network, rules and pods: \`systemctl start ${unit}\``],
  }
  const { at: killed = Number.POSITIVE_INFINITY } = happened.findLast((it) => it.code === 'k3s.killed') ?? {}
  const sinceThen = happened.filter((it) => it.code === 'k3s.restarted' && it.at >= killed)
  const impacts: Readonly<Partial<Record<Code, string>>> = k3s?.running
    ? {
        'k3s.killed':
          'k3s runs again and recreates network, rules and pods; databases recover from their logs as they start.',
        // No container was left that could have kept running.
        ...(sinceThen.length === 1 && { 'k3s.restarted': 'k3s recreates network, rules and pods.' }),
      }
    : {}
  return happened
    .filter((it) => !(restarts && (it.code === 'k3s.restarted' || it.code === 'k3s.crashed')))
    .map(({ code, at, text, evidence }) => {
      const fix = steps[code]
      const impact = impacts[code]
      const subject = code === 'k3s.rebooted' ? 'node' : unit
      return {
        ...{ code, subject, at, text },
        ...(impact && { impact }),
        ...(fix && { fix }),
        ...(evidence && { evidence }),
      }
    })
}
