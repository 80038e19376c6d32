import { causes, declared, whileOpen } from '../../agent/model/index.ts'
import { minute, second } from '../../agent/text/times.ts'
import { flushedFilter } from '../node/flushed.ts'
import { ofNode } from '../node/own-certificates.ts'
import {
  both,
  diedOfKill,
  endedForCertificates,
  endedForSpace,
  failedOnFull,
  hasFailed,
  howItEnded,
  isFull,
  ofK3s,
  panickedAtLink,
  saysUnauthorized,
  shutOff,
} from './proofs.ts'
import { ofNode as ofThisNode } from './rules-node.ts'
import { lastWordsOf, linesOf } from './text.ts'
import { titles } from './titles.ts'

/** Without valid certificates a start of k3s fails, or the API refuses those who come with them. */
const certificates = causes(
  { code: 'certs.expired', takes: whileOpen, proof: ofNode },
  { code: 'certs.not-yet-valid', takes: whileOpen, proof: ofNode },
  { code: 'certs.chain-broken', takes: whileOpen },
)
/** A full disk, on which k3s cannot write, and the kernel killing k3s itself. */
const noRoom = causes(
  { code: 'k3s.disk-filling', takes: whileOpen, grave: true, proof: isFull },
  { code: 'memory.oom-killed', proof: ofK3s },
)
/** In the first minutes after a start the API and the kubelet are asked at every look. As long as k3s does not run, the last answer stands. */
const started = 90 * second
/** What breaks both the API and the kubelet. A DROP on INPUT also drops packets over loopback. */
const unwell = causes(
  // Only where a flush left the policy alone: then loopback is dropped too. A rule that is missing for SSH drops SSH.
  { code: 'firewall.lockout', triggers: flushedFilter },
  { code: 'k3s.restarting', takes: started },
  { code: 'k3s.down', takes: started },
  { code: 'k3s.killed', takes: started },
  { code: 'k3s.rebooted', takes: started },
  // From the start on each look asks: what was well after it is not unwell by it.
  { code: 'k3s.restarted' },
  { code: 'k3s.crashed' },
  { code: 'memory.oom-killed', proof: ofK3s },
)

/**
 * How long until a crash at each start is known to be one, ms: `RestartSec` is 5 s, and what is wrong with the settings
 * ends k3s within seconds. So one message tells of it, and not one of a crash and one of the loop.
 */
const loopShown = 45_000

const leaveTheData =
  "Don't delete anything in /var/lib/rancher/k3s: its datastore and CAs can't be recreated."
const noReboot = "Don't reboot: pod networking can't be rebuilt until the API is back."
/** Of an agent too, while the API may be well. */
const keepPods = "Don't reboot: pods stop, and only a running k3s starts them again."

export type Code =
  | 'k3s.down'
  | 'k3s.restarting'
  | 'k3s.api-unhealthy'
  | 'k3s.kubelet-unhealthy'
  | 'k3s.node-not-ready'
  | 'k3s.disk-filling'
  | 'k3s.datastore-growing'
  | 'k3s.restarted'
  | 'k3s.crashed'
  | 'k3s.killed'
  | 'k3s.rebooted'
  | 'k3s.certificates-rotated'

export const rules = declared({
  'k3s.down': {
    severity: 'critical',
    title: 'k3s not running',
    titleFor: titles.down,
    meaning:
      'k3s is enabled or has been seen running, but no k3s process exists. The state of its systemd unit decides. A failed unit, or one that never finishes starting, is reported after a minute. What was stopped by hand is reported after `stopped_minutes`, as a warning. A unit that was stopped and is not enabled is fine.',
    measured:
      "The processes in /proc, k3s's unit files, and `systemctl show` when the process is another than before.",
    settings: ['stopped_minutes'],
    impact:
      'Running containers keep running, but nothing starts, restarts or moves them. The node becomes NotReady; without another server the API is down.',
    fix: [
      'See why k3s ended (on an agent the unit is k3s-agent): `journalctl -u k3s -n 50 --no-pager`',
      'Start k3s (on an agent k3s-agent): `systemctl start k3s`',
    ],
    avoid: [keepPods, leaveTheData],
    pendingFor: minute,
    because: [
      { code: 'k3s.restarting', takes: whileOpen, proof: hasFailed },
      { code: 'k3s.crashed', takes: 2 * minute, proof: hasFailed },
      { code: 'k3s.killed', takes: 2 * minute },
      { code: 'k3s.rebooted', takes: minute },
      // Somebody who stops it is no failure.
      { code: 'k3s.disk-filling', takes: whileOpen, grave: true, proof: failedOnFull },
      { code: 'memory.oom-killed', proof: ofK3s },
      ...certificates.map((it) => ({ ...it, proof: both(it.proof, hasFailed) })),
    ],
  },
  'k3s.restarting': {
    severity: 'critical',
    title: 'k3s keeps restarting',
    titleFor: titles.restarting,
    meaning:
      'systemd restarted k3s at least three times within 15 minutes, and k3s has not run for five minutes since. Starts by hand do not count. Without systemd, five starts of any kind count.',
    measured: '`NRestarts` of `systemctl show`, or new processes where there is no systemd.',
    impact:
      'On a server the API is down most of the time. Running containers keep running, but nothing restarts or moves them.',
    pendingFor: 10_000,
    fix: [
      `See why k3s ends (on an agent the unit is k3s-agent): ${linesOf('k3s')}`,
      'See whether the disk is full: `df -h /var/lib/rancher/k3s`',
      'See whether the clock is wrong: `timedatectl`',
    ],
    avoid: [keepPods, leaveTheData],
    // Three crashes or more within a quarter of an hour.
    because: [
      { code: 'k3s.crashed', takes: 15 * minute, proof: howItEnded },
      { code: 'k3s.crashed', takes: 15 * minute },
      ...noRoom,
      ...certificates,
    ],
  },
  'k3s.api-unhealthy': {
    severity: 'critical',
    title: 'Kubernetes API not ready',
    titleFor: titles.api,
    meaning:
      "k3s has run for three minutes, but the API does not answer `/readyz` with 200 to this node's own certificate. An agent asks through its own load balancer. `/ping` shows whether k3s itself still answers. Asked every minute, over loopback.",
    measured:
      '`/readyz` over HTTPS with `client-kubelet.crt`, and `/ping`, 5 s each; while all is well, in every third round.',
    impact: 'kubectl and controllers fail; nothing is scheduled or repaired. Running pods keep running.',
    fix: [
      'See what k3s logs: `journalctl -u k3s -n 50 --no-pager`',
      "On a server, see which check fails: `kubectl get --raw '/readyz?verbose'`",
    ],
    avoid: [noReboot],
    // A restart of k3s v1.36: 15 s, counted from the stop.
    pendingFor: minute,
    because: [
      ...unwell,
      { code: 'k3s.disk-filling', takes: whileOpen, grave: true, proof: isFull },
      { code: 'certs.api-unauthorized', proof: saysUnauthorized },
      { code: 'firewall.blocks-k3s', takes: whileOpen, proof: shutOff },
    ],
  },
  'k3s.kubelet-unhealthy': {
    severity: 'critical',
    title: 'kubelet or kube-proxy not healthy',
    titleFor: titles.part,
    meaning:
      'k3s has run for three minutes, but the kubelet (127.0.0.1:10248) or kube-proxy (127.0.0.1:10256) does not answer `/healthz` with 200. What is switched off is not judged; kube-proxy only where it has answered before.',
    measured: '`/healthz` over HTTP on loopback, 5 s each; while all is well, in every third round.',
    impact:
      'Without the kubelet the node becomes NotReady and starts or stops no pods. Without kube-proxy this node cannot reach new services or moved pods.',
    fix: [
      'See what failed (on an agent the unit is k3s-agent): `journalctl -u k3s -n 100 --no-pager | grep -iE "kubelet|proxier"`',
      'Restart k3s (on an agent k3s-agent), containers keep running: `systemctl restart k3s`',
    ],
    avoid: ["Don't reboot: it stops all pods, a restart of k3s does not."],
    pendingFor: minute,
    // Its /healthz needs neither the API nor room on a disk.
    because: unwell,
  },
  ...ofThisNode,
  'k3s.disk-filling': {
    severity: 'warning',
    title: 'k3s disk nearly full',
    titleFor: titles.disk,
    meaning:
      "A file system of k3s, its containers or their volumes is at least `disk_percent` full, in bytes or inodes. Or by the trend of the last days it will be full within `disk_days` (from 70 % on). It is critical at 95 % of the bytes, where k3s's kubelet begins to evict pods, or earlier where its own settings say so (`evictionHard` of its flags and drop-ins). It is also critical at 98 % of the inodes, and when the forecast is within six hours. On a disk that holds neither pods nor images nothing is evicted. From 85 % on the kubelet deletes unused images by itself, if not set otherwise.",
    measured:
      'statfs of the folders of k3s, its datastore, containerd, local volumes, kubelet and pod logs; the forecast from the last three days. While all is well, in every third round.',
    settings: ['disk_percent', 'disk_days'],
    impact:
      'Once full, databases stop or panic, the k3s datastore fails, pods are evicted and images not pulled.',
    fix: [
      'See which disk is full: `df -h`',
      'See what takes the space: `du -xh --max-depth=3 /var/lib/rancher/k3s | sort -h | tail -n 20`',
      'Delete images that no container uses: `k3s crictl rmi --prune`',
      'Shrink the journal: `journalctl --vacuum-size=500M`',
    ],
    avoid: ["Don't delete files of containerd, server/db or a database (pg_wal): they can't be recreated."],
    pendingFor: 2 * minute,
  },
  'k3s.datastore-growing': {
    severity: 'warning',
    title: 'k3s datastore too large',
    titleFor: titles.datastore,
    meaning:
      'The datastore of this server (SQLite with its write-ahead log, or etcd) is larger than `datastore_mib`; for etcd, than three quarters of its quota. Or by its trend it will be so within a week. An external database is not seen.',
    measured:
      "The sizes of server/db/state.db and its -wal, or of etcd's member/snap/db; the forecast from the last seven days. While all is well, in every third round.",
    settings: ['datastore_mib'],
    impact:
      'The API becomes slow. At its quota (2 GiB by default) etcd refuses every write; SQLite grows until the disk is full.',
    fix: [
      'See which objects there are most of: `kubectl get --raw /metrics | grep apiserver_storage_objects | sort -t" " -k2 -n | tail`',
      'Count the events, which are often the reason: `kubectl get events -A --no-headers | wc -l`',
    ],
    avoid: [leaveTheData],
    pendingFor: 10 * minute,
  },
  'k3s.restarted': {
    severity: 'info',
    title: 'k3s restarted',
    titleFor: titles.restarted,
    meaning:
      'The k3s process is a new one since the last round, on the same boot, and the one before did not fail. Somebody restarted k3s or asked it to stop. A restart is harmless by itself. It is remembered for five minutes, so that what does not come back is reported with it. Each start is an event of its own. Notified at once: it happened.',
    measured:
      "Process id and start time of k3s in /proc; after a start by systemd itself, systemd's entries in the journal.",
    impact: 'Containers kept running. What is listed as affected has not come back since.',
    fix: [
      'If nobody restarted k3s on purpose (on an agent the unit is k3s-agent): `journalctl -u k3s -n 50 --no-pager`',
    ],
    event: true,
  },
  'k3s.crashed': {
    severity: 'warning',
    title: 'k3s crashed',
    titleFor: titles.crashed,
    meaning:
      'k3s ended by itself, with an exit code other than 0 or by a signal, and systemd started it again. A restart that somebody asked for is `k3s.restarted`; what fails again and again is `k3s.restarting`. It is remembered for five minutes. Notified after 45 s: what crashes at each start is `k3s.restarting` by then. flannel, a part of k3s, panics when its link vanishes (flannel 0.28.4, `vxlan_network.go:217`).',
    measured:
      "`NRestarts` of `systemctl show`, and the journal: systemd's own entry on how the process ended, and the last lines of k3s before it.",
    impact:
      'While k3s was down, the API and the kubelet did not answer; containers kept running. The same crash may happen again.',
    fix: [`See why k3s crashed (on an agent the unit is k3s-agent): ${lastWordsOf('k3s')}`],
    pendingFor: loopShown,
    event: true,
    because: [
      { code: 'cni.overlay-missing', proof: panickedAtLink },
      { code: 'k3s.disk-filling', takes: whileOpen, grave: true, proof: endedForSpace },
      { code: 'memory.oom-killed', proof: diedOfKill },
      ...certificates.map((it) => ({ ...it, proof: both(it.proof, endedForCertificates) })),
    ],
  },
  'k3s.killed': {
    severity: 'info',
    title: 'k3s and all containers killed',
    titleFor: titles.killed,
    meaning:
      "k3s was stopped, and all containers, the pod bridge and flannel's device of its last run are gone. `k3s-killall.sh` does this, whether k3s was started again since or not. It kills databases without a clean stop, and removes the firewall rules of Kubernetes. It is remembered for five minutes. Notified at once: it happened.",
    measured:
      "The root file systems of containers in containerd's folder and the links in /sys/class/net, against the last round in which k3s ran.",
    impact: 'No pod runs on this node until k3s is started. Databases then recover from their logs.',
    fix: [
      'Start k3s (on an agent k3s-agent), which recreates network, rules and pods: `systemctl start k3s`',
    ],
    event: true,
  },
  'k3s.rebooted': {
    severity: 'info',
    title: 'node rebooted',
    meaning:
      "The kernel's boot id has changed since the last round. After a boot, k3s recreates pod network, firewall rules and containers, which takes a few minutes. It is remembered for five minutes. Notified at once: it happened.",
    measured: '/proc/sys/kernel/random/boot_id, and `btime` of /proc/stat.',
    impact: 'All containers were restarted.',
    fix: [
      'If nobody rebooted on purpose, see the last lines before that: `journalctl -b -1 -n 50 --no-pager`',
      "See who asked for it: `journalctl -b -1 --no-pager -g 'reboot|shutdown|poweroff' | tail -n 20`",
    ],
    event: true,
  },
  'k3s.certificates-rotated': {
    severity: 'info',
    title: 'k3s renewed its certs',
    meaning:
      "The server's own client certificate (server/tls/client-admin.crt) was replaced, by a start within the renewal window or after `k3s certificate rotate`. It is remembered for five minutes. Notified at once: it happened.",
    measured: 'The change time of server/tls/client-admin.crt.',
    impact: 'Copies of the kubeconfig still hold the old cert and stop working when that expires.',
    fix: [
      'Once all servers have restarted, on each agent: `systemctl restart k3s-agent`',
      'Replace each copy of /etc/rancher/k3s/k3s.yaml that kubectl uses elsewhere',
    ],
    event: true,
  },
})
