import type { Observation, Pod } from '../../agent/model/index.ts'
import { size } from '../../agent/text/sizes.ts'
import { iso } from '../../agent/text/times.ts'
import type { Thresholds } from './filling.ts'
import { filling } from './filling.ts'
import type { Victim } from './history/victims.ts'
import { again, missing, storming } from './kill-patterns.ts'
import type { MemoryCode } from './rules.ts'
import type { MemorySample } from './sample.ts'
import { howKilled, times } from './text.ts'
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
    text: `${times(node)}, as the node had no memory left: ${shown || 'victims unknown'}${more}.`,
    at: node.first,
    wellAt: node.first,
    latest: node.last,
    evidence: { kills: node.kills, last: iso(node.last) },
  } as const
}

function killed(it: Victim): Observation<MemoryCode> {
  const { pod, rank } = it
  const advice =
    rank === 'node'
      ? ofNode(it)
      : rank === 'database'
        ? ofDatabase(it)
        : it.byNode === it.kills
          ? byNode
          : pod && ofPod(pod)
  return {
    code: 'memory.oom-killed',
    subject: it.subject,
    text: `${times(it)}${howKilled(it)}.`,
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

const describe = ({ namespace, name }: Pod) =>
  `See its limit, restarts and exit code (on a server): \`kubectl -n ${namespace} describe pod ${name}\``

function ofPod(pod: Pod) {
  const { namespace, name } = pod
  return {
    fix: [
      describe(pod),
      `See what it uses now (on a server): \`kubectl -n ${namespace} top pod ${name} --containers\``,
      `Raise resources.limits.memory${pod.container ? ` of container ${pod.container}` : ''} in its workload, or find what grows in it`,
    ],
  }
}

function ofDatabase({ pod, comm }: Victim) {
  const container = pod?.container ? ` -c ${pod.container}` : ''
  const look = pod
    ? [
        // Its container may have lived on: then there is no log of a previous one.
        `See whether it recovers, before you restart anything (on a server): \`kubectl -n ${pod.namespace} logs ${pod.name}${container} --tail=100\``,
        'Once it has recovered, raise its limit, or lower its buffers and connections',
        describe(pod),
      ]
    : [
        'Read its log before you restart anything: `journalctl -n 200 --no-pager`',
        'Once it has recovered, give it more memory, or lower its buffers and connections',
      ]
  return {
    impact: `${comm || 'It'} is a database and must recover before it serves again. Another kill during recovery may leave it unable to start.`,
    fix: look,
    avoid: ["Don't delete its volume, lock or log files: recovery needs them."],
  }
}

/** Its own limit was not reached: raising that would not help. */
const byNode = {
  impact: 'Its own limit was not reached. It may be killed again until the node has memory available.',
  fix: [
    'See which processes use most: `ps -eo rss,pid,comm --sort=-rss | head -15`',
    'Give the largest pods a limit (resources.limits.memory), or move one to another node',
  ],
}

function ofNode({ comm }: Victim) {
  const k3s = /^(k3s|containerd|kubelet|kube-)/.test(comm)
  return {
    impact: k3s
      ? 'Nothing managed the pods until systemd started k3s or containerd again.'
      : 'The node depends on this process; systemd restarts it only if its unit says so.',
    fix: [
      ...(k3s
        ? ['See whether k3s is back: `systemctl status k3s k3s-agent --no-pager`']
        : ['See whether its unit failed: `systemctl --failed`']),
      'See which processes use most: `ps -eo rss,pid,comm --sort=-rss | head -15`',
      'Give the largest pods a limit, or reserve memory (kubelet-arg: system-reserved=memory=500Mi in the k3s config)',
    ],
    avoid: ["Don't reboot or run `k3s-killall.sh` for room: the memory fills again with the pods."],
  }
}
