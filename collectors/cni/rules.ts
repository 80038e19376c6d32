import { declared, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { cleared } from '../node/cleared.ts'
import { type DegradedCode, degradedRules } from './rules-degraded.ts'
import { type PathCode, pathRules } from './rules-path.ts'
import { certificates } from './starts.ts'

const killall = [
  'Run `k3s-killall.sh` lightly: it stops every pod on this node at once, databases included, without letting them finish.',
  'Run `iptables -F`: it cannot bring an interface back, and may cut SSH.',
]

const restart =
  '`systemctl restart k3s` (on an agent `k3s-agent`): makes it again; the pods keep running meanwhile'

/**
 * Longer than these links are away, or half made, in ordinary commands, ms: `k3s-killall.sh` deletes the bridge 1.2 s
 * before it forgets its pods.
 */
const passing = 5_000

const critical = { severity: 'critical', avoid: killall, pendingFor: passing } as const

const deadPods =
  'These pods reach nothing and nothing reaches them: services, ingress and DNS are dead for them, though `kubectl` may still show them Running.'

export type Code =
  | 'cni.bridge-missing'
  | 'cni.bridge-down'
  | 'cni.bridge-address'
  | 'cni.overlay-missing'
  | 'cni.overlay-down'
  | 'cni.conf-missing'
  | 'cni.subnet-env-missing'
  | 'cni.veth-orphaned'
  | PathCode
  | DegradedCode

export const rules = declared({
  'cni.bridge-missing': {
    ...critical,
    title: 'the pod bridge is gone',
    meaning:
      "Pods with a live sandbox hang on a bridge (cni0 with flannel) that does not exist. They are known from their veths and the CNI result cache. A node before its first pod has no bridge and is well. Neither k3s nor flannel makes the bridge again: the bridge plugin does, when the next pod comes, and the old pods' veths stay off it (measured on k3s 1.21).",
    measured: '`ip -j -d addr show` against /var/lib/cni/results and /run/netns.',
    impact: deadPods,
    fix: [
      '`kubectl get pods -A -o wide --field-selector spec.nodeName=NODE`: the pods on this node',
      'Delete those that have an address of the pod network, so that they are made anew: `kubectl delete pod -n NAMESPACE NAME`. The first one brings the bridge back. A pod without a controller does not come again by itself',
    ],
    because: cleared,
  },
  'cni.bridge-down': {
    ...critical,
    title: 'the pod bridge is down',
    meaning:
      'The bridge of the pods is there, but set down (without IFF_UP). Nothing sets it up again by itself.',
    measured: 'The flags of the bridge in `ip -j -d addr show`.',
    impact: deadPods,
    fix: ['`ip link set cni0 up`: its route comes back with it'],
  },
  'cni.bridge-address': {
    ...critical,
    title: "the pod bridge lacks the pods' gateway address",
    meaning:
      'The bridge does not have the address that flannel was given for this node (FLANNEL_SUBNET in /run/flannel/subnet.env). Nothing puts it back until the next pod is made.',
    measured: 'The addresses of the bridge in `ip -j -d addr show` against /run/flannel/subnet.env.',
    impact:
      'Pods on this node reach each other, but neither services, other nodes nor the world, and the node does not reach them.',
    fix: ['`ip addr show dev cni0`: what it has', '`ip addr add ADDRESS brd + dev cni0`'],
    because: [{ code: 'cni.bridge-missing', takes: whileOpen }],
  },
  'cni.overlay-missing': {
    ...critical,
    title: 'the overlay to the other nodes is gone',
    meaning:
      'The device through which flannel reaches other nodes (flannel.1 for VXLAN, flannel-wg for WireGuard) does not exist. Which one it should be comes from net-conf.json, the flags of k3s and subnet.env; host-gw has none. flannel makes it when it starts and not again after that.',
    measured: 'The links in `ip -j -d addr show`, once k3s has run for two minutes.',
    impact:
      'Pods here do not reach pods on other nodes and are not reached by them. If the cluster DNS runs elsewhere, names do not resolve here. Pods on this node still reach each other.',
    fix: [restart, '`ip -d link show type vxlan`: it should be there after half a minute'],
    because: [...certificates, ...cleared],
  },
  'cni.overlay-down': {
    ...critical,
    title: 'the overlay to the other nodes is down',
    meaning:
      'The overlay device is there, but set down (without IFF_UP). With it went the routes to the other nodes, which setting it up alone does not bring back.',
    measured: 'The flags of the overlay in `ip -j -d addr show`.',
    impact:
      'Pods here do not reach pods on other nodes and are not reached by them. Pods on this node still reach each other.',
    fix: [restart, '`ip route`: there should be a route for each other node'],
  },
  'cni.conf-missing': {
    ...critical,
    title: 'the CNI configuration is gone',
    meaning:
      'k3s runs flannel, but there is no CNI configuration in its folder agent/etc/cni/net.d, where it writes 10-flannel.conflist at each start. containerd then has no pod network.',
    measured: 'The files in agent/etc/cni/net.d of k3s, once it has run for two minutes.',
    impact:
      'Running pods go on. New pods stay in ContainerCreating, stopping ones may hang, and the node may turn NotReady.',
    // k3s writes it anew when it starts; what else writes it takes moments.
    pendingFor: minute,
    fix: [restart],
  },
  'cni.subnet-env-missing': {
    ...critical,
    title: "flannel's subnet file is gone",
    meaning:
      'k3s has run for more than two minutes, but /run/flannel/subnet.env, which flannel writes when it starts, is not there: flannel never got that far, or the file was deleted. /run is empty after each boot.',
    measured: 'Whether /run/flannel/subnet.env is there.',
    impact: 'Running pods go on. No new pod gets an address: they stay in ContainerCreating.',
    // flannel writes it once the API answers, which takes most of a minute.
    pendingFor: minute,
    fix: [
      '`journalctl -u k3s -n 200 | grep -i flannel` (on an agent `k3s-agent`): why flannel did not start',
      restart,
    ],
    // /run is empty after a boot; a killall leaves the file.
    because: [...certificates, { code: 'k3s.rebooted', takes: minute }],
  },
  'cni.veth-orphaned': {
    severity: 'critical',
    title: 'pods are cut off from the bridge',
    meaning:
      'The bridge is there, but pods with a live sandbox have a veth that is on no bridge, or none at all. The first is what is left after a bridge was deleted and made anew: nothing puts old veths on the new bridge. A veth that does not exist is told when two looks in a row miss it, as a pod that is being deleted loses its veth first.',
    measured:
      'The veths of the pods in /var/lib/cni/results against the ports of the bridge in `ip -j -d addr show`.',
    impact: deadPods,
    // `k3s-killall.sh` takes away the veths of all pods, one after the other, before it forgets them.
    pendingFor: 10_000,
    fix: ['Delete these pods, so that they are made anew: `kubectl delete pod -n NAMESPACE NAME`'],
    avoid: killall,
    // Cut off as soon as there is a bridge again.
    because: [{ code: 'cni.bridge-missing', takes: whileOpen }],
  },
  ...pathRules,
  ...degradedRules,
})
