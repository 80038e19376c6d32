import { grace } from '../../../../collectors/cni/lacking.ts'
import { bridge } from '../../standin.ts'
import { startDns } from '../node.ts'
import { keys, type RealFault } from './fault.ts'

/** The DNS's pod hangs on the bridge. */
const dead = keys('cni.dns-dead')
const flapping = (link: string) => ({ code: 'cni.flapping', subject: link })
const port = 'cd /sys/class/net/cni0/brif; set -- *; port=$1; echo $port > /root/port'

const quick: readonly RealFault[] = [
  {
    kind: 'bridge deleted',
    text: 'ip link del cni0',
    facts: ['bridge', 'pod'],
    script: 'ip link del cni0',
    repair: `ip link show cni0 >/dev/null 2>&1 && ip link del cni0\n${bridge}`,
    partial: {
      text: 'cni0 is made anew, and no pod is put on it',
      script:
        'ip link add cni0 mtu 1450 type bridge; ip addr add 10.42.0.1/24 brd + dev cni0; ip link set cni0 up',
      ends: ['cni.bridge-missing'],
    },
    makes: { code: 'cni.bridge-missing' },
    leads: [...keys('cni.veth-orphaned', 'cni.bridge-address'), ...dead, flapping('cni0')],
  },
  {
    kind: 'bridge down',
    text: 'ip link set cni0 down',
    facts: ['bridge'],
    script: 'ip link set cni0 down',
    repair: 'ip link set cni0 up',
    makes: { code: 'cni.bridge-down' },
    leads: [...dead, flapping('cni0')],
  },
  {
    kind: 'bridge address',
    text: 'ip addr flush dev cni0',
    facts: ['bridge'],
    script: 'ip addr del 10.42.0.1/24 dev cni0',
    repair: 'ip addr add 10.42.0.1/24 brd + dev cni0',
    makes: { code: 'cni.bridge-address' },
    leads: dead,
  },
  {
    kind: 'pod off the bridge',
    text: 'ip link set VETH nomaster',
    facts: ['pod', 'bridge'],
    script: `${port}; ip link set $port nomaster`,
    repair: 'ip link set $(cat /root/port) master cni0',
    makes: { code: 'cni.veth-orphaned' },
    leads: dead,
  },
  {
    kind: 'overlay deleted',
    text: 'ip link del flannel.1',
    facts: ['overlay'],
    script: 'ip link del flannel.1',
    repair: 'overlay',
    byRestart: true,
    partial: {
      text: 'flannel.1 is made anew without the way to the other node',
      script: 'overlay; ip route del 10.42.1.0/24',
      ends: ['cni.overlay-missing'],
    },
    makes: { code: 'cni.overlay-missing' },
    leads: [...keys('cni.routes-missing'), flapping('flannel.1')],
  },
  {
    kind: 'overlay down',
    text: 'ip link set flannel.1 down',
    facts: ['overlay'],
    script: 'ip link set flannel.1 down',
    repair: 'overlay',
    byRestart: true,
    makes: { code: 'cni.overlay-down' },
    leads: [...keys('cni.routes-missing'), flapping('flannel.1')],
  },
  {
    kind: 'route',
    text: 'ip route del 10.42.1.0/24',
    facts: ['overlay'],
    script: 'ip route del 10.42.1.0/24',
    repair: 'peer',
    byRestart: true,
    makes: { code: 'cni.routes-missing' },
  },
  {
    kind: 'FDB entry',
    text: 'bridge fdb del MAC dev flannel.1',
    facts: ['overlay'],
    script: 'bridge fdb del 0a:58:0a:2a:01:00 dev flannel.1 dst 192.0.2.1 self',
    repair: 'peer',
    byRestart: true,
    makes: { code: 'cni.routes-missing' },
  },
  {
    kind: 'forwarding',
    text: 'sysctl -w net.ipv4.ip_forward=0',
    facts: ['forwarding'],
    script: 'sysctl -qw net.ipv4.ip_forward=0',
    repair: 'sysctl -qw net.ipv4.ip_forward=1',
    byRestart: true,
    makes: { code: 'cni.forwarding-off' },
    grace,
  },
]

const slow: readonly RealFault[] = [
  {
    kind: 'CoreDNS',
    text: 'systemctl stop cluster-dns',
    facts: ['dns'],
    script: 'systemctl stop cluster-dns',
    repair: startDns,
    makes: { code: 'cni.dns-dead' },
  },
  {
    kind: 'CNI configuration',
    text: 'the folder of the CNI configuration is emptied',
    facts: ['conf'],
    script: 'mv /var/lib/rancher/k3s/agent/etc/cni/net.d /root/net.d',
    repair: 'mv /root/net.d /var/lib/rancher/k3s/agent/etc/cni/net.d',
    makes: { code: 'cni.conf-missing' },
    grace,
  },
  {
    kind: 'subnet file',
    text: 'rm /run/flannel/subnet.env',
    facts: ['subnet'],
    script: 'mv /run/flannel/subnet.env /root/subnet.env',
    repair: 'mkdir -p /run/flannel; mv /root/subnet.env /run/flannel/subnet.env',
    makes: { code: 'cni.subnet-env-missing' },
    grace,
  },
  {
    kind: 'MTU',
    text: 'ip link set flannel.1 mtu 1400',
    facts: ['overlay'],
    script: 'ip link set flannel.1 mtu 1400',
    repair: 'ip link set flannel.1 mtu 1450',
    makes: { code: 'cni.mtu-mismatch' },
  },
]

export const networkFaults = { quick, slow }
