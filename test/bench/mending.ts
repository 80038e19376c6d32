import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { podNode } from '../collectors/pods/node.ts'
import type { Certificates } from './certificates.ts'
import { faultsWith } from './faults.ts'
import { type BenchNode, makeRules } from './node.ts'

/** One thing that breaks and that people repair. */
export interface Repair {
  /** The finding that has to be told, and told to be over. */
  readonly code: string
  /** Kinds that would hide or explain each other are played on nodes of their own, by this name. */
  readonly on: string
  /** Once, on a healthy node, before its agent is started. */
  readonly prepare?: (node: BenchNode) => Promise<unknown>
  readonly break: (node: BenchNode) => Promise<unknown>
  readonly mend: (node: BenchNode) => Promise<unknown>
}

/**
 * Kinds of faults with their repairs, as far as the stand-in node can play them: it has no systemd. Each is repaired at
 * once and for good. What only time can show to be repaired is not among them, because nobody could confirm it in 15 s:
 * - k3s that kept restarting (`k3s.restarting`): over when it has run for five minutes.
 * - A start of k3s: a real one needs 10 to 60 s until its API answers; measured here from where it answers.
 * - A container that ended again and again and now stays up: over when its restarts are older than `window_minutes`, as
 *   the kubelet may wait five minutes between two of them. Measured here is what people do instead: a new pod.
 * - Lines of logs, kills, crashes, restarts: they happened; they are over after their hold.
 */
export function repairsWith(certificates: Certificates): Readonly<Record<string, Repair>> {
  const { flush, bridge, certificate } = faultsWith(certificates)
  return {
    flush: { ...flush, on: 'firewall' },
    'a flush of nat': sh('firewall', 'firewall.hostport-rules-missing', 'iptables -t nat -F', makeRules),
    'host ports': sh(
      'firewall',
      'firewall.hostport-rules-missing',
      'iptables -t nat -F CNI-HOSTPORT-DNAT',
      makeRules,
    ),
    'SSH under ufw': {
      ...sh('ufw', 'firewall.lockout', 'ufw delete allow 22/tcp', 'ufw allow 22/tcp'),
      prepare: ufwOn,
    },
    bridge: { ...bridge, on: 'network' },
    'the bridge down': sh('network', 'cni.bridge-down', 'ip link set cni0 down', 'ip link set cni0 up'),
    "the bridge's address": sh(
      'network',
      'cni.bridge-address',
      'ip addr del 10.42.0.1/24 dev cni0',
      'ip addr add 10.42.0.1/24 brd + dev cni0',
    ),
    overlay: sh(
      'network',
      'cni.overlay-missing',
      'ip link del flannel.1',
      `ip link add flannel.1 mtu 1450 type vxlan id 1 local 192.0.2.10 dev eth0 dstport 8472 nolearning
       ip addr add 10.42.0.0/32 dev flannel.1 && ip link set flannel.1 up`,
    ),
    'the overlay down': sh(
      'network',
      'cni.overlay-down',
      'ip link set flannel.1 down',
      'ip link set flannel.1 up',
    ),
    'a pod off the bridge': {
      on: 'network',
      code: 'cni.veth-orphaned',
      break: (node) => node.sh(`ip link set ${vethOf(node)} nomaster`),
      mend: (node) => node.sh(`ip link set ${vethOf(node)} master cni0`),
    },
    forwarding: sh(
      'network',
      'cni.forwarding-off',
      'sysctl -qw net.ipv4.ip_forward=0',
      'sysctl -qw net.ipv4.ip_forward=1',
    ),
    DNS: { on: 'DNS', code: 'cni.dns-dead', break: ({ dns }) => dns.kill(), mend: ({ dns }) => dns.start() },
    certificate: { ...certificate, on: 'firewall' },
    disk: {
      ...sh('disk', 'k3s.disk-filling', `fallocate -l 31M ${volumes}/full`, `rm ${volumes}/full`),
      prepare: ({ sh: run }) => run(`mkdir -p ${volumes} && mount -t tmpfs -o size=32m tmpfs ${volumes}`),
    },
    k3s: { on: 'k3s', code: 'k3s.down', break: ({ k3s }) => k3s.kill(), mend: ({ k3s }) => k3s.start() },
    kubelet: sh('kubelet', 'k3s.kubelet-unhealthy', `touch ${unwell}`, `rm ${unwell}`),
    'a crash loop': crashLoop(),
  }
}

/** Where local volumes are. */
const volumes = '/var/lib/rancher/k3s/storage'
/** The stand-in's kubelet then answers 500. */
const unwell = '/var/lib/rancher/k3s/kubelet-broken'

const sh = (on: string, code: string, broken: string, mended: string): Repair => ({
  on,
  code,
  break: (node) => node.sh(broken),
  mend: (node) => node.sh(mended),
})

/** With what k3s needs let through, and something that listens where sshd does. */
async function ufwOn(node: BenchNode): Promise<void> {
  await node.sh(`for it in 22/tcp 6443/tcp 8472/udp; do ufw allow $it; done >/dev/null
    for it in 10.42.0.0/16 10.43.0.0/16; do ufw allow from $it; done >/dev/null; ufw --force enable >/dev/null`)
  const sshd = `require('node:net').createServer().listen(22, '0.0.0.0', () => console.log('ready'))`
  const { stdout } = node.start([process.execPath, '-e', sshd])
  await new Promise((ready) => stdout?.once('data', ready))
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
  const undo: (() => void)[] = []
  let forget = () => {}
  const open = ({ folder }: BenchNode) => {
    const pods = podNode({ teardown: (done) => undo.push(done) }, Date.now(), folder)
    const pod = pods.container('web-0', 'app', randomUUID())
    return { pods, pod }
  }
  return {
    on: 'pods',
    code: 'pods.crash-looping',
    async break(node) {
      const { pods, pod } = open(node)
      for (let restarts = 0; restarts < 4; restarts += 1) {
        const id = pod.start(restarts)
        await pause(500)
        pods.pass(500)
        pod.ended(id, 1)
      }
      forget = () => {
        rmSync(join(pods.there(pod.path), '..'), { recursive: true })
        for (const id of pod.ids)
          rmSync(pods.there(`/var/log/containers/web-0_shop_app-${id}.log`), { force: true })
      }
    },
    async mend(node) {
      forget()
      open(node).pod.start(0)
      for (const it of undo.splice(0)) it()
    },
  }
}
