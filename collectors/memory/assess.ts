import type { Observation, Pod } from '../../agent/model/index.ts'
import { size } from '../../agent/text/sizes.ts'
import { iso } from '../../agent/text/times.ts'
import type { Thresholds } from './filling.ts'
import { filling } from './filling.ts'
import type { Victim } from './history/victims.ts'
import { again, missing, storming } from './kill-patterns.ts'
import type { MemoryCode } from './rules.ts'
import type { MemorySample } from './sample.ts'
import { times } from './text.ts'
import { wentDown } from './went-down.ts'

/** How many names a text lists; the rest is a number. */
const mostNames = 6

export function assess(
  sample: MemorySample,
  hold: number,
  thresholds: Thresholds,
  now: number,
): Observation<MemoryCode>[] {
  const victims = sample.victims.filter((it) => it.until >= now)
  const { node } = sample
  return [
    ...(node && node.until >= now ? [starved(node, victims)] : []),
    ...storming(sample, now),
    ...victims.map(killed),
    ...again(sample, hold, now),
    ...missing(sample, now),
    ...wentDown(sample, now),
    ...filling(sample, thresholds, now),
  ]
}

function starved(node: NonNullable<MemorySample['node']>, victims: readonly Victim[]) {
  const names = victims
    .filter((it) => it.byNode !== undefined)
    .sort((a, b) => b.last - a.last)
    .map((it) => (it.pod ? `${it.comm} (${it.subject})` : it.subject.replace(/^process /, '')))
  const shown = names.slice(0, mostNames).join(', ')
  const more = names.length > mostNames ? ` and ${names.length - mostNames} more` : ''
  return {
    code: 'memory.oom-system',
    subject: 'node',
    text: `${times(node)}, because the node had no memory left: ${shown || 'victims unknown'}${more}.`,
    at: node.first,
    wellAt: node.first,
    latest: node.last,
    evidence: { kills: node.kills, last: iso(node.last) },
  } as const
}

function killed(it: Victim): Observation<MemoryCode> {
  const { pod, rank } = it
  const advice = rank === 'node' ? ofNode(it) : rank === 'database' ? ofDatabase(it) : pod && ofPod(pod)
  return {
    code: 'memory.oom-killed',
    subject: it.subject,
    text: sentence(it),
    ...(rank && { severity: 'critical' as const }),
    ...advice,
    ...(pod && { pod }),
    at: it.first,
    wellAt: it.first,
    latest: it.last,
    evidence: {
      kills: it.kills,
      ...(it.processes !== undefined && { processes: it.processes }),
      ...(it.byNode !== undefined && { 'because the node ran out': it.byNode }),
      last: iso(it.last),
      ...(it.pid > 0 && { process: it.comm, pid: it.pid }),
      ...(it.uid !== undefined && { uid: it.uid }),
      ...(it.rss !== undefined && { 'anonymous memory': size(it.rss) }),
      ...(it.adj !== undefined && { oom_score_adj: it.adj }),
      ...(it.limit !== undefined && { limit: size(it.limit) }),
      ...(it.constraint !== undefined && { constraint: it.constraint }),
    },
  }
}

function sentence(it: Victim): string {
  const limit =
    it.byNode === it.kills
      ? ', because the node had no memory left'
      : it.limit !== undefined
        ? `, limit ${size(it.limit)}${it.limitOf ? ` (of ${it.limitOf})` : ''}`
        : ''
  const bare = it.unrecorded ?? 0
  if (bare === it.kills)
    return `${times(it)}, by the count of its cgroup: the kernel's log was overwritten before it was read.`
  const held = it.rss === undefined ? '' : ` with ${size(it.rss)}`
  const all = it.processes === undefined ? '' : `; ${it.processes} processes in all`
  const counted = bare === 0 ? '' : `; ${bare} by the count of its cgroup only`
  const sure = it.inferred
    ? `; ${it.inferred === it.kills ? 'all' : it.inferred} by the name of the process only, as the kernel leaves out the rest when there are many`
    : ''
  return `${times(it)}${limit}; ${it.kills === 1 ? '' : 'last '}${it.comm} (pid ${it.pid})${held}${all}${sure}${counted}.`
}

const describe = ({ namespace, name }: Pod) =>
  `See its limit, its restarts and how it ended: \`kubectl -n ${namespace} describe pod ${name}\``

function ofPod(pod: Pod) {
  const { namespace, name } = pod
  return {
    fix: [
      describe(pod),
      `See what it uses now: \`kubectl -n ${namespace} top pod ${name} --containers\``,
      `Raise \`resources.limits.memory\`${pod.container ? ` of container ${pod.container}` : ''} in the workload that made the pod, or find what grows in it`,
    ],
  }
}

function ofDatabase({ pod, comm }: Victim) {
  const container = pod?.container ? ` -c ${pod.container}` : ''
  const look = pod
    ? [
        `Read its log before restarting anything: \`kubectl -n ${pod.namespace} logs ${pod.name}${container} --previous --tail=100\``,
        'Once it has recovered by itself, raise its limit, or lower what it takes for buffers and connections',
        describe(pod),
      ]
    : [
        'Read its log before restarting anything: `journalctl -n 200 --no-pager`',
        'Once it has recovered by itself, give it more memory, or lower what it takes for buffers and connections',
      ]
  return {
    impact: `${comm} is a database: it was stopped in the middle of its work and has to recover before it serves again. Killed again while it recovers, it may not come back.`,
    fix: look,
    avoid: ['Delete its volume or its lock and log files to make it start: they are what it recovers from.'],
  }
}

function ofNode({ comm }: Victim) {
  const k3s = /^(k3s|containerd|kubelet|kube-)/.test(comm)
  return {
    impact: k3s
      ? 'k3s, or what keeps its containers, is gone until systemd starts it again; nobody looks after the pods meanwhile.'
      : 'The node depends on it; systemd starts it again, if its unit says so.',
    fix: [
      ...(k3s
        ? ['See whether k3s is back: `systemctl status k3s k3s-agent --no-pager`']
        : ['See whether it is back: `systemctl --failed`']),
      'See what holds the memory: `ps -eo rss,pid,comm --sort=-rss | head -15`',
      'Leave memory for the node itself: limits for the biggest pods, or `kubelet-arg: system-reserved=memory=…` in the k3s config',
    ],
    avoid: ['Reboot or run `k3s-killall.sh` to make room: what took the memory comes back with the pods.'],
  }
}
