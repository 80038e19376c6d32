import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { type Arrived, tellsOf } from './agent.ts'
import type { Certificates } from './certificates.ts'
import { faultsWith, type Site } from './faults.ts'
import { type BenchNode, makeRules, now } from './node.ts'
import { say, withStand } from './stand.ts'
import { conclude, type Row } from './table.ts'

/** One thing that breaks and that people repair. */
export interface Repair {
  /** The finding that has to be told, and told to be over. */
  readonly code: string
  readonly break: (node: BenchNode) => Promise<unknown>
  readonly mend: (node: BenchNode) => Promise<unknown>
}

/** Something that wakes the pod network's collector and means nothing. */
const poke = 'ip link add poke type veth peer name poked && ip link del poke'

/**
 * Kinds of faults with their repairs, as far as the stand-in node can play them: it has no sshd, no kubelet and no
 * systemd. What repairs forwarding wakes nobody.
 */
export function repairsWith(certificates: Certificates): Readonly<Record<string, Repair>> {
  const { flush, bridge, certificate } = faultsWith(certificates)
  const sh = (code: string, broken: string, mended: string): Repair => ({
    code,
    break: (node) => node.sh(broken),
    mend: (node) => node.sh(mended),
  })
  return {
    flush,
    'a flush of nat': sh('firewall.hostport-rules-missing', 'iptables -t nat -F', makeRules),
    'host ports': sh('firewall.hostport-rules-missing', 'iptables -t nat -F CNI-HOSTPORT-DNAT', makeRules),
    bridge,
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
      `sysctl -qw net.ipv4.ip_forward=0 && ${poke}`,
      'sysctl -qw net.ipv4.ip_forward=1',
    ),
    certificate,
  }
}

/** The first of the pods' ends, by the CNI's own notes. */
function vethOf({ folder }: BenchNode): string {
  const results = join(folder, 'var/lib/cni/results')
  const [first = ''] = readdirSync(results).filter((it) => it.startsWith('cbr0-'))
  const veth = /veth[0-9a-f]+/.exec(readFileSync(join(results, first), 'utf8'))
  return veth?.[0] ?? ''
}

/** As long as `settling` (`collectors/firewall/checks/kube.ts`): how long k3s has to make its rules, ms. */
const settling = 180_000

/** How long a fault may take to be told, and a repair to be confirmed, before it counts as missed, ms. */
const patience = { told: 90_000, over: 120_000 }

/** Breaks the node in one way, waits until that is told, repairs it, and measures until the receiver knows, ms. */
export async function measureRepair(
  { node, receiver }: Site,
  { code, break: breakIt, mend }: Repair,
  delay: number,
): Promise<number | string> {
  const arriving = receiver.next(tellsOf(code), patience.told)
  await breakIt(node)
  const told = await arriving
  // Whatever the phase of its looks then is.
  await pause(delay)
  const ends = receiver.next((it) => isOver(it, code, told?.body.data?.incident?.id), patience.over)
  const begun = now()
  await mend(node)
  if (!told) return `${code} was not told`
  const over = await ends
  return over ? over.arrived - begun : `the repair of ${code} was not told`
}

/** Whether a notice says that what was told is over: the incident, or that finding of it. */
function isOver({ body: { type, data } }: Arrived, code: string, id: string | undefined): boolean {
  const incident = data?.incident
  if (incident?.id !== id || incident === undefined) return false
  const its = [incident.cause, ...incident.affected].filter((it) => it.code === code)
  return type === 'incident.resolved' || (its.length > 0 && its.every((it) => it.resolved))
}

if (import.meta.main) {
  const { values: options } = parseArgs({
    options: { times: { type: 'string', default: '2' }, only: { type: 'string', default: '' } },
  })
  const rows: Row[] = []
  const failed = await withStand(async (stand) => {
    const site = await stand.site('bench-r')
    await stand.launch(site)
    // Before that k3s's own rules may still be missing.
    await pause(options.only ? 5_000 : settling + 10_000)
    const all: number[] = []
    for (let count = 0; count < Number(options.times); count += 1)
      for (const [name, repair] of Object.entries(repairsWith(stand.certificates))) {
        if (!name.includes(options.only)) continue
        const took = await measureRepair(site, repair, Math.random() * 10_000)
        say(`${name}: ${typeof took === 'number' ? `${Math.round(took)} ms` : took}`)
        const missed = typeof took === 'string' ? [took] : []
        rows.push({ what: name, unit: 'ms', values: missed.length > 0 ? [] : [Number(took)], missed })
        if (typeof took === 'number') all.push(took)
      }
    rows.push({ what: 'repair to "resolved"', unit: 'ms', values: all, budget: 15_000 })
  })
  conclude(rows, failed)
}
