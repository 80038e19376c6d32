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
  isFull,
  ofK3s,
  panickedAtLink,
  saysUnauthorized,
} from './proofs.ts'
import { linesOf } from './text.ts'

/** Without valid certificates a start of k3s fails, or the API refuses those who come with them. */
const certificates = causes(
  { code: 'certs.expired', takes: whileOpen, proof: ofNode },
  { code: 'certs.not-yet-valid', takes: whileOpen, proof: ofNode },
  { code: 'certs.chain-broken', takes: whileOpen },
)
/** A full disk, on which k3s cannot write, and the kernel killing k3s itself. */
const noRoom = causes(
  { code: 'k3s.disk-filling', takes: whileOpen, proof: isFull },
  { code: 'memory.oom-killed', proof: ofK3s },
)
/** The API and the kubelet are asked at every third look while well … */
const judged = 4 * minute
/** … and at every look in the first minutes after a start. */
const started = 90 * second
/** What breaks both the API and the kubelet. A DROP on INPUT also drops packets over loopback. */
const unwell = causes(
  // Only where a flush left the policy alone: then loopback is dropped too. A rule that is missing for SSH drops SSH.
  { code: 'firewall.lockout', takes: judged, triggers: flushedFilter },
  { code: 'k3s.restarting', takes: started },
  { code: 'k3s.down', takes: started },
  { code: 'k3s.killed', takes: started },
  { code: 'k3s.rebooted', takes: started },
  { code: 'k3s.restarted', takes: started },
  { code: 'k3s.crashed', takes: started },
  ...noRoom,
)

const leaveTheData =
  'Delete anything under the data folder of k3s (/var/lib/rancher/k3s): the datastore and the certificates cannot be made again.'
const noReboot =
  'Reboot to see whether it helps: the network of running pods is gone after that, and comes back only with a working API.'

export type Code =
  | 'k3s.down'
  | 'k3s.restarting'
  | 'k3s.api-unhealthy'
  | 'k3s.kubelet-unhealthy'
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
    title: 'k3s is not running',
    meaning:
      'k3s is installed and starts with the machine, or has been seen running, and no process of it is there. What systemd says of the unit decides: failed, or not running although systemd is still starting it, is told after a minute; what was stopped by hand is told after `stopped_minutes` and is a warning. Nothing is said of a unit that was stopped and is not enabled.',
    measured:
      "The processes in /proc, k3s's unit files, and `systemctl show` when the process is another than before.",
    settings: ['stopped_minutes'],
    impact:
      'Containers go on running, but nothing starts, restarts or moves them here; the node turns NotReady, on a server without others the API is gone.',
    fix: [
      '`journalctl -u k3s -n 50 --no-pager` (on an agent `k3s-agent`): why it ended',
      '`systemctl start k3s` (on an agent `k3s-agent`)',
    ],
    avoid: [noReboot, leaveTheData],
    pendingFor: minute,
    because: [
      { code: 'k3s.restarting', takes: whileOpen, proof: hasFailed },
      { code: 'k3s.crashed', takes: 2 * minute, proof: hasFailed },
      { code: 'k3s.killed', takes: 2 * minute },
      { code: 'k3s.rebooted', takes: minute },
      // Somebody who stops it is no failure.
      { code: 'k3s.disk-filling', takes: whileOpen, proof: failedOnFull },
      { code: 'memory.oom-killed', proof: ofK3s },
      ...certificates.map((it) => ({ ...it, proof: both(it.proof, hasFailed) })),
    ],
  },
  'k3s.restarting': {
    severity: 'critical',
    title: 'k3s keeps restarting',
    meaning:
      'systemd has started k3s again by itself three times or more within a quarter of an hour, and it has not run for five minutes since. Starts by hand do not count; where there is no systemd, five starts of any kind do.',
    measured: '`NRestarts` of `systemctl show`, or new processes where there is no systemd.',
    impact: 'The API comes and goes or is gone; containers go on running, but nobody looks after them.',
    pendingFor: 10_000,
    fix: [
      `${linesOf('k3s')} (on an agent \`k3s-agent\`): what it says before it ends`,
      '`df -h /var/lib/rancher/k3s` and `timedatectl`: a full disk and a wrong clock both end it',
    ],
    avoid: [noReboot, leaveTheData],
    // Three crashes or more within a quarter of an hour.
    because: [{ code: 'k3s.crashed', takes: 15 * minute }, ...noRoom, ...certificates],
  },
  'k3s.api-unhealthy': {
    severity: 'critical',
    title: 'the Kubernetes API is not healthy',
    meaning:
      "k3s has run for three minutes, but the API does not answer `/readyz` with 200 to this node's own certificate; on an agent it is asked through the agent's load balancer. k3s's `/ping` tells whether k3s itself still answers. Asked every minute, over loopback.",
    measured:
      '`/readyz` over HTTPS with `client-kubelet.crt`, and `/ping`, 5 s each; while all is well, at every third look.',
    impact:
      'kubectl and everything in the cluster that asks the API fail; nothing is scheduled or repaired. Pods that run go on.',
    fix: [
      '`journalctl -u k3s -n 50 --no-pager`: what k3s says',
      '`kubectl get --raw /readyz?verbose`, on a server: which check fails',
    ],
    avoid: [noReboot],
    // A restart of k3s v1.36: 15 s, counted from the stop.
    pendingFor: minute,
    because: [...unwell, { code: 'certs.api-unauthorized', takes: judged, proof: saysUnauthorized }],
  },
  'k3s.kubelet-unhealthy': {
    severity: 'critical',
    title: 'the kubelet or kube-proxy is not healthy',
    meaning:
      'k3s has run for three minutes, but the kubelet (127.0.0.1:10248) or kube-proxy (127.0.0.1:10256) does not answer `/healthz` with 200. Not judged where it is switched off; kube-proxy only where it has answered before.',
    measured: '`/healthz` over HTTP on loopback, 5 s each; while all is well, at every third look.',
    impact:
      'Without the kubelet the node turns NotReady and no pod is started or stopped here; without kube-proxy new services and moved pods are not reached from here.',
    fix: [
      '`journalctl -u k3s -n 100 --no-pager | grep -iE "kubelet|proxier"` (on an agent `k3s-agent`)',
      '`systemctl restart k3s` (on an agent `k3s-agent`): containers go on running meanwhile',
    ],
    avoid: [noReboot],
    pendingFor: minute,
    // Its /healthz does not need the API.
    because: unwell,
  },
  'k3s.disk-filling': {
    severity: 'warning',
    title: 'a disk of k3s is filling up',
    meaning:
      "A file system that k3s, its containers or their volumes write to has less than 100 % minus `disk_percent` free, in bytes or inodes, or will be full within `disk_days` if it goes on as it did (from 70 % on, by the trend of the last days). It is critical at 95 % of the bytes, where k3s's kubelet begins to evict pods (`evictionHard` 5 %), at 98 % of the inodes, for which it does not, and when the forecast is within six hours. From 85 % on the kubelet deletes unused images by itself.",
    measured:
      'statfs of the folders of k3s, its datastore, containerd, local volumes, kubelet and pod logs; the forecast from the last three days. While all is well, at every third look.',
    settings: ['disk_percent', 'disk_days'],
    impact:
      'When it is full, databases stop or panic, the datastore of k3s cannot write, pods are evicted, and no image is pulled.',
    fix: [
      '`df -h` and `df -i`: which is full, and of what',
      '`du -xh --max-depth=3 /var/lib/rancher/k3s | sort -h | tail -20`: what takes the space',
      '`k3s crictl rmi --prune`: deletes images that no container uses',
      '`journalctl --vacuum-size=500M`: makes room in the journal',
    ],
    avoid: [
      "Delete by hand what is under agent/containerd or server/db of k3s, or a database's own files (pg_wal): neither comes back.",
    ],
    pendingFor: 2 * minute,
  },
  'k3s.datastore-growing': {
    severity: 'warning',
    title: "k3s's datastore grows large",
    meaning:
      'The database of this server (SQLite with its write-ahead log, or etcd) is larger than `datastore_mib`, for etcd than three quarters of its quota, or will be within a week if it goes on as it did. An external database is not seen.',
    measured:
      "The sizes of server/db/state.db and its -wal, or of etcd's member/snap/db; the forecast from the last seven days. While all is well, at every third look.",
    settings: ['datastore_mib'],
    impact:
      'The API becomes slow; etcd refuses every write once its quota (2 GiB unless set otherwise) is reached, and SQLite grows until the disk is full.',
    fix: [
      '`kubectl get --raw /metrics | grep apiserver_storage_objects | sort -t" " -k2 -n | tail`: what there are so many of',
      '`kubectl get events -A --no-headers | wc -l`: events are the usual ones',
    ],
    avoid: [leaveTheData],
    pendingFor: 10 * minute,
  },
  'k3s.restarted': {
    severity: 'info',
    title: 'k3s was restarted',
    meaning:
      'The process of k3s is another than at the last look, on the same boot, and the one before did not fail: somebody restarted it, or asked it to end. A restart is harmless by itself; it is remembered for five minutes, so that what does not come back is told together with it. Each start is an event of its own. Notified at once: it happened.',
    measured:
      "Process id and start time of k3s in /proc; after a start by systemd itself, systemd's entries in the journal.",
    impact: 'Containers went on running; whatever is named with it did not come back since.',
    fix: [
      'If nobody restarted it on purpose: `journalctl -u k3s -n 50 --no-pager` (on an agent `k3s-agent`)',
    ],
    event: true,
  },
  'k3s.crashed': {
    severity: 'warning',
    title: 'k3s crashed',
    meaning:
      'The process of k3s ended by itself, with an exit code other than 0 or by a signal, and systemd started it again. A restart that somebody asked for is `k3s.restarted`; what fails again and again is `k3s.restarting`. It is remembered for five minutes. Notified at once: it happened. flannel, a part of k3s, panics when its link vanishes (flannel 0.28.4, `vxlan_network.go:217`).',
    measured:
      "`NRestarts` of `systemctl show`, and the journal: systemd's own entry on how the process ended, and the last lines of k3s before it.",
    impact:
      'While it was down the API and the kubelet did not answer; containers went on running. What made it crash may do so again.',
    fix: [`${linesOf('k3s')} (on an agent \`k3s-agent\`): what it said before it ended`],
    event: true,
    because: [
      { code: 'cni.overlay-missing', proof: panickedAtLink },
      { code: 'k3s.disk-filling', takes: whileOpen, proof: endedForSpace },
      { code: 'memory.oom-killed', proof: diedOfKill },
      ...certificates.map((it) => ({ ...it, proof: both(it.proof, endedForCertificates) })),
    ],
  },
  'k3s.killed': {
    severity: 'info',
    title: 'k3s and all its containers were killed',
    meaning:
      "All containers, the pod bridge and flannel's device that were there while k3s last ran went, and k3s was stopped: this is what `k3s-killall.sh` does, whether k3s was started again since or not. It ends databases without letting them finish, and takes the rules of Kubernetes out of the firewall. It is remembered for five minutes. Notified at once: it happened.",
    measured:
      "The root file systems of containers in containerd's folder and the links in /sys/class/net, against the last look at which k3s ran.",
    impact:
      'No pod runs on this node until k3s is started; databases recover from their log when they start.',
    fix: ['`systemctl start k3s` (on an agent `k3s-agent`): makes network, rules and pods anew'],
    event: true,
  },
  'k3s.rebooted': {
    severity: 'info',
    title: 'the node was rebooted',
    meaning:
      "The kernel's boot id is another than at the last look. After a boot, pod network, firewall rules and containers are made anew by k3s, which takes a few minutes. It is remembered for five minutes. Notified at once: it happened.",
    measured: '/proc/sys/kernel/random/boot_id, and `btime` of /proc/stat.',
    impact: 'All containers were started anew.',
    fix: ['If nobody did it on purpose: `journalctl -b -1 -n 50 --no-pager`, and `last -x | head`'],
    event: true,
  },
  'k3s.certificates-rotated': {
    severity: 'info',
    title: 'k3s renewed its certificates',
    meaning:
      "The server's own client certificate (server/tls/client-admin.crt) was written anew: by a start within the renewal window, or after `k3s certificate rotate`. It is remembered for five minutes. Notified at once: it happened.",
    measured: 'The change time of server/tls/client-admin.crt.',
    impact: 'Copies of the kubeconfig hold the old certificate until they are copied again.',
    fix: [
      'Copy /etc/rancher/k3s/k3s.yaml again to wherever kubectl is used; restart the agents after the servers',
    ],
    event: true,
  },
})
