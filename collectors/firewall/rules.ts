import { causes, declared } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { cleared } from '../node/cleared.ts'
import { type GrowthCode, growthRules } from './rules-growth.ts'

export type Code =
  | 'firewall.flushed'
  | 'firewall.kube-chains-missing'
  | 'firewall.flannel-rules-missing'
  | 'firewall.hostport-rules-missing'
  | 'firewall.lockout'
  | 'firewall.lockout-risk'
  | 'firewall.ufw-blocks-k3s'
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
    title: 'the firewall was flushed',
    meaning:
      'Iptables rules that this node had are gone from the built-in chains: of several owners at once, or of one that cannot have taken them away itself (kube-proxy while k3s runs, ufw while it is on). Rules are counted by owner and table over both backends and compared with what was there before; pods and services that come and go, `ufw disable`, a stopped k3s and a reboot do not count. Each flush has its tables, its time and its process; tables that go within a minute are one flush. It stays until at least half of the rules of each owner are back in its tables; the next flush is a finding of its own. After 24 hours the new state counts as normal, unless those of kube-proxy (while k3s runs) or ufw (while it is on) are still missing. Notified at once: no ordinary command passes through this state. ufw leaves its jumps in the built-in chains when it reloads, and `iptables-restore` replaces a table in one step (measured).',
    measured:
      '`iptables-save` and `ip6tables-save` of each backend that is in use, counted by owner, table and built-in chain; which process deleted from which table, from `nft monitor`.',
    impact:
      'Services, network policies and published ports may no longer work. Where a policy is DROP, whatever had been allowed is blocked now, SSH included.',
    fix: [
      'See what is left: `iptables-save | grep -c ^-A`',
      'If k3s runs here: `systemctl restart k3s` (on an agent: `systemctl restart k3s-agent`) writes its rules again',
      'Then delete the pods that own host ports (ingress, svclb), so that their ports are mapped again: a restart does not bring these back',
      'Rules of your own come back from the last good snapshot: `agent firewall diff` shows what went, `agent firewall show good` prints it for `iptables-restore`',
    ],
    avoid: [
      'Flush again (`iptables -F`, `-X`): it repairs nothing, and with ufw on it shuts SSH out.',
      'Reboot before SSH is sure to come back.',
    ],
  },
  'firewall.kube-chains-missing': {
    severity: 'critical',
    title: "kube-proxy's rules are missing",
    meaning:
      'k3s has run for more than three minutes, but the chains of the nat table by which services are reached (KUBE-SERVICES, KUBE-POSTROUTING, and the jumps to them from PREROUTING, OUTPUT and POSTROUTING) are not all there in any iptables backend. Not judged where kube-proxy is switched off or does not use iptables.',
    measured:
      '`iptables-save` and `ip6tables-save` of each backend that is in use: the rules and jumps of the nat table.',
    impact:
      'Services do not answer from this node: cluster DNS, the API as pods see it, NodePorts. kube-proxy looks for them only once an hour.',
    fix: [
      '`systemctl restart k3s` (on an agent: `systemctl restart k3s-agent`)',
      'Then delete the pods that own host ports (ingress, svclb), so that their ports are mapped again',
    ],
    avoid: ['Flush or restore rules by hand: k3s writes them itself when it starts.'],
    // kube-proxy looks for its canaries every 30 s; what it makes anew then, as after `firewall-cmd --reload`, is no alarm.
    pendingFor: minute,
    // The chains are judged only three minutes after a start.
    because: goneSince,
  },
  'firewall.flannel-rules-missing': {
    severity: 'critical',
    title: "flannel's rules are missing",
    meaning:
      'This node has had rules of flannel in a table (FLANNEL-POSTRTG and FLANNEL-FWD, or rules with the pod network in the built-in chains, which depends on its version), k3s has run for more than three minutes, and none is left there. While it is well, flannel puts them back every minute. After 24 hours the new state counts as normal.',
    measured:
      "`iptables-save` and `ip6tables-save` of each backend that is in use: rules that are flannel's by their chain or their network.",
    impact:
      'Pods may not reach anything outside the cluster (nobody masquerades for them), and are cut off where forwarding drops by default.',
    fix: ['`systemctl restart k3s` (on an agent: `systemctl restart k3s-agent`)'],
    avoid: ['Add these rules by hand: another version writes others, and then both are there.'],
    pendingFor: 2 * minute,
    because: goneSince,
  },
  'firewall.hostport-rules-missing': {
    severity: 'critical',
    title: 'a host port leads nowhere',
    meaning:
      "The CNI's own record (`/var/lib/cni/results`) says that a port of this node belongs to a pod that is there, but no rule of the nat table that packets reach (CNI-HOSTPORT-DNAT, CNI-DN-…) leads to it. The portmap plugin writes these rules only when the pod is made: neither k3s nor kube-proxy ever puts them back.",
    measured:
      '/var/lib/cni/results against the DNAT rules in `iptables-save`; the pod counts while its veth is in /sys/class/net.',
    impact:
      'Whatever that port served is dead from outside: with ingress or svclb that is every website of this node. `kubectl` shows the pod Running all the same.',
    fix: [
      'Delete the pod, so that its ports are mapped when it is made again: `kubectl -n NAMESPACE delete pod NAME`',
    ],
    avoid: [
      'Wait for it to mend itself: not even a restart of k3s maps the port again, only making the pod anew does.',
    ],
    pendingFor: 10_000,
    because: [...goneForGood, { code: 'firewall.kube-chains-missing', same: 'family', outlivesRepair: true }],
  },
  'firewall.ufw-blocks-k3s': {
    severity: 'critical',
    title: 'ufw shuts out what k3s needs',
    meaning:
      "A first packet was followed through the rules of both backends from where it would come: from a pod of this node to the API (server) and the kubelet, from other nodes to the API (server) and to the overlay. It is dropped for certain, while ufw is on and its chains are reached. What only other nodes need counts only where there are any. Ports are k3s's own, as it was started.",
    measured:
      '`iptables-save` and `ip6tables-save` of each backend that is in use and tables of nftables, followed for each such packet; whether ufw is on from /etc/ufw/ufw.conf.',
    impact:
      'Pods cannot talk to the node, and the node cannot talk to its peers, while everything goes on showing Ready for a while.',
    fix: [
      'Let pods and services in: `ufw allow from 10.42.0.0/16`, `ufw allow from 10.43.0.0/16`',
      'On a server with other nodes: `ufw allow from NODE to any port 6443 proto tcp`; on every node `ufw allow from NODE to any port 8472 proto udp`, for each of the others',
    ],
    avoid: [
      'Flush (`iptables -F`): the policies stay and shut out SSH.',
      'Open 8472/udp to everybody: VXLAN lets anyone who reaches it send into the pod network.',
    ],
    // As for `firewall.lockout`: 0.9 s.
    pendingFor: 5_000,
  },
  'firewall.ufw-drift': {
    severity: 'warning',
    title: 'ufw and the kernel disagree',
    meaning:
      "ufw's own files (`/etc/ufw/ufw.conf`, `/etc/default/ufw`, `user.rules`, `before.rules`, `after.rules` and their twins for IPv6) were compared with the kernel: whether ufw is on and its chains are reached, how many rules people gave it, how many stand in its frame, and its default for what comes in.",
    measured: "ufw's files against the chains and policies in `iptables-save`.",
    impact:
      '`ufw status` tells of a firewall that is not there, or the reverse: what it says is allowed may be dropped, and what it says is denied may be open.',
    fix: [
      'See whether the way in is open: `iptables -S INPUT | head -3`',
      `Let ufw build its chains anew: \`${rebuildUfw}\``,
    ],
    avoid: [
      'Run `ufw enable` or `ufw reload` before SSH is allowed in its rules: `ufw allow 22/tcp` works at any time.',
    ],
    // `systemctl restart ufw` and `ufw reload`: up to 4.7 s.
    pendingFor: minute,
    because: goneForGood,
  },
  'firewall.lockout-risk': {
    severity: 'info',
    title: 'a flush would shut SSH out',
    meaning:
      'SSH is not shut out, and the policy of INPUT is DROP, as ufw sets it: `iptables -F` takes away the rule that lets it in and leaves the policy.',
    measured: 'The policy of INPUT, and the way of a packet to the SSH port, as for `firewall.lockout`.',
    impact:
      'Nothing now. Recipes for a broken cluster that begin with `iptables -F` cut the branch one sits on.',
    fix: [
      'To take rules away: `ufw disable` first, which also sets the policy back',
      'To try rules out: `iptables-apply FILE`, which takes them back unless you answer',
    ],
    avoid: ['`iptables -F` while this stands here.'],
    pendingFor: 10_000,
  },
  'firewall.changed': {
    severity: 'info',
    title: 'the firewall was changed',
    meaning:
      'Rules that do not come and go with pods, services, containers and bans were changed: those of people and of ufw, policies, or the places at which the chains of Kubernetes hang. Who did it is what the kernel noted with the change; for the legacy backend it notes nothing. It stands here for an hour; `agent firewall` has the journal. Notified at once: the change has been made, whatever comes after.',
    measured: 'The rule set against that of the look before; who did it from `nft monitor`.',
    impact: 'Nothing, if it was meant.',
    fix: ['See what went and what came: `agent firewall diff`'],
    avoid: ['Flush to get back to where it was: what is missing is what `agent firewall diff` shows.'],
    because: [{ code: 'firewall.flushed' }],
  },
  'firewall.lockout': {
    severity: 'critical',
    title: 'the firewall shuts SSH out',
    meaning:
      'A new TCP connection to the SSH port, its first packet and those that follow, was followed through the iptables rules of both backends, with their jumps and policies: no rule that could match accepts it, and in the end it is dropped. Where a condition or a table of nftables cannot be judged, nothing is said. Ports are those that SSH was told to listen on (sshd_config, an ssh.socket of systemd where that is enabled, options of sshd and dropbear) and on which something listens. Rules for certain sources count as accepting; those for loopback and for the networks of pods and services do not. After a flush it is notified at once.',
    measured:
      '`iptables-save` and `ip6tables-save` of each backend that is in use and tables of nftables, followed for a packet to each port that SSH was told to listen on and on which /proc/net/tcp shows a listener.',
    impact:
      'Nobody can log in by SSH any more. Sessions that are open may stay open until they are closed, or may hang already.',
    fix: [
      'In a session that is still open, or on the serial console: `iptables -I INPUT -p tcp --dport 22 -j ACCEPT`',
      'Then find out what took the rule away: `agent status`',
    ],
    avoid: ['Close the session that is still open, flush again or reboot.'],
    urgent: true,
    // ufw empties its chains before it sets the policy: `ufw disable`, `reload` and `reset`, `systemctl restart ufw` 1.3 s.
    pendingFor: 5_000,
    because: [{ code: 'firewall.flushed', same: 'family' }],
  },
  ...growthRules,
})
