import { declared, whileOpen } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { cleared } from '../node/cleared.ts'
import { flushedFilter, ofNat, ofOverlay } from '../node/flushed.ts'

export type DegradedCode = 'cni.addresses-leaking' | 'cni.errors-growing' | 'cni.flapping' | 'cni.dns-dead'

/** DNS is asked only in rounds that nothing hurried, every three minutes. */
const asked = 4 * minute

/** Rules for slow decay, and for the consequences of everything else. */
export const degradedRules = declared({
  'cni.addresses-leaking': {
    severity: 'warning',
    title: 'pod addresses leak',
    meaning:
      'host-local keeps a file for each address it gave (/var/lib/cni/networks/cbr0). Three or more belong to sandboxes that are gone, for ten minutes at least: whoever deleted those pods was killed in the middle, as at a power cut or an OOM kill. Nothing takes them back. Critical when a tenth is left or less than three days.',
    measured:
      'The files in /var/lib/cni/networks/cbr0 against the sandboxes that containerd runs; the forecast from the times at which more were leaked.',
    impact:
      'When the last of about 250 addresses is taken, no new pod starts on this node: `no IP addresses available in range set`.',
    pendingFor: minute,
    fix: [
      '`ls /var/lib/cni/networks/cbr0`: what is reserved',
      '`kubectl get pods -A -o wide`, on a server: which addresses pods have. The files of the others can be removed',
    ],
    avoid: [
      'Empty the folder while pods run: their addresses would be given a second time, and both pods break.',
    ],
  },
  'cni.errors-growing': {
    severity: 'warning',
    title: 'a link counts more and more errors',
    meaning:
      'The error counters of uplink, overlay, what is under it, or bridge (/proc/net/dev, received and sent) grew by 30 or more within an hour, in three looks or more, and by a thousandth of the packets. The pace is called rough until six looks over half an hour agree. Dropped packets are not counted here.',
    measured: '/proc/net/dev.',
    impact:
      'Connections get slow before they break. Errors of the overlay are packets to nodes it cannot reach, those of hardware mostly cable, port or card.',
    pendingFor: minute,
    fix: ['`ip -s -s link`: which errors they are', '`ethtool -S DEVICE`: what the driver says'],
    because: [
      { code: 'cni.routes-missing', takes: whileOpen },
      { code: 'cni.flapping', takes: whileOpen, same: 'link' },
    ],
  },
  'cni.flapping': {
    severity: 'warning',
    title: 'a link comes and goes',
    meaning:
      'Uplink, overlay, what is under it, or bridge went down three times or more within ten minutes: what packets leave by, by the count of lost carriers that the kernel keeps, the others by what `ip monitor` said. What went down within two minutes of a start of k3s does not count: k3s and `k3s-killall.sh` do that.',
    measured: '/sys/class/net/DEVICE/carrier_down_count of what packets leave by, and `ip monitor link`.',
    impact:
      'Each time connections stall, and routes through the link may be lost for good. Two managers of the same interface do this, as does a bad cable.',
    pendingFor: 10_000,
    fix: [
      '`journalctl -k -n 100`: what the kernel says of the link',
      '`journalctl -u NetworkManager -u systemd-networkd -u dhcpcd -n 100`: whether something else manages it',
    ],
  },
  'cni.dns-dead': {
    severity: 'critical',
    title: 'the cluster DNS does not answer',
    meaning:
      "This node asks the cluster's DNS address (cluster-dns, the tenth of service-cidr, or what the kubelet gives pods) for kubernetes.default.svc. Two questions without an answer, or SERVFAIL, in a round that nothing hurried, and still so a minute later. On an agent it must have answered before, since an agent is not told whether its cluster has one.",
    measured: 'A DNS question over UDP from this node, 1 s for each of two tries.',
    impact:
      'Pods on this node resolve no names: to them everything is down at once, inside the cluster and outside.',
    fix: [
      '`kubectl -n kube-system get pods -l k8s-app=kube-dns -o wide`, on a server: whether it runs, and where',
      '`kubectl -n kube-system get endpoints kube-dns`: whether its service leads to it',
    ],
    avoid: ['Change /etc/resolv.conf of the node: pods do not use it for names of the cluster.'],
    // Restarting CoreDNS, as each upgrade does: 2.4 s here, some more on a board.
    pendingFor: minute,
    because: [
      // The question goes out of the node itself: by the rules of nat, and its answer comes in by those of filter.
      { code: 'firewall.flushed', takes: asked, proof: ofNat },
      { code: 'firewall.lockout', takes: asked, triggers: flushedFilter },
      { code: 'firewall.kube-chains-missing', takes: asked },
      { code: 'firewall.ufw-blocks-k3s', takes: asked, proof: ofOverlay },
      // CoreDNS runs on without k3s; it is only not started.
      { code: 'k3s.down', takes: whileOpen, triggers: cleared },
      ...cleared,
      { code: 'cni.bridge-missing', takes: asked },
      { code: 'cni.bridge-down', takes: asked },
      { code: 'cni.bridge-address', takes: asked },
      { code: 'cni.veth-orphaned', takes: asked },
      { code: 'cni.overlay-missing', takes: asked },
      { code: 'cni.overlay-down', takes: asked },
      { code: 'cni.routes-missing', takes: asked },
    ],
  },
})
