import { causes, declared, whileOpen } from '../../agent/model/index.ts'
import { hour, minute } from '../../agent/text/times.ts'
import {
  cutOff,
  endedByKill,
  endedForMemory,
  notForwarded,
  saysApi,
  saysBeyond,
  saysCertificates,
  saysFull,
  saysKilled,
  saysNames,
  saysNetwork,
  shutOut,
  shutOverlay,
} from './proofs.ts'
import { titles } from './titles.ts'

/**
 * How long a program may take to miss what it cannot reach any more, and to end often enough to count as a loop, ms:
 * probes and retries of a few minutes, then 10, 20 and 40 s of the kubelet's back-off.
 */
const noticed = 10 * minute

/**
 * Pods that cannot reach the API, DNS or each other exit and are restarted. Most crash loops have other reasons, so it
 * takes a line of the log that says so.
 */
const network = causes(
  ...(
    [
      'cni.bridge-missing',
      'cni.bridge-down',
      'cni.bridge-address',
      'cni.veth-orphaned',
      'firewall.kube-chains-missing',
    ] as const
  ).map((code) => ({ code, takes: noticed, proof: saysNetwork })),
  { code: 'firewall.blocks-k3s', takes: noticed, proof: shutOut },
  { code: 'firewall.blocks-k3s', takes: noticed, proof: shutOverlay, partly: true },
  { code: 'firewall.flushed', takes: noticed, proof: cutOff },
  { code: 'firewall.flushed', takes: noticed, proof: notForwarded, partly: true },
  // The API of a server, and of an agent by its load balancer, is this node's own: not reached over the overlay, nor
  // masqueraded, nor forwarded.
  { code: 'cni.forwarding-off', takes: noticed, proof: saysBeyond },
  // Only where what it misses is on another node, or outside of the cluster.
  ...(
    [
      'cni.overlay-missing',
      'cni.overlay-down',
      'cni.routes-missing',
      'cni.peer-unreachable',
      'firewall.flannel-rules-missing',
    ] as const
  ).map((code) => ({ code, takes: noticed, proof: saysBeyond, partly: true as const })),
  { code: 'cni.dns-dead', takes: noticed, proof: saysNames, unless: ['firewall.lockout'] },
)

/** Programs that use the API (controllers, ingress, DNS) exit when it refuses them. */
const api = causes(
  { code: 'certs.expired', takes: whileOpen, proof: saysCertificates },
  { code: 'k3s.api-unhealthy', takes: noticed, proof: saysApi },
  { code: 'k3s.down', takes: noticed, proof: saysApi },
)

/** What was killed may fail at its next start, a database hours later. */
const memory = causes(
  { code: 'memory.oom-killed', takes: 6 * hour, same: 'pod', proof: endedByKill, lingers: true },
  { code: 'memory.oom-system', takes: hour, proof: endedForMemory, lingers: true },
)

/** What was killed with k3s starts with it, and a database reads its log as the first thing. */
const startsWithK3s = causes(
  { code: 'k3s.restarted', takes: 5 * minute },
  { code: 'k3s.crashed', takes: 5 * minute },
)

/** A full disk stops databases; a killall kills every container without a clean stop. */
const node = causes(
  { code: 'k3s.disk-filling', takes: whileOpen, proof: saysFull },
  { code: 'k3s.killed', takes: hour, proof: saysKilled, triggers: startsWithK3s },
)

export const rules = declared({
  'pods.crash-looping': {
    severity: 'warning',
    title: 'CrashLoopBackOff',
    titleFor: titles.looping,
    meaning:
      'The kubelet restarted this container at least `restarts` times within `window_minutes`. Or it was restarted that often in all and is down now, waiting for the next try (CrashLoopBackOff: 10 s, doubling up to 5 min). Restarts are counted by the names of the log files under /var/log/pods, without the API. How it ended is what containerd wrote to disk. It is critical in kube-system, and where its log gives a critical reason.',
    measured:
      "The names in /var/log/pods and /var/log/containers, and containerd's status file of the container.",
    settings: ['restarts', 'window_minutes'],
    impact: 'What this container serves is down, or up only for moments.',
    // A pod that is deleted stands there as ended until the kubelet removes its logs, which it does once a minute.
    pendingFor: 90_000,
    fix: ['See which pods are not running (on a server): `kubectl get pods -A | grep -v Running`'],
    avoid: ["Don't delete its volume or scale it up: neither removes the reason."],
    because: [
      // The log names the reason, before the container ends or when it starts again.
      { code: 'pods.log-says', same: 'pod', takes: noticed },
      ...memory,
      ...node,
      ...api,
      ...network,
    ],
  },
  'pods.log-says': {
    severity: 'warning',
    title: 'container log reports a problem',
    titleFor: titles.says,
    meaning:
      "A line of a container's log matches a pattern that Murphy ships or that the settings add (`patterns`). A pattern of a program counts only in the form in which that program writes its own messages, so that what it logs of its clients decides nothing. A pattern of the settings counts anywhere. Only new lines are read, from /var/log/pods; pieces of long lines are joined and rotation is followed. What one round has no time for is read in the next, in turn, and reported meanwhile. It stays a finding for `hold_minutes` after the last such line, or until the log says that it is over. A log is written by the container itself: it can claim anything. Notified at once: what was written stays written.",
    measured:
      'What /var/log/pods/*/*/N.log has grown by since the last round, at most 256 MiB a round, of 500 containers.',
    settings: ['hold_minutes', 'patterns', 'ignore_patterns'],
    impact: 'As the quoted line says.',
    fix: ['Read the log of the container around that line with kubectl logs'],
    because: [...memory, ...node, ...api, ...network],
  },
})

export type PodsCode = keyof typeof rules
