import { declared, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { titles } from './titles.ts'

/** Rules for what makes a firewall slow or ambiguous, but not wrong. */
export type GrowthCode =
  | 'firewall.duplicates'
  | 'firewall.growing'
  | 'firewall.two-backends'
  | 'firewall.iptables-buggy'
  | 'firewall.conntrack-filling'

export const growthRules = declared({
  'firewall.duplicates': {
    severity: 'warning',
    title: 'duplicate iptables rules',
    titleFor: titles.duplicates,
    meaning:
      'At least ten rules are copies: the same chain holds another with exactly the same text. No component writes a rule twice on purpose; iptables 1.8.0 to 1.8.4 did (k3s issue 3117), and so did some versions of kube-router. Some 98,000 different rules of each backend are compared.',
    measured:
      '`iptables-save` and `ip6tables-save` of each backend that is in use: the same text in the same chain.',
    impact:
      'Every packet and every rule change takes longer. With the known bugs the node stops answering after days or weeks.',
    fix: [
      'See the copies: `iptables-save | grep ^-A | sort | uniq -cd | sort -rn | head`',
      'See whether this iptables is 1.8.0 to 1.8.4, which duplicates rules: `iptables --version`',
      'If so, install a newer iptables, or start k3s with --prefer-bundled-bin',
    ],
    avoid: ["Don't flush the chain: the one rule that is needed goes too."],
    pendingFor: 5 * minute,
    because: [{ code: 'firewall.iptables-buggy', takes: whileOpen }],
  },
  'firewall.growing': {
    severity: 'warning',
    title: 'iptables rules growing without end',
    titleFor: titles.growing,
    meaning:
      'The number of rules rose steadily over the last days, and reaches 50,000 within 30 days at this pace; or it is that high already. The pace is the median slope over all pairs of points: ups and downs and a single step do not count. Nodes have stopped answering with about 60,000 rules (k3s issue 3117).',
    measured: 'The number of rules in each round, kept for 30 days.',
    impact: 'Service changes get slower, iptables-restore takes the CPU, and finally the node hangs.',
    fix: [
      'See whose rules they are: `agent firewall`',
      'See whether they are copies: `iptables-save | grep ^-A | sort | uniq -cd | sort -rn | head`',
    ],
    avoid: ["Don't run `iptables -F`: services, policies and host ports go too."],
    pendingFor: minute,
    because: [{ code: 'firewall.duplicates', takes: whileOpen }],
  },
  'firewall.two-backends': {
    severity: 'warning',
    title: 'iptables rules in both nft and legacy',
    titleFor: titles.twoBackends,
    meaning:
      'The kernel keeps the rules of iptables-nft and of iptables-legacy apart, and a packet must pass both. Here both hold rules of the same family.',
    measured:
      '`iptables-nft-save` and, where its tables are loaded (/proc/net/ip_tables_names), `iptables-legacy-save`.',
    impact: 'Each tool shows and changes only its own half. What one half accepts, the other may still drop.',
    fix: ['See the legacy rules: `iptables-legacy-save`', 'See the nft rules: `iptables-nft-save`'],
    avoid: ["Don't flush one of them to test: a DROP policy would cut off the node."],
    pendingFor: 5 * minute,
  },
  'firewall.iptables-buggy': {
    severity: 'warning',
    title: 'iptables bug: duplicate rules',
    titleFor: titles.buggyIptables,
    meaning:
      "The iptables of this machine is 1.8.0 to 1.8.4 with the nft backend, which k3s's documentation names as broken (Known Issues): it does not find existing rules and adds them again.",
    measured: 'The version in the first line of `iptables-save`.',
    impact: 'Rules multiply until the node stops answering, within days or weeks.',
    fix: [
      'Let k3s use its bundled iptables: add prefer-bundled-bin: true to /etc/rancher/k3s/config.yaml',
      'Then restart k3s (on an agent: k3s-agent): `systemctl restart k3s`',
      'Or install iptables 1.8.5 or later',
    ],
    avoid: ["Don't delete the copies yet: this iptables adds them again."],
    pendingFor: minute,
  },
  'firewall.conntrack-filling': {
    severity: 'warning',
    title: 'conntrack table filling up',
    titleFor: titles.conntrack,
    meaning:
      'The kernel tracks 80 % of the connections that it can (`nf_conntrack_max`), or half of them and will be full within a day at the pace of the last one. Critical from 95 %.',
    measured: '/proc/sys/net/netfilter/nf_conntrack_count and nf_conntrack_max.',
    impact:
      'When full, new connections fail at random; the kernel logs "nf_conntrack: table full, dropping packet".',
    fix: [
      'See which source has most (package conntrack): `conntrack -L 2>/dev/null | grep -oE "^[^=]* src=[^ ]+" | grep -o "src=.*" | sort | uniq -c | sort -rn | head`',
      'Make room until that is fixed: `sysctl -w net.netfilter.nf_conntrack_max=524288`',
    ],
    avoid: ["Don't run `conntrack -F`: it cuts every connection through NAT, services included."],
    pendingFor: minute,
  },
})
