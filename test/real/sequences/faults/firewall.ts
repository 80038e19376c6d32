import { settling } from '../../../../collectors/firewall/checks/kube.ts'
import { rebuildUfw } from '../../../../collectors/firewall/rules.ts'
import { keys, type RealFault } from './fault.ts'

/** With filter's rules ufw's go too, and its policy stays: what comes in is dropped, over loopback and from pods as well. */
const ofFilter = keys(
  'firewall.lockout',
  'firewall.blocks-k3s',
  'firewall.ufw-drift',
  'firewall.kube-chains-missing',
  'firewall.flannel-rules-missing',
  'cni.dns-dead',
  'k3s.api-unhealthy',
  'k3s.kubelet-unhealthy',
  'agent.sink-failing',
)
const ofNat = keys(
  'firewall.kube-chains-missing',
  'firewall.flannel-rules-missing',
  'firewall.hostport-rules-missing',
  'cni.dns-dead',
)
/** As somebody pastes it: where chains are in use already it says so and goes on. */
const rebuilt = `set +e; ${rebuildUfw}; set -e`
const ufw = {
  text: 'ufw reload, and no rule of k3s',
  script: rebuilt,
  ends: ['firewall.lockout', 'firewall.ufw-drift'],
}
const filter = {
  facts: ['filter', 'ssh', 'ufw'],
  repair: `${rebuilt}; rules`,
  partial: ufw,
  makes: { code: 'firewall.flushed', subject: 'ipv4 filter' },
  leads: ofFilter,
}
/** As a hardening guide has it: its own rules for what comes in, and all others gone. */
const hardening = `iptables-nft-restore <<'END'
*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p tcp --dport 22 -j ACCEPT
COMMIT
END`

const quick: readonly RealFault[] = [
  {
    kind: 'flush of nat',
    text: 'iptables -t nat -F',
    facts: ['nat', 'hostports'],
    script: 'iptables -t nat -F',
    repair: 'rules',
    byRestart: true,
    makes: { code: 'firewall.flushed', subject: 'ipv4 nat' },
    leads: ofNat,
  },
  { kind: 'flush of filter', text: 'iptables -F', script: 'iptables -F', ...filter },
  {
    ...filter,
    kind: 'flush of all',
    text: 'iptables -F; iptables -t nat -F',
    facts: [...filter.facts, 'nat', 'hostports'],
    script: 'iptables -F; iptables -t nat -F',
    makes: { code: 'firewall.flushed', subject: 'ipv4' },
    leads: [...ofFilter, ...ofNat],
  },
  {
    ...filter,
    kind: 'flush by a script',
    text: 'a hardening script loads its own rule set for filter',
    script: hardening,
    repair: `iptables -F INPUT; ${rebuilt}; rules`,
    partial: { ...ufw, script: `iptables -F INPUT; ${rebuilt}` },
  },
  {
    // It takes away every rule of iptables when it starts, and has a table of its own after that.
    kind: 'flush by firewalld',
    text: 'systemctl start firewalld, which nobody told of k3s',
    facts: [...filter.facts, 'nat', 'hostports'],
    script: 'systemctl start firewalld',
    repair: `systemctl stop firewalld; ${rebuilt}; rules`,
    makes: { code: 'firewall.flushed', subject: 'ipv4' },
    leads: [...ofFilter, ...ofNat],
  },
  {
    kind: 'host ports',
    text: 'iptables -t nat -F CNI-HOSTPORT-DNAT',
    facts: ['hostports', 'nat'],
    script: 'iptables -t nat -F CNI-HOSTPORT-DNAT',
    repair: 'chain CNI-HOSTPORT-DNAT',
    makes: { code: 'firewall.hostport-rules-missing' },
  },
  {
    kind: 'lockout',
    text: 'ufw delete allow 22/tcp',
    facts: ['ssh', 'ufw'],
    script: 'ufw delete allow 22/tcp',
    repair: 'ufw allow 22/tcp',
    makes: { code: 'firewall.lockout' },
  },
  {
    kind: 'ufw blocks',
    text: 'ufw delete allow from 10.42.0.0/16',
    facts: ['ufw'],
    script: 'ufw delete allow from 10.42.0.0/16',
    repair: 'ufw allow from 10.42.0.0/16',
    makes: { code: 'firewall.blocks-k3s' },
  },
]

const slow: readonly RealFault[] = [
  {
    kind: 'kube chains',
    text: 'iptables -t nat -F KUBE-SERVICES',
    facts: ['nat'],
    script: 'iptables -t nat -F KUBE-SERVICES',
    repair: 'chain KUBE-SERVICES',
    byRestart: true,
    makes: { code: 'firewall.kube-chains-missing' },
    grace: settling,
    leads: keys('cni.dns-dead'),
  },
  {
    kind: 'ufw drift',
    text: 'iptables -F ufw-user-output',
    facts: ['ufw'],
    script: 'iptables -D INPUT -j ufw-track-input; iptables -F ufw-user-input',
    repair: rebuilt,
    makes: { code: 'firewall.ufw-drift' },
    leads: keys('firewall.lockout', 'firewall.blocks-k3s'),
  },
]

export const firewallFaults = { quick, slow }
