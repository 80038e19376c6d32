import type { Example } from './examples.ts'

const family = 'ipv4'
const ssh = { text: 'New IPv4 connections to SSH ports 22, 2222 are dropped: the policy of INPUT is DROP.' }
const pod = { namespace: 'kube-system', name: 'svclb-traefik-external-8c41b1f4-x7q2m' }

export const firewall: readonly Example[] = [
  {
    it: {
      code: 'firewall.flushed',
      subject: 'ipv4',
      text: 'filter and nat flushed: 1204 of 1204 IPv4 rules gone, by `iptables` (pid 25978) at 03:12:07 UTC.',
      evidence: { family, table: 'filter, nat', before: 1204, least: 0, now: 0 },
    },
    key: '1204/1204',
  },
  {
    it: {
      code: 'firewall.kube-chains-missing',
      subject: 'ipv6',
      text: "kube-proxy's IPv6 nat rules lack KUBE-POSTROUTING; k3s has run for 12 min. 41 IPv6 rules left in all.",
      evidence: { family: 'ipv6', table: 'nat', rules: 41, missing: 'KUBE-POSTROUTING' },
    },
    key: 'kube-proxy ip6tables',
  },
  {
    it: {
      code: 'firewall.hostport-rules-missing',
      subject: `${pod.namespace}/${pod.name}`,
      pod,
      text: `Host ports 80, 443 of this node belong to pod ${pod.namespace}/${pod.name}, but no rule forwards to 10.42.0.24:80.`,
      evidence: { family: 'ipv4, ipv6', table: 'nat', port: '80, 443, 80 over IPv6, 443 over IPv6' },
    },
    key: '80, 443 dead: svc',
  },
  {
    it: {
      code: 'firewall.lockout',
      subject: family,
      ...ssh,
      evidence: { family, table: 'filter', port: '22, 2222', by: 'the policy of INPUT is DROP' },
    },
    key: 'ports 22, 2222',
  },
  {
    it: {
      code: 'firewall.lockout-risk',
      subject: 'ipv6',
      text: 'The IPv6 policy of INPUT is DROP: `ip6tables -F` would lock out SSH on port 22.',
      fix: ['Before you delete rules, reset the policy: `ip6tables -P INPUT ACCEPT`'],
      avoid: ["Don't run `ip6tables -F`: the DROP policy stays and locks out SSH."],
    },
    key: 'ip6tables -F',
  },
  {
    it: {
      code: 'firewall.blocks-k3s',
      subject: 'k3s',
      text: "ufw drops what k3s needs: pods to the API (6443/tcp); pods to the kubelet (10250/tcp: metrics, kubectl top); other nodes to this node's pods (51820/udp) (`-A ufw-reject-input -j DROP`).",
      evidence: {
        family,
        table: 'filter',
        blocked: 'pods-api 6443, pods-kubelet 10250, overlay 51820',
        by: 'ufw',
      },
    },
    key: '6443, 10250',
  },
  {
    it: {
      code: 'firewall.ufw-drift',
      subject: 'ufw',
      text: 'ufw.conf says ufw is on, but no IPv4 packet reaches its rules: ufw status shows rules without effect.',
      evidence: { state: 'bypassed', family, table: 'filter' },
    },
    key: 'bypassed',
  },
  {
    it: {
      code: 'firewall.changed',
      subject: 'rules',
      text: '`iptables-nft-re` (pid 25978) changed the rules at 03:12:07 UTC: ufw 0 → 65.',
      evidence: { times: 1, process: 'iptables-nft-re' },
    },
    key: 'iptables-nft',
  },
  {
    it: {
      code: 'firewall.duplicates',
      subject: 'ipv6 legacy',
      text: '1039 of 1204 IPv6 rules are copies of others (iptables v1.8.3 (legacy)). Most: 1040 times in filter KUBE-ROUTER-INPUT: `-A KUBE-ROUTER-INPUT -j ACCEPT`.',
      evidence: { copies: 1039, rules: 1204 },
    },
    key: '1039 duplicate ip6tables rules',
  },
  {
    it: {
      code: 'firewall.growing',
      subject: 'iptables',
      text: '42000 iptables rules, growing by 1200 a day: 50000 in 7 d at this pace.',
      evidence: { rules: 42_000, daily: 1200 },
    },
    key: '42000',
  },
  {
    it: {
      code: 'firewall.two-backends',
      subject: 'ipv6',
      text: 'IPv6 has 91 rules in the nft backend and 1 in the legacy one.',
      evidence: { nft: 91, legacy: 1 },
    },
    key: 'ip6tables rules in both nft',
  },
  {
    it: {
      code: 'firewall.iptables-buggy',
      subject: 'iptables',
      text: 'iptables is v1.8.3 (nf_tables), which adds existing rules again and again.',
      evidence: { version: 'v1.8.3 (nf_tables)' },
    },
    key: '1.8.3',
  },
  {
    it: {
      code: 'firewall.conntrack-filling',
      subject: 'conntrack',
      text: 'The conntrack table is 97 % full (262144 connections): 100 % in 3 h at this pace.',
      evidence: { percent: 97, most: 262_144 },
    },
    key: '97 %',
  },
]
