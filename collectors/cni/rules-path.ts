import { declared, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { cleared } from '../node/cleared.ts'
import { titles } from './titles.ts'

export type PathCode =
  | 'cni.routes-missing'
  | 'cni.mtu-mismatch'
  | 'cni.forwarding-off'
  | 'cni.bridge-nf-off'
  | 'cni.checksum-offload'

/** Rules for what exists, but does not let packets through. */
export const pathRules = declared({
  'cni.routes-missing': {
    severity: 'critical',
    title: 'pods on another node unreachable',
    titleFor: titles.routes,
    meaning:
      "For each other node flannel's VXLAN needs a route to its pods, a permanent neighbour entry and an FDB entry. It adds all three when the node joins and removes all three when it leaves, so a node with only some of them has lost the rest. Any one missing stops all traffic to its pods, and none is restored before k3s starts again (measured on k3s 1.21). With WireGuard one route serves all nodes. FDB entries without a neighbour are left over from a restart of the other node, and harmless.",
    measured:
      '`ip -j -d route show`, `ip -j -d neigh show` and `bridge -j fdb show`, against each other and against the round before.',
    impact: "Pods here and that node's pods cannot reach each other, while kubectl shows both nodes Ready.",
    // flannel makes and removes all three one after the other when a node comes or goes.
    pendingFor: 5_000,
    fix: [
      'Restart k3s, pods keep running (on an agent: k3s-agent): `systemctl restart k3s`',
      'Check for a route to each other node: `ip route`',
    ],
    avoid: ["Don't reboot for this: restarting k3s is enough, a reboot stops all pods."],
    because: [
      // Its routes go with the device, and setting it up again does not bring them back.
      { code: 'cni.overlay-missing', takes: whileOpen },
      { code: 'cni.overlay-down', takes: whileOpen },
      ...cleared,
    ],
  },
  'cni.mtu-mismatch': {
    severity: 'warning',
    title: 'MTU mismatch',
    titleFor: titles.mtu,
    meaning:
      'The overlay has to be smaller than what carries it (VXLAN by 50 bytes, WireGuard by 80). Bridge and veths must have the size that flannel chose (FLANNEL_MTU in /run/flannel/subnet.env). flannel measures the uplink once, when it starts.',
    measured: 'The MTUs in `ip -j -d addr show` and /run/flannel/subnet.env.',
    impact:
      'Small packets pass, large ones are lost: pings work, while downloads, TLS handshakes and database replies hang.',
    fix: [
      'See the MTUs of uplink, overlay and bridge: `ip link | grep mtu`',
      'See the MTU that pods use: `cat /run/flannel/subnet.env`',
    ],
    pendingFor: minute,
  },
  'cni.forwarding-off': {
    severity: 'critical',
    title: 'IP forwarding off',
    titleFor: titles.forwarding,
    meaning:
      'net.ipv4.ip_forward (or its IPv6 twin, or the setting of one interface) is 0. k3s turns it on only when it starts. A sysctl file, a hardening script or a network manager that reloads turns it off.',
    measured: '/proc/sys/net, once k3s has run for two minutes.',
    impact:
      'Pods here reach only each other: no services, no other nodes, no internet, and nothing reaches them.',
    // `sysctl --system` with a file that says 0 and a later one that says 1: 30 ms.
    pendingFor: 5_000,
    fix: [
      'Turn it on, effective at once: `sysctl -w net.ipv4.ip_forward=1`',
      'Find the file that turns it off again: `grep -rs forward /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d`',
    ],
    avoid: ["Don't delete pods or flush the firewall: only this setting is wrong."],
  },
  'cni.bridge-nf-off': {
    severity: 'warning',
    title: 'local pod traffic bypasses iptables',
    titleFor: titles.bridgeNf,
    meaning:
      'net.bridge.bridge-nf-call-iptables is 0, or br_netfilter is not loaded: iptables does not see packets from pod to pod over the bridge. k3s sets it only when it starts.',
    measured: '/proc/sys/net/bridge, once k3s has run for two minutes.',
    impact:
      'Services whose pod and client share this node time out now and then. Network policies do not apply between pods here.',
    pendingFor: minute,
    fix: [
      'Load the module: `modprobe br_netfilter`',
      'Turn the setting on: `sysctl -w net.bridge.bridge-nf-call-iptables=1`',
    ],
  },
  'cni.checksum-offload': {
    severity: 'warning',
    title: 'VXLAN checksum offload bug',
    titleFor: titles.offload,
    meaning:
      'Kernels before 5.7, and RHEL 8 on VMware, get the UDP checksum of VXLAN packets wrong when NAT changes them and the hardware computes the checksum (k3s-io/k3s#2013, k3s-io/k3s#5013). Fixed are 5.6.13, 5.4.41, 4.19.123, 4.14.181 and later of their branches. Reported only on such a kernel, and where `ethtool -k` shows tx-checksum-ip-generic on.',
    measured: '/proc/sys/kernel/osrelease; `ethtool -k` only on such a kernel.',
    impact:
      'Services and DNS on other nodes answer after exactly 63 seconds, or time out, while pod addresses work.',
    pendingFor: minute,
    fix: ['Turn it off until the next k3s start or boot: `ethtool -K flannel.1 tx-checksum-ip-generic off`'],
  },
})
