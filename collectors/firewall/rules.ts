import type { Rule } from '../../agent/model.ts'

export type Code = 'firewall.flushed' | 'firewall.kube-chains-missing' | 'firewall.lockout'

/** Builds ufw's chains anew after a flush: as long as its empty chains are there, `ufw reload` hangs nothing in them (measured with ufw 0.36). */
export const rebuildUfw = `iptables -S | sed -n 's/^-N \\(ufw-.*\\)/\\1/p' | xargs -rn1 iptables -X; ufw reload`

export const rules: Readonly<Record<Code, Rule>> = {
  'firewall.flushed': {
    severity: 'critical',
    title: 'the firewall was flushed',
    meaning:
      'Iptables rules that this node had are gone from the built-in chains: of several owners at once, or of one that cannot have taken them away itself (kube-proxy while k3s runs, ufw while it is on). Rules are counted by owner and table over both backends and compared with what was there before; pods and services that come and go, `ufw disable`, a stopped k3s and a reboot do not count. It stays until at least half of those rules stand again in every place, or for 24 hours, after which the new state counts as normal.',
    so: 'Services, network policies and published ports may no longer work. Where a policy is DROP, whatever had been allowed is blocked now, SSH included.',
    next: [
      'See what is left: `iptables-save | grep -c ^-A`',
      'If k3s runs here: `systemctl restart k3s` (on an agent: `systemctl restart k3s-agent`) writes its rules again',
      'Then delete the pods that own host ports (ingress, svclb), so that their ports are mapped again: a restart does not bring these back',
    ],
    never:
      'Flush again (`iptables -F`, `-X`): it repairs nothing, and with ufw on it shuts SSH out. Do not reboot before SSH is sure to come back.',
  },
  'firewall.kube-chains-missing': {
    severity: 'critical',
    title: "kube-proxy's rules are missing",
    meaning:
      'k3s has run for more than three minutes, but the chains of the nat table by which services are reached (KUBE-SERVICES, KUBE-POSTROUTING, and the jumps to them from PREROUTING, OUTPUT and POSTROUTING) are not all there in any iptables backend. Not judged where kube-proxy is switched off or does not use iptables.',
    so: 'Services do not answer from this node: cluster DNS, the API as pods see it, NodePorts. kube-proxy looks for them only once an hour.',
    next: [
      '`systemctl restart k3s` (on an agent: `systemctl restart k3s-agent`)',
      'Then delete the pods that own host ports (ingress, svclb), so that their ports are mapped again',
    ],
    never: 'Flush or restore rules by hand: k3s writes them itself when it starts.',
    // They are judged three minutes after a start.
    because: [
      { code: 'firewall.flushed' },
      { code: 'k3s.restarted', within: 5 * 60_000 },
      { code: 'k3s.killed', within: 5 * 60_000 },
      { code: 'k3s.rebooted', within: 5 * 60_000 },
    ],
  },
  'firewall.lockout': {
    severity: 'critical',
    title: 'the firewall shuts SSH out',
    meaning:
      'A new TCP connection to the SSH port was followed through the iptables rules of both backends, with their jumps and policies: no rule that could match accepts it, and in the end it is dropped. Ports are those of sshd_config on which something listens. Rules for certain sources count as accepting; those for loopback and for the networks of pods and services do not.',
    so: 'Nobody can log in by SSH any more. Sessions that are open may stay open until they are closed, or may hang already.',
    next: [
      'In a session that is still open, or on the serial console: `iptables -I INPUT -p tcp --dport 22 -j ACCEPT`',
      'Then find out what took the rule away: `agent status`',
    ],
    never: 'Do not close the session that is still open, do not flush again, do not reboot.',
    because: [{ code: 'firewall.flushed' }],
  },
}
