import { declared, whileOpen } from '../../agent/model/index.ts'
import { ofOverlayTo } from '../node/flushed.ts'
import { onlyLarge } from './proofs.ts'
import { titles } from './titles.ts'

export type ReachCode = 'cni.peer-unreachable'

/** The rule for what no table shows: packets to another node that do not arrive. */
export const reachRules = declared({
  'cni.peer-unreachable': {
    severity: 'critical',
    title: 'another node silent over the overlay',
    titleFor: titles.reach,
    meaning:
      "Packets to another node's own address on the overlay (flannel.1, VXLAN) get no answer, or only small ones do (an MTU black hole: a warning). Its address outside the overlay does answer; where that is silent too the node is off, and nothing is reported here. Before it is reported, neither a closed UDP port nor the kubelet over the overlay nor a ping answers, in two rounds, eight seconds apart or more. After a node was away or its k3s stopped, or when it has never answered, and after a start of k3s here, it has two minutes. A node that rejects connections to its kubelet, as while k3s is stopped there, is information after ten minutes. So long it has too where its kubelet never answered this node. Not reported with host-gw, WireGuard and other CNIs.",
    measured:
      'A UDP packet as large as the overlay takes, with DF, to port 9 of each node every 10 s, at most 50 at a time. Where that is not answered: a smaller one, TLS to port 10250, `ping -I flannel.1 -M do`, and the same to the address of the node itself.',
    impact: "Pods here and that node's pods cannot reach each other, while kubectl shows both nodes Ready.",
    // What a restart of flannel over there takes to be known here; less than the pause between two looks, so that the next
    // one confirms it.
    pendingFor: 8_000,
    fix: [
      'See whether packets of the other nodes still come in here: `tcpdump -c 5 -ni any udp port 8472`',
      'On that node, see which rule drops them: `iptables-save | grep -nE "8472|REJECT|DROP"`',
      'On that node, ask Murphy: `agent status`',
    ],
    avoid: [
      "Don't run `iptables -F`: it may lock out SSH.",
      "Don't restart k3s or reboot for this: neither repairs a firewall.",
    ],
    because: [
      { code: 'cni.routes-missing', takes: whileOpen, same: 'subject' },
      { code: 'cni.overlay-missing', takes: whileOpen, same: 'link' },
      { code: 'cni.overlay-down', takes: whileOpen, same: 'link' },
      // Who was seen to answer meanwhile is silent for another reason: the next packet would have met the same.
      { code: 'cni.mtu-mismatch', same: 'link', proof: onlyLarge },
      // It drops the overlay since it is critical, where it was a warning before.
      { code: 'firewall.blocks-k3s', grave: true, proof: ofOverlayTo },
    ],
  },
})
