import type { Example } from './examples.ts'

/** Names of 15 characters are the longest that the kernel takes. */
const bridge = 'kube-bridge0001'

export const cni: readonly Example[] = [
  {
    it: {
      code: 'cni.bridge-missing',
      subject: bridge,
      text: `The bridge ${bridge} is missing: 110 pods (default/web-1 and 109 more) have no network. A k3s restart does not restore it.`,
      evidence: { link: bridge, pods: 110, veths: 0 },
    },
    key: `${bridge} missing`,
  },
  {
    it: {
      code: 'cni.bridge-down',
      subject: 'cni0',
      text: 'The bridge cni0 is down: 1 pod (default/web-1) has no network.',
      evidence: { link: 'cni0', pods: 1, veths: 0 },
    },
    key: 'cni0 down: 1 pod offline',
  },
  {
    it: {
      code: 'cni.bridge-address',
      subject: 'cni0',
      text: 'The bridge cni0 lacks 10.42.113.1/24, the gateway of 5 pods; it has none.',
      evidence: { link: 'cni0', lacking: '10.42.113.1/24', has: '', pods: 5 },
    },
    key: 'cni0 without address 10.42.113.1',
  },
  {
    it: {
      code: 'cni.overlay-missing',
      subject: 'flannel-wg-v6',
      text: 'The overlay flannel-wg-v6 (wireguard) is missing: 5 pods cannot reach other nodes.',
      evidence: { link: 'flannel-wg-v6', backend: 'wireguard', pods: 5, veths: 5 },
    },
    key: 'flannel-wg-v6 missing',
  },
  {
    it: {
      code: 'cni.overlay-down',
      subject: 'flannel.1',
      text: 'The overlay flannel.1 (vxlan) is down: 5 pods cannot reach other nodes.',
      evidence: { link: 'flannel.1', backend: 'vxlan', pods: 5, veths: 5 },
    },
    key: 'flannel.1 down: no cross-node',
  },
  {
    it: {
      code: 'cni.veth-orphaned',
      subject: bridge,
      text: `110 pods are not connected to the bridge ${bridge}.`,
      evidence: { link: bridge, pods: 110 },
    },
    key: '110 pods detached',
  },
  {
    it: {
      code: 'cni.routes-missing',
      subject: '10.42.113.0/24',
      text: 'This node lacks the FDB entry for the pods of node 192.168.100.112 (10.42.113.0/24 over flannel.1).',
      evidence: { link: 'flannel.1', family: 'ipv4', lacks: 'fdb', node: '192.168.100.112' },
    },
    key: '192.168.100.112',
  },
  {
    it: {
      code: 'cni.mtu-mismatch',
      subject: 'flannel.1',
      text: 'The overlay flannel.1 has MTU 1500, at most 1450 fits: eth0 below it has 1500, and each packet gets 50 bytes more.',
      evidence: { link: 'flannel.1', mtu: 1500, most: 1450 },
    },
    key: 'flannel.1 1500',
  },
  {
    it: {
      code: 'cni.forwarding-off',
      subject: 'ipv6',
      text: 'The kernel does not forward IPv6 packets from enx00e04c680001.',
      evidence: { family: 'ipv6', link: 'enx00e04c680001', off: 'ipv6/conf/enx00e04c680001/forwarding' },
    },
    key: 'IPv6 forwarding off on enx00e04',
  },
  {
    it: {
      code: 'cni.bridge-nf-off',
      subject: 'bridge',
      text: 'The kernel module br_netfilter is not loaded: packets between pods on this node bypass iptables.',
      evidence: { off: 'bridge/bridge-nf-call-iptables', module: 'missing' },
    },
    key: 'br_netfilter not loaded',
  },
  {
    it: {
      code: 'cni.checksum-offload',
      subject: 'flannel.1',
      text: 'Checksum offload is on for flannel.1 (tx-checksum-ip-generic), and kernel 5.4.0 corrupts UDP checksums in VXLAN.',
      evidence: { link: 'flannel.1', kernel: '5.4.0' },
    },
    key: 'VXLAN checksum offload bug',
  },
  {
    it: {
      code: 'cni.addresses-leaking',
      subject: '/var/lib/cni/networks/cbr0',
      text: '12 of 253 pod addresses are reserved for pods that no longer exist (10.42.0.7, 10.42.0.9 …); 30 are free.',
      evidence: { leaked: 12, used: 223, size: 253 },
    },
    key: '30 of 253 left',
  },
  {
    it: {
      code: 'cni.errors-growing',
      subject: 'enx00e04c680001',
      text: 'enx00e04c680001 counted 1200 errors in 15 min, 2.1 % of its packets: about 4800 an hour.',
      evidence: { link: 'enx00e04c680001', errors: 1200, packets: 60_000, minutes: 15 },
    },
    key: 'enx00e04c680001: 1200 errors',
  },
  {
    it: {
      code: 'cni.flapping',
      subject: 'enx00e04c680001',
      text: 'enx00e04c680001 went down 14 times in the last 10 min, last at 03:12 UTC.',
      evidence: { link: 'enx00e04c680001', downs: 14 },
    },
    key: 'enx00e04c680001 flapping',
  },
  {
    it: {
      code: 'cni.dns-dead',
      subject: '10.43.0.10',
      text: 'The cluster DNS 10.43.0.10 answers SERVFAIL (asked from this node for kubernetes.default.svc.cluster.local).',
      evidence: { server: '10.43.0.10', answer: 'SERVFAIL' },
    },
    key: 'DNS (CoreDNS): SERVFAIL',
  },
  {
    it: {
      code: 'cni.peer-unreachable',
      subject: '10.42.113.0/24',
      text: 'worker-long-name-0012 (198.51.100.120) does not answer over flannel.1, though it does on eth0 (48 of 49 nodes answer).',
      evidence: {
        link: 'flannel.1',
        silent: 'small, large',
        node: '198.51.100.120',
        name: 'worker-long-name-0012',
      },
    },
    key: 'flannel.1: no answer from',
  },
]
