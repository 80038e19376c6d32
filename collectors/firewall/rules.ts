import { causes, declared, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { cleared } from '../node/cleared.ts'
import { ofFilter } from '../node/flushed.ts'
import { leaveBarePods } from '../node/pods.ts'
import { lostOnlyK3s, notForwarded } from './proofs.ts'
import { type GrowthCode, growthRules } from './rules-growth.ts'
import { titles } from './titles.ts'

export type Code =
  | 'firewall.flushed'
  | 'firewall.kube-chains-missing'
  | 'firewall.flannel-rules-missing'
  | 'firewall.hostport-rules-missing'
  | 'firewall.lockout'
  | 'firewall.lockout-risk'
  | 'firewall.blocks-k3s'
  | 'firewall.ufw-drift'
  | 'firewall.changed'
  | GrowthCode

/** What removes k3s's rules; k3s writes them again within minutes or not at all. */
const goneSince = causes({ code: 'firewall.flushed', same: 'family' }, ...cleared)
/** For what a restart of k3s does not bring back. */
const goneForGood = causes({ code: 'firewall.flushed', same: 'family', outlivesRepair: true })

/**
 * Rebuilds ufw's chains after a flush: while its empty chains exist, `ufw reload` adds no rules to them (measured with
 * ufw 0.36).
 */
export const rebuildUfw = `iptables -S | sed -n 's/^-N \\(ufw-.*\\)/\\1/p' | xargs -rn1 iptables -X; ufw reload`

export const rules = declared({
  'firewall.flushed': {
    severity: 'critical',
    title: 'firewall flushed',
    titleFor: titles.flushed,
    meaning:
      'Iptables rules of this node vanished from the built-in chains: of several owners at once, or of one that did not remove them itself (kube-proxy while k3s runs, ufw while it is on). Rules are counted by owner and table over both backends and compared with the count before. Pods and services that start or end, `ufw disable`, a stopped k3s and a reboot do not count. Each flush has its tables, its time and its process; tables flushed within a minute are one flush. It stays open until each owner has half of its rules back; the next flush is a finding of its own. After 24 hours the new state counts as normal, unless rules of kube-proxy (while k3s runs) or ufw (while it is on) are still missing. Notified at once: no ordinary command passes through this state. ufw keeps its jumps in the built-in chains when it reloads, and `iptables-restore` replaces a table in one step (measured); a dump during that may miss rules all the same, so they are read until two dumps agree (five at most).',
    measured:
      '`iptables-save` and `ip6tables-save` of each backend that is in use, counted by owner, table and built-in chain; which process deleted from which table, from `nft monitor`.',
    impact:
      'Services, network policies and host ports may be down. Under a DROP policy SSH may be blocked too.',
    fix: [
      'Count the rules that are left: `iptables-save | grep -c ^-A`',
      'Restart k3s, which writes its rules again (on an agent: k3s-agent): `systemctl restart k3s`',
      'Then delete the pods that own host ports (ingress, svclb): a restart does not map these ports again',
      'See which rules are missing: `agent firewall diff`',
      'Print the last good rules, as input for iptables-restore: `agent firewall show good`',
    ],
    avoid: [
      "Don't run `iptables -F` again: it fixes nothing and locks out SSH under ufw.",
      "Don't reboot until a new SSH login works: you may lock yourself out.",
    ],
  },
  'firewall.kube-chains-missing': {
    severity: 'critical',
    title: 'kube-proxy iptables rules missing',
    titleFor: titles.kubeChains,
    meaning:
      'k3s has run for more than three minutes, but no iptables backend has all that services need in the nat table: KUBE-SERVICES, KUBE-POSTROUTING, and the jumps to them from PREROUTING, OUTPUT and POSTROUTING. Not judged where kube-proxy is off or does not use iptables.',
    measured:
      '`iptables-save` and `ip6tables-save` of each backend that is in use: the rules and jumps of the nat table.',
    impact:
      'Services fail from this node: cluster DNS, the API for pods, NodePorts. kube-proxy may restore them only at its hourly sync.',
    fix: [
      'Restart k3s (on an agent: k3s-agent): `systemctl restart k3s`',
      'Then delete the pods that own host ports (ingress, svclb): a restart does not map these ports again',
    ],
    avoid: ["Don't flush or restore rules by hand: k3s writes its own when it starts."],
    // kube-proxy looks for its canaries every 30 s; what it makes anew then, as after `firewall-cmd --reload`, is no alarm.
    pendingFor: minute,
    // The chains are judged only three minutes after a start.
    because: goneSince,
  },
  'firewall.flannel-rules-missing': {
    severity: 'critical',
    title: 'flannel iptables rules missing',
    meaning:
      'This node had rules of flannel in a table, k3s has run for more than three minutes, and none is left in that table. They are FLANNEL-POSTRTG and FLANNEL-FWD, or rules with the pod network in the built-in chains, by its version. A healthy flannel restores them every minute. After 24 hours the new state counts as normal.',
    measured:
      "`iptables-save` and `ip6tables-save` of each backend that is in use: rules that are flannel's by their chain or their network.",
    impact:
      'Pods may not reach anything outside the cluster (no masquerading). Where the FORWARD policy is DROP, pods are cut off.',
    fix: ['Restart k3s (on an agent: k3s-agent): `systemctl restart k3s`'],
    avoid: ["Don't add these rules by hand: flannel's differ by version, and both would stay."],
    pendingFor: 2 * minute,
    because: goneSince,
  },
  'firewall.hostport-rules-missing': {
    severity: 'critical',
    title: 'host port dead',
    titleFor: titles.hostPorts,
    meaning:
      "The CNI's own record (`/var/lib/cni/results`) says that a port of this node belongs to an existing pod, but no nat rule that packets reach (CNI-HOSTPORT-DNAT, CNI-DN-…) forwards it. The portmap plugin writes these rules only when the pod is created: neither k3s nor kube-proxy ever restores them.",
    measured:
      '/var/lib/cni/results against the DNAT rules in `iptables-save`; the pod counts while its veth is in /sys/class/net.',
    impact:
      'What this port serves is down from outside: with ingress or svclb, every website of this node. kubectl still shows the pod Running.',
    fix: [
      'Recreate the pod by NAMESPACE and NAME, which maps its ports (on a server): `kubectl -n NAMESPACE delete pod NAME`',
    ],
    avoid: [leaveBarePods, "Don't wait: no k3s restart maps the port, recreating the pod does."],
    pendingFor: 10_000,
    because: [...goneForGood, { code: 'firewall.kube-chains-missing', same: 'family', outlivesRepair: true }],
  },
  'firewall.blocks-k3s': {
    severity: 'critical',
    title: 'firewall blocks k3s',
    titleFor: titles.blocks,
    meaning:
      'Murphy follows packets that k3s needs through iptables of both backends and tables of nftables, whoever wrote them (ufw, firewalld, Docker, a cloud image, a single line). These are pods of this node to the API (server) and the kubelet, other nodes to the API (server) and the overlay, servers to the kubelet, other servers to etcd. This node to the overlay of others, and to the API (agent), and DNS between pods, which has to be forwarded. The packet is certainly dropped: by a rule, or by a policy. What other nodes send is followed from their addresses, where they are known, and counts only where there are any. Of the kubelet and of the API of servers one that passes is enough. Ports are those k3s was started with. Where something cannot be judged, nothing is reported.',
    measured:
      '`iptables-save` and `ip6tables-save` of each backend that is in use and tables of nftables, followed for each such packet. Other nodes: `ip -j -d route show`, `bridge -j fdb show` and `ip -j -d neigh show`, the way to them by `ip -j rule show` and `ip -j route get ADDRESS`, the load balancer of an agent, connections to 2380/tcp.',
    impact:
      'Pods cannot reach this node, or nodes each other, while everything still shows Ready for a while.',
    fix: [
      'With ufw, allow the pods: `ufw allow from 10.42.0.0/16`',
      'With ufw, allow the services: `ufw allow from 10.43.0.0/16`',
      'With ufw, allow the overlay from each other node (NODE is its address): `ufw allow from NODE to any port 8472 proto udp`',
      'With firewalld, trust the pods: `firewall-cmd --zone=trusted --add-source=10.42.0.0/16`',
      'Without either, allow the overlay from each other node (NODE is its address): `iptables -I INPUT -s NODE -p udp --dport 8472 -j ACCEPT`',
    ],
    avoid: [
      "Don't run `iptables -F`: the DROP policy stays and locks out SSH.",
      "Don't open 8472/udp to everybody, nor delete a rule that closes it: anyone could send into the pod network.",
      "Don't run `firewall-cmd --reload`: it deletes the rules of k3s too.",
    ],
    // `ufw reload` 0.9 s, `firewall-cmd --reload` 0.4 s (measured), on a board several.
    pendingFor: 15_000,
    because: [
      { code: 'firewall.flushed', same: 'family', proof: ofFilter },
      { code: 'firewall.flannel-rules-missing', same: 'family', takes: whileOpen, proof: notForwarded },
    ],
  },
  'firewall.ufw-drift': {
    severity: 'warning',
    title: 'ufw files and kernel rules differ',
    titleFor: titles.ufwDrift,
    meaning:
      "ufw's own files (`/etc/ufw/ufw.conf`, `/etc/default/ufw`, `user.rules`, `before.rules`, `after.rules` and their IPv6 twins) do not match the kernel. Compared are: whether ufw is on and its chains are reached, the number of your rules, the number of its own, and its default for incoming packets.",
    measured: "ufw's files against the chains and policies in `iptables-save`.",
    impact:
      'ufw status does not show the real firewall: what it allows may be dropped, what it denies may be open.',
    fix: [
      'See whether SSH is still let in: `iptables -S INPUT | head -3`',
      'Allow SSH in ufw: `ufw allow 22/tcp`',
      `Rebuild ufw's chains: \`${rebuildUfw}\``,
    ],
    avoid: ["Don't load ufw's rules before they allow SSH: you would lock yourself out."],
    // `systemctl restart ufw` and `ufw reload`: up to 4.7 s.
    pendingFor: minute,
    because: goneForGood,
  },
  'firewall.lockout-risk': {
    severity: 'info',
    title: 'iptables -F would lock out SSH',
    titleFor: titles.lockoutRisk,
    meaning:
      'SSH is reachable, and the policy of INPUT is DROP, as ufw sets it. `iptables -F` deletes the rule that accepts SSH and keeps the policy.',
    measured: 'The policy of INPUT, and the path of a packet to the SSH port, as for `firewall.lockout`.',
    impact: 'Nothing now. A recipe for a broken cluster that begins with `iptables -F` would lock you out.',
    fix: [
      'Before you delete rules, turn ufw off, which resets the policy: `ufw disable`',
      'Try new rules in a FILE with automatic rollback: `iptables-apply FILE`',
    ],
    avoid: ["Don't run `iptables -F`: the DROP policy stays and locks out SSH."],
    pendingFor: 10_000,
  },
  'firewall.changed': {
    severity: 'info',
    title: 'firewall rules changed',
    titleFor: titles.changed,
    meaning:
      'Rules changed that do not depend on pods, services, containers and bans: your own and those of ufw, policies, or the jumps to the chains of Kubernetes. The process is the one that the kernel names with the change; for the legacy backend it names none. The finding stays open for an hour; `agent firewall` has the journal. Notified at once: the change has been made, whatever comes after.',
    measured: 'The rule set against that of the round before; which process changed it, from `nft monitor`.',
    impact: 'Nothing, if the change was intended.',
    fix: ['See which rules were deleted and added: `agent firewall diff`'],
    avoid: ["Don't flush to undo the change: a flush deletes everything else too."],
    because: [{ code: 'firewall.flushed' }, { code: 'k3s.killed', takes: minute, proof: lostOnlyK3s }],
  },
  'firewall.lockout': {
    severity: 'critical',
    title: 'SSH locked out',
    titleFor: titles.lockout,
    meaning:
      'Murphy follows a new TCP connection to the SSH port, first packet and later ones. It does so through the iptables rules of both backends and the tables of nftables, with jumps and policies. No rule that could match accepts it, and in the end it is dropped. Nothing is reported where a condition or a table of nftables cannot be judged. Ports are those configured for SSH (sshd_config, an enabled ssh.socket of systemd, options of sshd and dropbear) on which something listens. Rules for certain sources count as accepting; those for loopback and for the networks of pods and services do not. After a flush it is notified at once.',
    measured:
      '`iptables-save` and `ip6tables-save` of each backend that is in use and tables of nftables, followed for a packet to each configured SSH port on which /proc/net/tcp shows a listener.',
    impact: 'Nobody can log in by SSH. Open sessions may survive until you close them, or hang already.',
    fix: [
      'In your open session or on the console: `iptables -I INPUT -p tcp --dport 22 -j ACCEPT`',
      'Then see which rule is missing: `agent firewall diff`',
    ],
    avoid: [
      "Don't close your open SSH session: it may be the only one you get.",
      "Don't reboot until a new SSH login works: you may lock yourself out.",
    ],
    urgent: true,
    // ufw empties its chains before it sets the policy: `ufw disable`, `reload` and `reset`, `systemctl restart ufw` 1.3 s.
    pendingFor: 5_000,
    because: [{ code: 'firewall.flushed', same: 'family' }],
  },
  ...growthRules,
})
