import { declared } from '../../agent/model/index.ts'
import { minute, second } from '../../agent/text/times.ts'
import { flushedFilter } from '../node/flushed.ts'
import { allAgents, dropsTheApi } from './proofs.ts'
import { lostTitle } from './titles.ts'

export type Code = 'cluster.node-lost'

/** A kubelet that cannot renew its Lease is NotReady after 50 s (k8s: node-monitor-grace-period; 40 s before 1.32). */
const shows = 2 * minute

export const rules = declared({
  'cluster.node-lost': {
    severity: 'critical',
    title: 'another node lost',
    titleFor: lostTitle,
    meaning:
      "Another node is NotReady: its kubelet has not renewed its Lease for 50 s (40 s before Kubernetes 1.32). Or its kubelet lives and says for three minutes why it is not ready: a warning, as its own Murphy says more. One server notifies for the whole cluster: of those that are Ready the one whose name sorts first. Where that one is lost, it is the next. So Murphy has to run on all servers; `agent status` on each says who notifies. While this server's API does not answer, the servers ask each other's `/ping`, and who is silent for three minutes is reported. Not reported: a Node that was deleted; one that is cordoned and has no pods left that a drain moves; one that powers off by order. One that reboots by order is reported after ten minutes. Orders are known where that node's Murphy writes conditions (docs/kubernetes.md), or from its kubelet's own shutdown. Elsewhere a reboot that takes longer than a minute is reported. A node whose own Murphy reports a problem, and lives, notifies itself. A server with `--disable-agent` is no node, and watches none.",
    measured:
      'The list of nodes as a Table with `client-kube-proxy.crt`, every 20 s, 3.5 kB; of a lost node its conditions and volumes with the same, and the names of its pods with `client-k3s-controller.crt`, once a minute.',
    impact:
      'Its pods are down or out of reach. After 5 min Kubernetes starts elsewhere what can start elsewhere. Pods with local volumes wait for the node.',
    fix: [
      'See which node, and since when (on a server): `kubectl get nodes -o wide`',
      'If the node answers, see there how k3s is (on a server: k3s): `systemctl status k3s-agent --no-pager`',
      'If it does not answer, see its power, cable and console',
      'If it will never return, remove it (on a server; NODE is its name): `kubectl delete node NODE`',
    ],
    avoid: [
      "Don't force-delete its StatefulSet pods while the node may run: two writers corrupt a volume.",
      "Don't delete the Node object while it may return: pods with local volumes lose their place.",
    ],
    // From NotReady on: 50 s after its kubelet's last sign.
    pendingFor: 10 * second,
    because: [
      { code: 'firewall.blocks-k3s', takes: shows, proof: dropsTheApi },
      { code: 'firewall.lockout', takes: shows, triggers: flushedFilter, proof: allAgents },
    ],
  },
})
