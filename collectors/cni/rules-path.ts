import { declared, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { cleared } from '../node/cleared.ts'

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
    title: 'the way to another node is broken',
    meaning:
      "For each other node flannel's VXLAN needs a route to its pods, a permanent neighbour entry and an FDB entry. It makes all three when the node joins and removes all three when it leaves, so a node with only some of them has lost the rest. Any one missing stops all traffic to its pods, and none is put back before k3s starts again (measured on k3s 1.21). With WireGuard one route leads to all nodes. FDB entries without a neighbour are left over from a restart of the other node, and harmless.",
    measured:
      '`ip -j -d route show`, `ip -j -d neigh show` and `bridge -j fdb show`, against each other and against what was there before.',
    impact:
      'Pods here do not reach the pods of that node and are not reached by them, while `kubectl get nodes` shows both Ready.',
    // flannel makes and removes all three one after the other when a node comes or goes.
    pendingFor: 5_000,
    fix: [
      '`ip route`, `ip neigh show nud permanent`, `bridge fdb show | grep dst`: what is there of each node',
      '`systemctl restart k3s` (on an agent `k3s-agent`): makes all of it again; the pods keep running meanwhile',
    ],
    avoid: ['Reboot the node for this: a restart of k3s is enough, and a reboot takes all its pods down.'],
    because: [
      // Its routes go with the device, and setting it up again does not bring them back.
      { code: 'cni.overlay-missing', takes: whileOpen },
      { code: 'cni.overlay-down', takes: whileOpen },
      ...cleared,
    ],
  },
  'cni.mtu-mismatch': {
    severity: 'warning',
    title: 'packet sizes do not fit together',
    meaning:
      'The overlay has to be smaller than what carries it (VXLAN by 50 bytes, WireGuard by 80), and bridge and veths must have the size that flannel chose (FLANNEL_MTU in /run/flannel/subnet.env). flannel measures the uplink once, when it starts.',
    measured: 'The MTUs in `ip -j -d addr show` and /run/flannel/subnet.env.',
    impact:
      'Small packets pass, large ones are lost: pings and health checks work, while downloads, TLS handshakes and database replies hang.',
    fix: [
      '`ip link | grep mtu`: sizes of uplink, overlay and bridge',
      '`cat /run/flannel/subnet.env`: the size that pods use',
    ],
    pendingFor: minute,
  },
  'cni.forwarding-off': {
    severity: 'critical',
    title: 'the kernel does not forward packets',
    meaning:
      'net.ipv4.ip_forward (or its IPv6 twin, or the setting of one interface) is 0. k3s turns it on when it starts and never looks again; a sysctl file, a hardening script or a network manager that reloads turns it off.',
    measured: '/proc/sys/net, once k3s has run for two minutes.',
    impact:
      'Pods reach each other on this node, but neither services, other nodes nor the world, and are not reached from there.',
    // `sysctl --system` with a file that says 0 and a later one that says 1: 30 ms.
    pendingFor: 5_000,
    fix: [
      '`sysctl -w net.ipv4.ip_forward=1`',
      '`grep -rs forward /etc/sysctl.conf /etc/sysctl.d /run/sysctl.d /usr/lib/sysctl.d`: what turned it off, and would again',
    ],
    avoid: [
      'Delete pods or flush the firewall for this: the setting is all that is wrong, and takes hold at once.',
    ],
  },
  'cni.bridge-nf-off': {
    severity: 'warning',
    title: 'traffic between local pods passes by iptables',
    meaning:
      'net.bridge.bridge-nf-call-iptables is 0, or br_netfilter is not loaded: what goes from pod to pod over the bridge is not seen by iptables. k3s sets it when it starts and never looks again.',
    measured: '/proc/sys/net/bridge, once k3s has run for two minutes.',
    impact:
      'A service whose pod runs on the same node as its client times out now and then, because the reply comes from the wrong address; network policies do not hold between pods on this node.',
    pendingFor: minute,
    fix: ['`modprobe br_netfilter`', '`sysctl -w net.bridge.bridge-nf-call-iptables=1`'],
  },
  'cni.checksum-offload': {
    severity: 'warning',
    title: 'this kernel spoils checksums in the overlay',
    meaning:
      'Kernels before 5.7 (but 5.6.13, 5.4.41, 4.19.123, 4.14.181 and later of their branches), and RHEL 8 on VMware, get the UDP checksum of VXLAN packets wrong when they are translated and the checksum is left to the hardware (k3s-io/k3s#2013, k3s-io/k3s#5013). Told only where the kernel is such a one and `ethtool -k` shows tx-checksum-ip-generic on.',
    measured: '/proc/sys/kernel/osrelease; `ethtool -k` only on such a kernel.',
    impact:
      'Services and DNS on other nodes answer after exactly 63 seconds, or time out, while pod addresses work.',
    pendingFor: minute,
    fix: ['`ethtool -K flannel.1 tx-checksum-ip-generic off`: at once, until the next start of k3s or boot'],
  },
})
