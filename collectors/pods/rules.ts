import { causes, declared, whileOpen } from '../../agent/model/index.ts'
import { hour, minute } from '../../agent/text/times.ts'
import {
  cutOff,
  endedByKill,
  endedForMemory,
  saysApi,
  saysBeyond,
  saysCertificates,
  saysFull,
  saysKilled,
  saysNames,
  saysNetwork,
} from './proofs.ts'

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
      'firewall.ufw-blocks-k3s',
    ] as const
  ).map((code) => ({ code, takes: noticed, proof: saysNetwork })),
  { code: 'firewall.flushed', takes: noticed, proof: cutOff },
  // The API of a server, and of an agent by its load balancer, is this node's own: not reached over the overlay, nor
  // masqueraded, nor forwarded.
  ...(
    [
      'cni.forwarding-off',
      'cni.overlay-missing',
      'cni.overlay-down',
      'cni.routes-missing',
      'firewall.flannel-rules-missing',
    ] as const
  ).map((code) => ({ code, takes: noticed, proof: saysBeyond })),
  { code: 'cni.dns-dead', takes: noticed, proof: saysNames },
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

/** A full disk stops databases; a killall kills every container without a clean stop. */
const node = causes(
  { code: 'k3s.disk-filling', takes: whileOpen, proof: saysFull },
  { code: 'k3s.killed', takes: hour, proof: saysKilled },
)

export const rules = declared({
  'pods.crash-looping': {
    severity: 'warning',
    title: 'a container ends again and again',
    meaning:
      'The kubelet started this container again as often as `restarts` says within `window_minutes`, or it has been started again that often in all and is down now, waiting for the next try (CrashLoopBackOff: 10 s, doubling up to 5 min). Restarts are counted by the names of the log files under /var/log/pods, without the API; how it ended is what containerd wrote to its disk. It is critical in kube-system, and where its log says why and that is critical.',
    measured:
      "The names in /var/log/pods and /var/log/containers, and containerd's status file of the container.",
    settings: ['restarts', 'window_minutes'],
    impact: 'What it serves is not there, or only for moments.',
    // A pod that is deleted stands there as ended until the kubelet removes its logs, which it does once a minute.
    pendingFor: 90_000,
    fix: ['See which: `kubectl get pods -A | grep -v Running`'],
    avoid: [
      'Delete its volume or scale it up: what makes it end is still there, and a volume that is gone is gone.',
    ],
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
    title: 'the log of a container says what is wrong',
    meaning:
      'A line that a container wrote fits one of the patterns that Murphy ships or that the settings add (`patterns`). A pattern of a program counts only in the form in which that program writes its own messages, so that what it writes of its clients decides nothing; a pattern of the settings counts anywhere. Only what logs grow by is read, from /var/log/pods, with pieces of long lines put together and rotation followed; what there is no time for is read in the next look, every pod having its share, and said meanwhile. It stays a finding for `hold_minutes` after the last such line, or until the log says that it is over. A log is written by the container itself: it can claim anything. Notified at once: what was written stays written.',
    measured:
      'What /var/log/pods/*/*/N.log has grown by since the last look, at most 256 MiB in one look, of 500 containers.',
    settings: ['hold_minutes', 'patterns', 'ignore_patterns'],
    impact: 'What the line says; see the text.',
    fix: ['Read the log around it: `kubectl logs` with the names in the subject'],
    because: [...memory, ...node, ...api, ...network],
  },
})

export type PodsCode = keyof typeof rules
