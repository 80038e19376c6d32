import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { podNode } from '../collectors/pods/node.ts'
import { faults, kubeRules } from '../real/standin.ts'
import { startDns } from './booted.ts'
import type { BenchNode } from './node.ts'

/** One thing that breaks and that people repair. */
export interface Repair {
  /** The finding that has to be told, and told to be over. */
  readonly code: string
  /** Beside others: what it breaks hides nothing, and is nobody's cause. */
  readonly beside?: true
  /** Once, on a healthy node, before its agent is started. */
  readonly prepare?: (node: BenchNode) => Promise<unknown>
  readonly break: (node: BenchNode) => Promise<unknown>
  readonly mend: (node: BenchNode) => Promise<unknown>
}

/** Where local volumes are. */
const volumes = '/var/lib/rancher/k3s/storage'
/** The stand-in's kubelet then answers 500. */
const unwell = '/var/lib/rancher/k3s/kubelet-broken'

/**
 * Kinds of faults with their repairs, on a node as `bootSite` makes it. Each is repaired at once and for good. What only
 * time can show to be repaired is not among them, because nobody could confirm it in 15 s:
 * - k3s that kept restarting (`k3s.restarting`): over when it has run for five minutes.
 * - A start of k3s: a real one needs 10 to 60 s until its API answers; measured here from where it answers.
 * - A container that ended again and again and now stays up: over when its restarts are older than `window_minutes`, as
 *   the kubelet may wait five minutes between two of them. Measured here is what people do instead: a new pod.
 * - Lines of logs, kills, crashes, restarts: they happened; they are over after their hold.
 */
export const repairs: Readonly<Record<string, Repair>> = {
  // The receiver is on the node here: what is dropped on the way in must not be its answers.
  flush: sh(
    'firewall.flushed',
    `${faults.firewall.break} && iptables -A INPUT -i lo -j ACCEPT`,
    faults.firewall.mend,
  ),
  'a flush of nat': sh('firewall.hostport-rules-missing', 'iptables -t nat -F', kubeRules),
  'host ports': sh('firewall.hostport-rules-missing', 'iptables -t nat -F CNI-HOSTPORT-DNAT', kubeRules),
  'SSH under ufw': sh('firewall.lockout', 'ufw delete allow 22/tcp', 'ufw allow 22/tcp'),
  bridge: sh('cni.bridge-missing', faults.bridge.break, faults.bridge.mend),
  'the bridge down': sh('cni.bridge-down', 'ip link set cni0 down', 'ip link set cni0 up'),
  "the bridge's address": sh(
    'cni.bridge-address',
    'ip addr del 10.42.0.1/24 dev cni0',
    'ip addr add 10.42.0.1/24 brd + dev cni0',
  ),
  overlay: sh(
    'cni.overlay-missing',
    'ip link del flannel.1',
    `ip link add flannel.1 mtu 1450 type vxlan id 1 local 192.0.2.10 dev eth0 dstport 8472 nolearning
       ip addr add 10.42.0.0/32 dev flannel.1 && ip link set flannel.1 up`,
  ),
  'the overlay down': sh('cni.overlay-down', 'ip link set flannel.1 down', 'ip link set flannel.1 up'),
  'a pod off the bridge': {
    code: 'cni.veth-orphaned',
    break: (node) => node.sh(`ip link set ${vethOf(node)} nomaster`),
    mend: (node) => node.sh(`ip link set ${vethOf(node)} master cni0`),
  },
  forwarding: sh(
    'cni.forwarding-off',
    'sysctl -qw net.ipv4.ip_forward=0',
    'sysctl -qw net.ipv4.ip_forward=1',
  ),
  DNS: { ...sh('cni.dns-dead', 'systemctl stop cluster-dns', startDns), beside: true },
  certificate: sh('certs.expired', faults.certificate.break, faults.certificate.mend),
  // 92 %: filling, and not yet the end of anything else.
  disk: {
    ...sh('k3s.disk-filling', `fallocate -l 29500K ${volumes}/full`, `rm ${volumes}/full`),
    beside: true,
    prepare: ({ sh: run }) => run(`mkdir -p ${volumes} && mount -t tmpfs -o size=32m tmpfs ${volumes}`),
  },
  kubelet: { ...sh('k3s.kubelet-unhealthy', `touch ${unwell}`, `rm ${unwell}`), beside: true },
  // Who stops it by hand is told of it after `stopped_minutes`.
  k3s: sh('k3s.down', 'systemctl stop k3s', 'systemctl start k3s'),
  'a crash loop': crashLoop(),
}

function sh(code: string, broken: string, mended: string): Repair {
  return { code, break: (node) => node.sh(broken), mend: (node) => node.sh(mended) }
}

/** The first of the pods' ends, by the CNI's own notes. */
function vethOf({ folder }: BenchNode): string {
  const results = join(folder, 'var/lib/cni/results')
  const [first = ''] = readdirSync(results).filter((it) => it.startsWith('cbr0-'))
  const veth = /veth[0-9a-f]+/.exec(readFileSync(join(results, first), 'utf8'))
  return veth?.[0] ?? ''
}

/** The container of a pod ends four times with 1; then its pod is deleted, and one that stays up takes its place. */
function crashLoop(): Repair {
  let pods: ReturnType<typeof podNode> | undefined
  let forget = () => {}
  const newPod = ({ folder }: BenchNode) => {
    forget()
    // It ends with this process.
    pods ??= podNode({ teardown: () => {} }, Date.now(), folder)
    const { there } = pods
    const pod = pods.container('web-0', 'app', randomUUID())
    forget = () => {
      rmSync(join(there(pod.path), '..'), { recursive: true })
      for (const id of pod.ids) rmSync(there(`/var/log/containers/web-0_shop_app-${id}.log`), { force: true })
    }
    return { pods, pod }
  }
  return {
    beside: true,
    code: 'pods.crash-looping',
    async break(node) {
      const { pods, pod } = newPod(node)
      for (let restarts = 0; restarts < 4; restarts += 1) {
        const id = pod.start(restarts)
        await pause(500)
        pods.pass(500)
        pod.ended(id, 1)
      }
    },
    mend: async (node) => newPod(node).pod.start(0),
  }
}
