import { declared, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { cleared } from '../node/cleared.ts'
import { flushedFilter, ofNat, ofOverlay, ofSomeOverlay } from '../node/flushed.ts'
import { both, noAnswer } from './proofs.ts'
import { titles } from './titles.ts'

export type DegradedCode = 'cni.addresses-leaking' | 'cni.errors-growing' | 'cni.flapping' | 'cni.dns-dead'

/** Rules for slow decay, and for the consequences of everything else. */
export const degradedRules = declared({
  'cni.addresses-leaking': {
    severity: 'warning',
    title: 'pod IP leak',
    titleFor: titles.leak,
    meaning:
      'host-local keeps a file for each address it assigned (/var/lib/cni/networks/cbr0). Three or more belong to sandboxes that no longer exist, for ten minutes at least: the deletion of those pods was interrupted, as by a power cut or an OOM kill. Nothing releases them. Critical when a tenth is left, or enough for less than three days.',
    measured:
      'The files in /var/lib/cni/networks/cbr0 against the sandboxes that containerd runs; the forecast from the times at which the leak grew.',
    impact: 'At 0 left, no new pod starts on this node: "no IP addresses available in range set".',
    pendingFor: minute,
    fix: [
      'See the reserved addresses: `ls /var/lib/cni/networks/cbr0`',
      'See which addresses pods have (on a server): `kubectl get pods -A -o wide`',
      'Then delete the files of the addresses that no pod has',
    ],
    avoid: ["Don't empty the folder while pods run: addresses in use would be assigned twice."],
  },
  'cni.errors-growing': {
    severity: 'warning',
    title: 'growing network errors',
    titleFor: titles.errors,
    meaning:
      'The error counters of uplink, overlay, what is under it, or bridge (/proc/net/dev, received and sent) grew. That is by 30 or more within an hour, in three rounds or more, and by a thousandth of the packets. The pace is called rough until six rounds over half an hour agree. Dropped packets are not counted here.',
    measured: '/proc/net/dev.',
    impact:
      'Connections get slow before they break. On hardware the reason is mostly cable, port or card; on the overlay, a node it cannot reach.',
    pendingFor: minute,
    fix: [
      'See which errors they are: `ip -s -s link`',
      'See what the driver of that DEVICE counts: `ethtool -S DEVICE`',
    ],
    because: [
      { code: 'cni.routes-missing', takes: whileOpen },
      { code: 'cni.flapping', takes: whileOpen, same: 'link' },
    ],
  },
  'cni.flapping': {
    severity: 'warning',
    title: 'network link flapping',
    titleFor: titles.flapping,
    meaning:
      "Uplink, overlay, what is under it, or bridge went down three times or more within ten minutes: for the devices by which packets leave, by the kernel's count of lost carriers, for the others by `ip monitor`. What went down within two minutes of a start of k3s does not count: k3s and `k3s-killall.sh` do that.",
    measured:
      '/sys/class/net/DEVICE/carrier_down_count of the devices by which packets leave, and `ip monitor link`.',
    impact:
      'Connections stall each time, and routes through the link may stay lost. Usual reasons: a bad cable, or two managers of one interface.',
    pendingFor: 10_000,
    fix: [
      'See what the kernel logged about the link: `journalctl -k -n 100`',
      'See what else manages it: `journalctl -u NetworkManager -u systemd-networkd -u dhcpcd -n 100`',
    ],
  },
  'cni.dns-dead': {
    severity: 'critical',
    title: 'cluster DNS (CoreDNS) not answering',
    titleFor: titles.dns,
    meaning:
      "This node asks the cluster's DNS address (cluster-dns, the tenth of service-cidr, or what the kubelet gives pods) for kubernetes.default.svc. Two questions got no answer, or SERVFAIL, in a scheduled round, and still so a minute later. On an agent it must have answered before, since an agent does not know whether its cluster has one.",
    measured: 'A DNS question over UDP from this node, 1 s for each of two tries.',
    impact: 'Pods on this node resolve no names: everything seems down to them, in the cluster and outside.',
    fix: [
      'See whether CoreDNS runs, and where (on a server): `kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide`',
      'See whether its service has an endpoint (on a server): `kubectl -n kube-system get endpoints kube-dns`',
    ],
    avoid: ["Don't edit /etc/resolv.conf of the node: pods do not resolve cluster names by it."],
    // Restarting CoreDNS, as each upgrade does: 2.4 s here, some more on a board.
    pendingFor: minute,
    because: [
      // Rules and links that are wrong make silence. What is refused, or answered, came as far as the service.
      // The question goes out of the node itself: by the rules of nat, and its answer comes in by those of filter.
      { code: 'firewall.flushed', proof: both(ofNat, noAnswer) },
      {
        code: 'firewall.lockout',

        triggers: flushedFilter.map((it) => ({ ...it, proof: both(it.proof, noAnswer) })),
      },
      { code: 'firewall.kube-chains-missing', proof: noAnswer },
      { code: 'firewall.blocks-k3s', proof: both(ofOverlay, noAnswer) },
      { code: 'firewall.blocks-k3s', proof: both(ofSomeOverlay, noAnswer), partly: true },
      // CoreDNS runs on without k3s; it is only not started.
      { code: 'k3s.down', takes: whileOpen, triggers: cleared },
      ...cleared,
      // By which of these its packets go depends on the node that CoreDNS runs on.
      { code: 'cni.bridge-missing', proof: noAnswer, partly: true },
      { code: 'cni.bridge-down', proof: noAnswer, partly: true },
      { code: 'cni.bridge-address', proof: noAnswer, partly: true },
      { code: 'cni.veth-orphaned', proof: noAnswer, partly: true },
      { code: 'cni.overlay-missing', proof: noAnswer, partly: true },
      { code: 'cni.overlay-down', proof: noAnswer, partly: true },
      { code: 'cni.routes-missing', proof: noAnswer, partly: true },
      { code: 'cni.peer-unreachable', proof: noAnswer, partly: true },
    ],
  },
})
