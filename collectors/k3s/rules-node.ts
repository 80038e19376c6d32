import { causes, declared, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { both, isFull, ofK3s, ofKubelet, reasonIs } from './proofs.ts'
import { titles } from './titles.ts'

/** NotReady shows 50 s after a kubelet falls silent, and a PLEG that hangs is seen after three minutes. */
const shows = 2 * minute

/** What stops a kubelet from reporting: each shows as silence, or as a runtime that is not there. */
const stopped = causes(
  { code: 'k3s.restarting', takes: shows },
  { code: 'k3s.down', takes: shows },
  { code: 'k3s.killed', takes: shows },
  { code: 'k3s.crashed', takes: shows },
)
const notReporting = reasonIs('silent', 'runtime', 'pleg', 'network')

/** The rule about this node as the cluster sees it. */
export const ofNode = declared({
  'k3s.node-not-ready': {
    severity: 'critical',
    title: 'this node NotReady',
    titleFor: titles.node,
    meaning:
      "The cluster shows this node as NotReady, although the kubelet's `/healthz` may answer ok: that says only that it listens. The kubelet gives the reason: PLEG, container runtime, network plugin. Or it does not report at all, which shows 50 s after its last Lease. Where the Node object was deleted, and k3s still runs here ten minutes later, that is a warning. DiskPressure, MemoryPressure and PIDPressure are a warning too: the node is Ready, but takes no pods and evicts some. A start of k3s has three minutes.",
    measured:
      "This node's own Node over a verified connection, with `client-kubelet.crt`: its row in a Table, 3.5 kB, every minute. In every third round, and while it is not Ready, the whole object, and its own Lease.",
    impact:
      'Services send its pods no requests, and nothing new is scheduled here. After 5 min its pods are evicted.',
    fix: [
      'See why (on a server; NODE is its name): `kubectl describe node NODE`',
      'Restart k3s (on an agent k3s-agent), containers keep running: `systemctl restart k3s`',
    ],
    avoid: ["Don't reboot: it stops all pods, a restart of k3s does not."],
    // A restart of k3s is NotReady for some seconds; Ready comes back with the next report, within 10 s.
    pendingFor: minute,
    because: [
      ...stopped.map((it) => ({ ...it, proof: notReporting })),
      { code: 'k3s.kubelet-unhealthy', takes: shows, proof: both(ofKubelet, notReporting) },
      // Without its configuration containerd has no network for pods, which the kubelet says within 10 s.
      { code: 'cni.conf-missing', takes: shows, proof: reasonIs('network') },
      { code: 'k3s.disk-filling', takes: whileOpen, grave: true, proof: both(isFull, reasonIs('disk')) },
      { code: 'memory.node-filling', takes: whileOpen, proof: reasonIs('memory') },
      { code: 'memory.oom-killed', takes: shows, proof: both(ofK3s, notReporting) },
    ],
  },
})
