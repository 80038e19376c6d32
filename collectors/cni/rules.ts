import { declared, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { cleared } from '../node/cleared.ts'
import { leaveBarePods } from '../node/pods.ts'
import { type DegradedCode, degradedRules } from './rules-degraded.ts'
import { type PathCode, pathRules } from './rules-path.ts'
import { type ReachCode, reachRules } from './rules-reach.ts'
import { certificates } from './starts.ts'
import { titles } from './titles.ts'

const killall = [
  "Don't run `k3s-killall.sh` yet: it stops every pod at once, databases included.",
  "Don't run `iptables -F`: it restores no interface and may lock out SSH.",
]

/** Beside steps that delete pods. */
export const recreating = [...killall, leaveBarePods]

const restart = 'Restart k3s, pods keep running (on an agent: k3s-agent): `systemctl restart k3s`'

/**
 * Longer than these links are away, or half made, in ordinary commands, ms: `k3s-killall.sh` deletes the bridge 1.2 s
 * before it forgets its pods.
 */
const passing = 5_000

const critical = { severity: 'critical', avoid: killall, pendingFor: passing } as const

const deadPods =
  'These pods are offline: no services, no ingress, no DNS. kubectl may still show them Running.'

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
  | ReachCode
  | DegradedCode

export const rules = declared({
  'cni.bridge-missing': {
    ...critical,
    title: 'pod bridge missing',
    titleFor: titles.bridgeMissing,
    meaning:
      "Pods with a live sandbox need a bridge (cni0 with flannel) that does not exist. They are known from their veths and the CNI result cache. A node before its first pod has no bridge and is healthy. Neither k3s nor flannel restores the bridge: the bridge plugin does, when the next pod starts, and the old pods' veths stay off it (measured on k3s 1.21).",
    measured: '`ip -j -d addr show` against /var/lib/cni/results and /run/netns.',
    impact: deadPods,
    fix: [
      'List the pods of this NODE (on a server): `kubectl get pods -A -o wide --field-selector spec.nodeName=NODE`',
      'Recreate those with a pod network address, by NAMESPACE and NAME; the first restores the bridge (on a server): `kubectl -n NAMESPACE delete pod NAME`',
    ],
    avoid: recreating,
    because: cleared,
  },
  'cni.bridge-down': {
    ...critical,
    title: 'pod bridge down',
    titleFor: titles.bridgeDown,
    meaning:
      'The bridge of the pods exists, but is down (without IFF_UP). Nothing sets it up again by itself.',
    measured: 'The flags of the bridge in `ip -j -d addr show`.',
    impact: deadPods,
    fix: ['Set it up, which restores its route too: `ip link set cni0 up`'],
  },
  'cni.bridge-address': {
    ...critical,
    title: 'pod bridge without gateway address',
    titleFor: titles.bridgeAddress,
    meaning:
      'The bridge does not have the address that flannel was given for this node (FLANNEL_SUBNET in /run/flannel/subnet.env). Nothing restores it until the next pod is created.',
    measured: 'The addresses of the bridge in `ip -j -d addr show` against /run/flannel/subnet.env.',
    impact:
      'Pods here reach only each other: no services, no other nodes, no internet. The node does not reach them.',
    fix: [
      'See which addresses it has: `ip addr show dev cni0`',
      'Add the missing ADDRESS, which is FLANNEL_SUBNET in /run/flannel/subnet.env: `ip addr add ADDRESS brd + dev cni0`',
    ],
    because: [{ code: 'cni.bridge-missing', takes: whileOpen }],
  },
  'cni.overlay-missing': {
    ...critical,
    title: 'overlay missing: no cross-node traffic',
    titleFor: titles.overlayMissing,
    meaning:
      'The device through which flannel reaches other nodes (flannel.1 for VXLAN, flannel-wg for WireGuard) does not exist. Which one it should be comes from net-conf.json, the flags of k3s and subnet.env; host-gw has none. flannel creates it only when it starts.',
    measured: 'The links in `ip -j -d addr show`, once k3s has run for two minutes.',
    impact:
      'Pods here and on other nodes cannot reach each other. If CoreDNS runs on another node, names do not resolve here. Pods on this node still reach each other.',
    fix: [restart, 'It should be back after half a minute: `ip -d link show type vxlan`'],
    because: [...certificates, ...cleared],
  },
  'cni.overlay-down': {
    ...critical,
    title: 'overlay down: no cross-node traffic',
    titleFor: titles.overlayDown,
    meaning:
      'The overlay device exists, but is down (without IFF_UP). The routes to the other nodes are gone with it, and setting it up alone does not restore them.',
    measured: 'The flags of the overlay in `ip -j -d addr show`.',
    impact: 'Pods here and on other nodes cannot reach each other. Pods on this node still reach each other.',
    fix: [restart, 'Check for a route to each other node: `ip route`'],
  },
  'cni.conf-missing': {
    ...critical,
    title: 'CNI config missing: no new pods',
    meaning:
      'k3s runs flannel, but there is no CNI configuration in its folder agent/etc/cni/net.d, where it writes 10-flannel.conflist at each start. containerd then has no pod network.',
    measured: 'The files in agent/etc/cni/net.d of k3s, once it has run for two minutes.',
    impact:
      'Running pods are fine. New pods stay in ContainerCreating, stopping pods may hang, and the node may become NotReady.',
    // k3s writes it anew when it starts; what else writes it takes moments.
    pendingFor: minute,
    fix: [restart],
  },
  'cni.subnet-env-missing': {
    ...critical,
    title: '/run/flannel/subnet.env missing',
    meaning:
      'k3s has run for more than two minutes, but /run/flannel/subnet.env, which flannel writes when it starts, does not exist: flannel did not get that far, or the file was deleted. /run is empty after each boot.',
    measured: 'Whether /run/flannel/subnet.env exists.',
    impact: 'Running pods are fine. New pods get no address and stay in ContainerCreating.',
    // flannel writes it once the API answers, which takes most of a minute.
    pendingFor: minute,
    fix: [
      'See why flannel did not start (on an agent: k3s-agent): `journalctl -u k3s -n 200 | grep -i flannel`',
      restart,
    ],
    // /run is empty after a boot; a killall leaves the file.
    because: [...certificates, { code: 'k3s.rebooted', takes: minute }],
  },
  'cni.veth-orphaned': {
    severity: 'critical',
    title: 'pods detached from the bridge',
    titleFor: titles.veths,
    meaning:
      'The bridge exists, but pods with a live sandbox have a veth that is on no bridge, or no veth at all. The first happens after a bridge was deleted and created again: nothing moves old veths to the new bridge. A missing veth is reported when two rounds in a row miss it, as a pod that is being deleted loses its veth first.',
    measured:
      'The veths of the pods in /var/lib/cni/results against the ports of the bridge in `ip -j -d addr show`.',
    impact: deadPods,
    // `k3s-killall.sh` takes away the veths of all pods, one after the other, before it forgets them.
    pendingFor: 10_000,
    fix: [
      'Recreate each of these pods by NAMESPACE and NAME (on a server): `kubectl -n NAMESPACE delete pod NAME`',
    ],
    avoid: recreating,
    // Cut off as soon as there is a bridge again.
    because: [{ code: 'cni.bridge-missing', takes: whileOpen }],
  },
  ...pathRules,
  ...reachRules,
  ...degradedRules,
})
