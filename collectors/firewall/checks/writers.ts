import type { Family } from '../cells.ts'
import { chainOwner } from '../dump/owners.ts'
import { ufwActs } from '../rule-set.ts'
import type { FirewallSample } from '../sample.ts'
import type { Blocked } from './blocked.ts'

/** Who wrote what drops a packet, by which it can be opened again; `rule` and `policy`: somebody, with iptables. */
export const writers = ['ufw', 'firewalld', 'docker', 'fail2ban', 'nftables', 'rule', 'policy'] as const
export type Writer = (typeof writers)[number]

const known: ReadonlySet<string> = new Set(writers)
/** The chain of a rule, or of a policy as `walk` words it. */
const chainOf = (by: string) => /^(?:-A|the policy of) (\S+)/.exec(by)?.[1] ?? ''
const isRule = ({ by }: Pick<Blocked, 'by'>) => by.startsWith('-A ')

/**
 * Judged by the chain that drops. A policy is ufw's while packets pass its chains: after a flush changing its settings
 * would not help.
 */
export function writerOf(
  it: Pick<Blocked, 'by' | 'backend' | 'table' | 'family'>,
  { sets }: Pick<FirewallSample, 'sets'>,
): Writer {
  const { by, backend, table = '' } = it
  const family: Family = it.family ?? 'ipv4'
  if (backend === 'native') return /\bfirewalld$/.test(table) ? 'firewalld' : 'nftables'
  const owner = chainOwner(chainOf(by)) ?? ''
  if (known.has(owner)) return owner as Writer
  if (isRule(it)) return 'rule'
  if (ufwActs(sets, family)) return 'ufw'
  const docker = sets.some((set) => set.family === family && (set.cells['filter docker']?.[1] ?? 0) > 0)
  return docker && chainOf(by) === 'FORWARD' ? 'docker' : 'policy'
}

/** Whether the user added the rule with `ufw deny`: what is allowed later comes after it. */
export const isDenied = ({ by }: Blocked) => /^-A ufw6?-user-/.test(by)
