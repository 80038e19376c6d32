import type { Observation } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { list } from '../../agent/text/lists.ts'
import { plain } from '../../agent/text/sanitize.ts'
import { quoted } from '../../agent/text/shell.ts'
import { exactMoment, minute } from '../../agent/text/times.ts'
import { type Reason, reasonOf } from './node-reason.ts'
import type { NodeState } from './node-state.ts'
import type { Code } from './rules.ts'
import type { K3sSample } from './sample.ts'
import { prune } from './text.ts'

/** As long as k3s gets to start: its kubelet waits for containerd and the CNI. */
const starts = 3 * minute
/** Whoever removes a node deletes its object first, and switches it off minutes later. */
const removal = 10 * minute

/** Whether this node is not Ready for the cluster, or under pressure, and why. Pure. */
export function nodeNotReady(sample: K3sSample, now: number): Observation<Code>[] {
  const { node, k3s, answers = {} } = sample
  if (!node || !k3s || (node.ready && node.pressures.length === 0)) return []
  if (node.gone !== undefined) return deleted(node, k3s, node.gone, now)
  const { name, ready, condition, stale } = node
  const reason = reasonOf(node)
  const since = condition?.since === undefined ? undefined : Math.min(condition.since, now)
  const isStarting = !k3s.running || now - k3s.running.since < starts
  const alive = !ready && reason !== 'shutdown' && answers.kubelet?.well
  return [
    {
      code: 'k3s.node-not-ready',
      subject: name,
      ...(since !== undefined && { at: since }),
      ...((isStarting || stale) && { starting: true as const }),
      ...(ready && { severity: 'warning' as const, impact: impactOfPressure }),
      text: [
        said(node, reason, now),
        ...(alive ? ['Its /healthz answers ok all the same.'] : []),
        ...taintsOf(node),
      ].join(' '),
      fix: fixOf(reason, k3s),
      evidence: { reason, ...(condition?.reason && { says: plain(condition.reason, 60) }) },
    },
  ]
}

/** Seldom an accident: `kubectl delete node` is how a node is removed. Where its k3s was then stopped, that is done. */
function deleted(
  { name, stale }: NodeState,
  { unit, running }: NonNullable<K3sSample['k3s']>,
  gone: number,
  now: number,
): Observation<Code>[] {
  if (!running) return []
  return [
    {
      code: 'k3s.node-not-ready',
      subject: name,
      severity: 'warning',
      at: gone,
      ...((now - gone < removal || stale) && { starting: true as const }),
      text: `The cluster has no Node ${name} since ${exactMoment(gone)}: it was deleted, and k3s still runs here.`,
      impact: 'The cluster schedules nothing here any more, and deletes the pods that it had here.',
      fix: [
        `If you removed it on purpose, stop k3s here: \`systemctl disable --now ${unit}\``,
        `Only if it is to stay, restart k3s, which registers the node again: \`systemctl restart ${unit}\``,
      ],
      avoid: ["Don't reboot or restart k3s if you removed it: either registers the node again."],
      evidence: { reason: 'deleted' },
    },
  ]
}

const impactOfPressure =
  'No new pods are scheduled here, and the kubelet evicts pods until there is room again.'

function said({ name, condition, pressures, renewed, ready }: NodeState, reason: Reason, now: number) {
  if (ready) return `${name} has ${list(pressures)}.`
  const since = condition?.since === undefined ? '' : ` since ${exactMoment(condition.since)}`
  if (reason === 'silent') {
    const last =
      renewed === undefined ? '' : `; it renewed its Lease ${duration(Math.max(0, now - renewed))} ago`
    return `The cluster shows ${name} as NotReady${since}: the kubelet does not report${last}.`
  }
  const why = plain(condition?.message || condition?.reason || 'no reason', 200)
  return `The cluster shows ${name} as NotReady${since}; the kubelet says: "${why}".`
}

/** Those that keep pods away or end them, beside what the node controller adds for NotReady itself. */
function taintsOf({ taints }: NodeState): string[] {
  const more = taints.filter((it) => /^node\.kubernetes\.io\/[a-z-]+-pressure:/.test(it))
  return more.length > 0 ? [`Taints: ${list(more.slice(0, 3))}.`] : []
}

function fixOf(reason: Reason, k3s: NonNullable<K3sSample['k3s']>): readonly string[] {
  const { unit, dataDir } = k3s
  const restart = `Restart k3s (containers keep running): \`systemctl restart ${unit}\``
  const log = `See what the kubelet says: \`journalctl -u ${unit} -n 100 --no-pager | grep -iE "kubelet|proxier"\``
  const containerd = `See what containerd says: \`tail -n 50 ${quoted(`${dataDir}/agent/containerd/containerd.log`)}\``
  switch (reason) {
    case 'runtime':
    case 'pleg':
      return [containerd, restart]
    case 'network':
      return ['See what is missing of the pod network: `agent network`', containerd, restart]
    case 'disk':
      return ['See which disk is full: `df -h`', `Delete images that no container uses: ${prune(k3s)}`]
    case 'memory':
      return ['See which processes use most memory: `ps -eo rss,pid,comm --sort=-rss | head -15`']
    case 'pids':
      return ['See which processes have most threads: `ps -eo nlwp,pid,comm --sort=-nlwp | head -15`']
    case 'shutdown':
      return ['See who ordered it: `systemctl list-jobs`']
    default:
      return [log, restart]
  }
}
