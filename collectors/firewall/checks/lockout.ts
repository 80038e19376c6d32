import type { Observation } from '../../../agent/model/index.ts'
import { familyNames } from '../../../agent/text/families.ts'
import type { Family } from '../cells.ts'
import { latestOf, tablesOf } from '../history/flush.ts'
import type { Verdict } from '../packet/walk.ts'
import { type Code, rebuildUfw } from '../rules.ts'
import type { FirewallSample } from '../sample.ts'
import { ruleInBackticks } from '../text.ts'
import { nftPlace } from './nft-place.ts'
import { writerOf } from './writers.ts'

/** A lockout that is seen so much later, ms, is of something since the flush: `ufw reload` is off for a second. */
const ofFlush = 10_000

/** What lets SSH in where a table of nftables drops it: iptables, and so ufw, cannot. */
function openedByNft({ backend, table, base }: Verdict, port: number): string | undefined {
  if (backend !== 'native') return undefined
  if (table === 'inet firewalld') return `firewall-cmd --add-port=${port}/tcp`
  const place = nftPlace(table, base)
  return place === undefined ? 'nft list ruleset' : `nft insert rule ${place} tcp dport ${port} accept`
}

/** A rule drops it that is none of ufw's: what ufw allows does not come before that. */
const isBeforeUfw = ({ by, table, backend }: Verdict, family: Family, sample: FirewallSample) =>
  by.startsWith('-A ') &&
  writerOf(
    {
      by,
      ...(family === 'ipv6' && { family }),
      ...(table !== undefined && { table }),
      ...(backend !== undefined && { backend }),
    },
    sample,
  ) !== 'ufw'

/**
 * SSH is blocked over IPv4, or over IPv6 where it does not listen on IPv4. One finding for both: people use the family
 * that still works.
 */
export function lockout(sample: FirewallSample, now: number): Observation<Code>[] {
  const { ssh, input, ufw, sets, memory } = sample
  const family: Family = ssh.ports.ipv4.length > 0 ? 'ipv4' : 'ipv6'
  const verdict = input[family]
  if (verdict?.verdict !== 'drop') return []
  const ports = ssh.ports[family]
  const named = ports.length === 1 ? `port ${ports[0]}` : `ports ${ports.join(', ')}`
  const assumed = ssh.assumed ? ' (assumed: listening ports could not be read)' : ''
  const other = family === 'ipv4' ? input.ipv6 : undefined
  const also =
    other === undefined ? '' : other.verdict === 'drop' ? ' IPv6 is dropped too.' : ' IPv6 may still work.'
  const name = familyNames[family]
  const port = ports[0] ?? 22
  const native = openedByNft(verdict, port)
  const tables = [
    `${family === 'ipv4' ? 'ip' : 'ip6'}tables${verdict.backend === 'legacy' ? '-legacy' : ''}`,
    ...(verdict.table === undefined || verdict.table === 'filter' ? [] : [`-t ${verdict.table}`]),
  ].join(' ')
  // ufw can open a port only while the built-in chains lead to its chains.
  const hooked = sets.some((it) => it.family === family && (it.cells['filter ufw']?.[1] ?? 0) > 0)
  const on = ufw ? ufw.enabled : hooked
  // Where it is dropped: what raw or mangle drops never comes to the chain INPUT of filter.
  const open = `\`${tables} -I ${verdict.base ?? 'INPUT'} -p tcp --dport ${port} -j ACCEPT\``
  const next = native
    ? [`In your open session or on the console: \`${native}\``]
    : on && hooked && !isBeforeUfw(verdict, family, sample)
      ? [`In your open session or on the console: \`ufw allow ${port}/tcp\``]
      : [
          `In your open session or on the console: ${open}`,
          ...(on && !hooked
            ? [`Allow SSH in ufw: \`ufw allow ${port}/tcp\``, `Rebuild ufw's chains: \`${rebuildUfw}\``]
            : []),
        ]
  const flushed = memory.flushes?.some(
    (it) => now - latestOf(it) < ofFlush && tablesOf(it).includes(`${family} filter`),
  )
  return [
    {
      code: 'firewall.lockout',
      subject: family,
      text: `New ${name} connections to SSH ${named}${assumed} are dropped: ${ruleInBackticks(verdict.by, 120)}.${also}`,
      // No ordinary command passes through a flush, nor through what follows from it.
      ...(flushed && { pendingFor: 0 }),
      fix: [...next, 'Test a new SSH login from another machine before you close anything'],
      evidence: {
        family,
        table: verdict.table ?? 'filter',
        port: ports.join(', '),
        by: verdict.by,
        ...(verdict.backend && { backend: verdict.backend }),
      },
    },
  ]
}
