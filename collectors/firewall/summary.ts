import { byOwner } from './cells.ts'
import { limits } from './packet/origins.ts'
import { cellsOf } from './rule-set.ts'
import type { FirewallSample } from './sample.ts'

const ownersNamed = 4

/** "156 rules (ufw 65, kube-proxy 40, kube-router 38), nft; INPUT drops, SSH port 22 accepted; ufw on" */
export function summary(sample: FirewallSample): string {
  const { sets, ssh, input, ufw, k3s, unseen } = sample
  const here = sets.filter((it) => !it.stale)
  if (here.length === 0)
    return unseen?.length ? 'rules unreadable' : 'no iptables on this machine: nothing to check'
  const rules = here.reduce((sum, it) => sum + it.rules, 0)
  const owners = byOwner(cellsOf(here))
  const named = owners.slice(0, ownersNamed).map(([owner, count]) => `${owner} ${count}`)
  const list = named.length > 0 ? ` (${named.join(', ')}${owners.length > ownersNamed ? ' …' : ''})` : ''
  const backends = [...new Set(here.map((it) => it.backend))].sort((a, b) => (a < b ? 1 : -1)).join(' and ')
  const drops = here.some((it) => it.family === 'ipv4' && it.policies['filter INPUT'] === 'DROP')
  const ports = [...new Set([...ssh.ports.ipv4, ...ssh.ports.ipv6])]
  const verdict = input.ipv4 ?? input.ipv6
  const words = {
    accept: 'accepted',
    drop: 'dropped',
    maybe: 'undecided',
  } as const
  const way =
    ports.length === 0 || !verdict
      ? 'no SSH listening'
      : `SSH port ${ports.join(', ')} ${words[verdict.verdict]}${limits(verdict)}${ssh.assumed ? ' (port assumed)' : ''}`
  const more = [...(ufw ? [`ufw ${ufw.enabled ? 'on' : 'off'}`] : []), ...(k3s ? [] : ['no k3s'])]
  return [`${rules} rules${list}, ${backends}`, `INPUT ${drops ? 'drops' : 'accepts'}, ${way}`, ...more].join(
    '; ',
  )
}
