import { declared, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'

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
    title: 'rules stand there many times over',
    meaning:
      'At least ten rules are copies: another with exactly the same text stands in the same chain. No component writes a rule twice on purpose; iptables 1.8.0 to 1.8.4 did (k3s issue 3117), and so did some versions of kube-router. Some 98,000 different rules of each backend are compared.',
    measured:
      '`iptables-save` and `ip6tables-save` of each backend that is in use: the same text in the same chain.',
    impact:
      'Every packet and every change takes longer. With the known mistakes it goes on until the node stops answering, after days or weeks.',
    fix: [
      'See them: `iptables-save | grep ^-A | sort | uniq -cd | sort -rn | head`',
      'If iptables is 1.8.0 to 1.8.4 (`iptables --version`), bring a newer one, or start k3s with `--prefer-bundled-bin`',
    ],
    avoid: ['Flush the chain: the one rule that is meant goes with its copies.'],
    pendingFor: 5 * minute,
    because: [{ code: 'firewall.iptables-buggy', takes: whileOpen }],
  },
  'firewall.growing': {
    severity: 'warning',
    title: 'iptables rules grow without end',
    meaning:
      'Over the last days the number of rules rose steadily (median slope over all pairs of points; ups and downs and a single step do not count), and at that pace there are 50,000 within 30 days; or there are so many now. Nodes have stopped answering with about 60,000 rules (k3s issue 3117).',
    measured: 'The number of rules at each look, kept for 30 days.',
    impact:
      'Changes to services take longer and longer, the CPU goes to `iptables-restore`, and in the end the node hangs.',
    fix: [
      'See whose they are: `agent firewall`',
      'See whether they are copies: `iptables-save | grep ^-A | sort | uniq -cd | sort -rn | head`',
    ],
    avoid: ['Flush: services, policies and host ports go with it.'],
    pendingFor: minute,
    because: [{ code: 'firewall.duplicates', takes: whileOpen }],
  },
  'firewall.two-backends': {
    severity: 'warning',
    title: 'rules in both iptables backends',
    meaning:
      'The kernel keeps the rules of iptables-nft and of iptables-legacy apart, a packet must pass both, and both hold rules of the same family here.',
    measured:
      '`iptables-nft-save` and, where its tables are loaded (/proc/net/ip_tables_names), `iptables-legacy-save`.',
    impact:
      'Each tool shows and changes only its own half: a rule that lets something in there does not undo one that drops it here.',
    fix: ['See whose they are: `iptables-legacy-save` against `iptables-nft-save`'],
    avoid: [
      'Flush one of the two to find out: if its policy is DROP, or k3s writes to it, the node is cut off.',
    ],
    pendingFor: 5 * minute,
  },
  'firewall.iptables-buggy': {
    severity: 'warning',
    title: 'this iptables duplicates rules',
    meaning:
      "The iptables of this machine is 1.8.0 to 1.8.4 with the nft backend, which k3s's documentation names as broken (Known Issues): it does not find rules that are there and adds them again.",
    measured: 'The version in the first line of `iptables-save`.',
    impact: 'Rules multiply, in days or weeks until the node stops answering.',
    fix: [
      'Let k3s use the one it brings along: add `prefer-bundled-bin: true` to `/etc/rancher/k3s/config.yaml`, then `systemctl restart k3s`',
      'Or bring a newer iptables (1.8.5 or later)',
    ],
    avoid: ['Flush what it has duplicated: another iptables comes first, then a restart of k3s.'],
    pendingFor: minute,
  },
  'firewall.conntrack-filling': {
    severity: 'warning',
    title: 'the connection table is filling up',
    meaning:
      'Of the connections that the kernel can follow (`nf_conntrack_max`), 80 % are used, or half of them with the rest gone within a day at the pace of the last one. Critical from 95 %.',
    measured: '/proc/sys/net/netfilter/nf_conntrack_count and nf_conntrack_max.',
    impact:
      'Once it is full, new connections are dropped at random: timeouts everywhere, and `nf_conntrack: table full, dropping packet` in the kernel log.',
    fix: [
      'See who has so many: `conntrack -L 2>/dev/null | grep -o "src=[0-9a-f.:]*" | sort | uniq -c | sort -rn | head`',
      'Room until that is mended: `sysctl -w net.netfilter.nf_conntrack_max=524288`',
    ],
    avoid: ['`conntrack -F`: it cuts every connection that goes through NAT, services included.'],
    pendingFor: minute,
  },
})
