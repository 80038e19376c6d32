import { many } from '../../agent/text/lists.ts'
import { hanging } from './bridge.ts'
import { linkOf, plan } from './expected.ts'
import { reachable } from './reach.ts'
import type { CniSample } from './sample.ts'

/** "cni0 up 10.42.0.1/24, 5 pods; flannel.1 up (vxlan, mtu 1450), 1 peer". Pure. */
export function summary(sample: CniSample): string {
  if (!sample.k3s) return 'no k3s on this machine: no pod network to check'
  const it = plan(sample)
  if (it.kind === 'unknown') return 'no pod network yet'
  if (it.kind === 'other')
    return it.pods ? `${it.name}: not flannel, only general checks` : `${it.name}: not checked`
  if (!sample.interfaces) return 'flannel; interfaces unreadable'
  const state = (name: string, more: (up: NonNullable<ReturnType<typeof linkOf>>) => string) => {
    const link = linkOf(sample, name)
    return link ? `${name} ${link.up ? 'up' : 'down'}${more(link)}` : `${name} missing`
  }
  const { pods, veths } = hanging(sample, it.bridge)
  const hung = pods.length || veths
  const bridge =
    linkOf(sample, it.bridge) || hung > 0
      ? state(it.bridge, ({ addresses }) => ` ${addresses.join(' ') || 'without address'}`)
      : `no ${it.bridge} yet`
  const overlays = it.overlays.map((name) => state(name, ({ mtu }) => ` (${it.backend}, mtu ${mtu})`))
  const reach = reachable(sample).flatMap(({ via }) => sample.reach?.[via]?.passes ?? [])
  const silent = reach.filter((passes) => passes !== 'all').length
  const peers = `${many(sample.peers?.length ?? 0, 'peer')}${silent > 0 ? ` (${silent} not reached)` : ''}`
  const { pool, dns } = sample
  const more = [
    ...(pool ? [`${pool.used} of ${pool.size} addresses`] : []),
    ...(dns?.due && dns.rcode === undefined ? ['DNS not answering'] : []),
  ]
  return [`${bridge}, ${many(hung, 'pod')}`, `${overlays.join(', ') || it.backend}, ${peers}`, ...more].join(
    '; ',
  )
}
