import { caused, type Evidence, type Fact, type Node } from './node.ts'
import { profile } from './profile.ts'
import { causeIn } from './reach.ts'
import type { Act, Origin } from './truth.ts'
import { ends, remade } from './workload.ts'

const second = 1000
const minute = 60 * second

/** What k3s makes anew when it starts, besides what only a new pod brings back. */
const made: readonly Fact[] = [
  ...(['nat kube', 'nat flannel', 'filter kube', 'filter flannel'] as const),
  ...(['overlay gone', 'overlay down', 'route', 'fdb', 'conf', 'subnet', 'forwarding', 'mtu'] as const),
]

/** k3s starts: its process is there at once, its API after 12 to 30 s, rules and links some seconds later. */
export function starts(
  node: Node,
  origin: Origin,
  shown: 'k3s.restarted' | 'k3s.crashed' | undefined = 'k3s.restarted',
  evidence?: Evidence,
): void {
  const { time, dice, k3s } = node
  const since = time.now()
  const run = { pid: dice.whole(1000, 60_000), since, origin }
  k3s.running = run
  k3s.state = 'active'
  delete k3s.gone
  delete k3s.why
  const mine = () => node.k3s.running === run
  const text = `k3s ${shown === 'k3s.crashed' ? 'crashed' : 'was restarted'} (process ${run.pid}).`
  if (shown) node.happened.push({ ...origin, code: shown, at: since, text, ...(evidence && { evidence }) })
  time.in(5 * second, () => mine() && node.hear('k3s'))
  const why = cannotStart(node)
  if (why) {
    time.in(8 * second, () => mine() && crashes(node, why, reasonOf(node)))
    return
  }
  const ready = dice.between(12 * second, 30 * second)
  time.in(ready, () => {
    if (!mine()) return
    node.mend('hung', 'kubelet', 'runtime')
    renews(node, origin)
  })
  time.in(ready + dice.between(5 * second, 15 * second), () => {
    if (!mine()) return
    const links = node.traits.peer
    node.mend(...made)
    if (links) wentDown(node, 'flannel.1', origin)
    node.hear('firewall')
    node.hear('cni')
  })
}

/** What k3s says when a start fails, of a disk or of a certificate. */
const reasonOf = (node: Node): Evidence => ({
  exit: 1,
  reason: node.is('disk full')
    ? 'database or disk is full: no space left on device'
    : 'x509: certificate signed by unknown authority',
})

/** Why a start fails: k3s exits again and again. */
export const cannotStart = (node: Node): Origin | undefined => causeIn(node, ['disk full', 'chain'])

/** A start within the window renews the certificates; copies of the kubeconfig are left behind. */
function renews(node: Node, origin: Origin): void {
  node.mend('unloaded')
  if (node.offset < -5 * minute || !(node.is('expired') || node.is('expiring'))) return
  node.mend('expired', 'expiring')
  const at = node.time.now()
  node.happened.push({ ...origin, code: 'k3s.certificates-rotated', at, text: 'k3s wrote new certificates.' })
  const left = node.act('kubeconfig left', 'a copy of k3s.yaml was left behind by the renewal', true)
  node.break('kubeconfig', { by: [left, ...origin.by], after: [...origin.after, 'k3s.certificates-rotated'] })
  node.hear('certs')
}

/** A link goes down and comes back, as a watcher of links hears it. */
export function wentDown(node: Node, link: string, origin: Origin): void {
  node.downs.set(link, [...(node.downs.get(link) ?? []), { ...origin, at: node.time.now() }])
  node.hear('cni')
}

/** The process ends by itself; systemd starts it again after 5 s (`Restart=always`). */
export function crashes(node: Node, origin: Origin, evidence: Evidence = { exit: 1 }): void {
  const { time, k3s } = node
  if (!k3s.running) return
  delete k3s.running
  k3s.state = 'activating'
  k3s.gone = time.now()
  k3s.why = origin
  time.in(5 * second, () => {
    if (k3s.running || k3s.state !== 'activating') return
    k3s.again = [...k3s.again.filter((it) => time.now() - it.at < 15 * minute), { ...origin, at: time.now() }]
    starts(node, origin, profile().crashes ? 'k3s.crashed' : 'k3s.restarted', evidence)
  })
}

/** It is stopped and stays so: by hand, or because systemd has given up. */
export function stops(node: Node, origin: Origin, state: 'inactive' | 'failed'): void {
  const { k3s } = node
  delete k3s.running
  k3s.state = state
  k3s.gone = node.time.now()
  k3s.why = origin
}

export function restarts(node: Node, act: Act): void {
  stops(node, caused(act), 'inactive')
  node.time.in(2 * second, () => {
    if (!node.k3s.running) starts(node, caused(act))
  })
}

const bridges = ['bridge gone', 'bridge down', 'bridge address', 'pods off'] as const

/** `k3s-killall.sh`: every container, the links and the rules of Kubernetes go, and k3s with them. */
export function killall(node: Node, act: Act): void {
  stops(node, caused(act), 'inactive')
  const at = node.time.now()
  node.happened.push({
    ...caused(act),
    code: 'k3s.killed',
    at,
    text: 'All containers, cni0 and flannel.1 went.',
  })
  node.mend(...made, ...bridges, 'nat hostports', 'coredns')
  for (const link of ['cni0', 'flannel.1']) wentDown(node, link, caused(act))
  for (const it of node.pods) remade(node, it)
  node.hear('k3s')
  node.hear('firewall')
}

/** The machine boots: what lives in the kernel is gone, and k3s makes it anew. */
export function reboots(node: Node, act: Act): void {
  const { time, dice, k3s } = node
  const away = dice.between(20 * second, 60 * second)
  k3s.again = []
  stops(node, caused(act), 'activating' as 'inactive')
  node.mend(
    ...made,
    ...bridges,
    'nat hostports',
    'filter ufw',
    'ufw rules',
    'conntrack',
    'duplicates',
    'hung',
    'kubelet',
  )
  node.mend('pressure', 'filling')
  node.flushes.length = 0
  // What happened to k3s before a boot is not told after it (collectors/k3s/happened.ts).
  node.happened.length = 0
  node.near.clear()
  node.downs.clear()
  node.down(away)
  node.booted = time.now() + away
  for (const it of node.pods) {
    it.off = false
    it.run += 1
    it.restarts += 1
    it.times.push(time.now() + away)
    it.down = false
    const { ill } = it
    if (ill) time.in(away + 20 * second + ill.lives, () => ends(node, it, ill))
  }
  time.in(away, () => {
    if (k3s.running) return
    node.happened.push({ ...caused(act), code: 'k3s.rebooted', at: time.now(), text: 'The node was booted.' })
    starts(node, caused(act), undefined)
    node.broke('coredns')
  })
}
