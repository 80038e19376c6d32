import { causes, declared } from '../../agent/model/index.ts'
import { minute, second } from '../../agent/text/times.ts'
import { flushedFilter } from '../node/flushed.ts'
import { allAgents, dropsTheApi } from './proofs.ts'
import { cutOffTitle, lostTitle } from './titles.ts'

export type Code = 'cluster.node-lost' | 'cluster.cut-off'

/** A kubelet that cannot renew its Lease is NotReady after 50 s (k8s: node-monitor-grace-period; 40 s before 1.32). */
const shows = 2 * minute

/** Longer than a round: where all nodes are lost, they are so within 10 s of each other, and then it is not one of them. */
const confirmed = 12 * second

/** What shuts all others off from the API of this server. */
const shutOff = causes(
  { code: 'firewall.blocks-k3s', takes: shows, proof: dropsTheApi },
  { code: 'firewall.lockout', takes: shows, triggers: flushedFilter, proof: allAgents },
)

export const rules = declared({
  'cluster.node-lost': {
    severity: 'critical',
    title: 'another node lost',
    titleFor: lostTitle,
    meaning:
      "Another node is NotReady: its kubelet has not renewed its Lease for 50 s (40 s before Kubernetes 1.32). Where its machine answers, and only its k3s is stopped, that has three minutes, as it may be restarting; so has a kubelet that lives and says why it is not ready, which is a warning, as its own Murphy says more. One server notifies for the whole cluster: of those that are Ready the one whose name sorts first. Where that one is lost, it is the next. So Murphy has to run on all servers; `agent status` on each says who notifies. While this server's API does not answer, the servers ask each other's `/ping`, and who is silent for three minutes is reported. Not reported: a Node that was deleted, or that a taint marks as leaving (cluster autoscaler, Karpenter, spot instances); one that has never been Ready; one that is cordoned and has no pods left that a drain moves, and any that is cordoned for five minutes; one that powers off by order; for three minutes what was lost while this server did not look, or its API was away. Where all are lost at once, that is `cluster.cut-off`. A server whose own k3s is stopped says nothing of others. One that reboots by order is reported after ten minutes. Orders are known where that node's Murphy writes conditions (docs/kubernetes.md), or from its kubelet's own shutdown. Elsewhere a reboot that takes longer than a minute is reported. A node whose own Murphy reports a problem, and lives, notifies itself. One that had been lost for an hour when this server first saw it is a warning. A server with `--disable-agent` is no node, and watches none.",
    measured:
      'The list of nodes as a Table with `client-kube-proxy.crt`, every 20 s, 3.5 kB; of a lost node its conditions and volumes with the same, the names of its pods with `client-k3s-controller.crt` (RKE2: `client-rke2-controller.crt`), and whether its kubelet answers on :10250, without a credential, once a minute.',
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
    pendingFor: confirmed,
    because: shutOff,
  },
  'cluster.cut-off': {
    severity: 'critical',
    title: 'no other node reports',
    titleFor: cutOffTitle,
    meaning:
      "All other nodes of the cluster, two or more, were lost within two minutes of each other, as this server's API shows them; or its API does not work, and no other server answers its `/ping` for three minutes. That is seldom they: it is this server's own network, or power or a switch that the others share. One finding, where each node would be one. A node whose machine answers while its k3s is stopped, and one that went down by order, does not count. A server whose own k3s is stopped says nothing of others.",
    measured:
      'As `cluster.node-lost`. Of up to three of the lost nodes it is asked whether their kubelet answers on :10250, without a credential.',
    impact:
      'Services, scheduling and DNS stop working between this server and the rest of the cluster. After 5 min Kubernetes counts the pods of the others as lost.',
    fix: [
      'See whether the network of this server works: `ip -s -s link`',
      'See whether its gateway is there: `ip route`',
      'If both are, see the power, cables and switch of the other nodes',
    ],
    avoid: ["Don't delete Node objects: the nodes come back by themselves."],
    pendingFor: confirmed,
    because: shutOff,
  },
})
