import type { Read } from '../dump/read.ts'
import type { Probe } from '../packet/match.ts'
import { byOrigin } from '../packet/origins.ts'
import { passBoth, type Verdict, wayIn } from '../packet/walk.ts'
import type { Blocked, Needed } from './needs.ts'

/**
 * The verdict of all backends together for a probe; undefined where there are none. `deciding`: native tables that may
 * drop packets and are not followed.
 */
function verdictOf(read: readonly Read[], probe: Probe, deciding: readonly string[]): Verdict | undefined {
  const [table] = deciding
  return passBoth([
    ...read.map(
      ({ set, tables }): Verdict => ({
        ...(set.hidden?.includes('filter')
          ? { verdict: 'maybe', port: probe.port, by: 'a table that only `nft` can show' }
          : wayIn(tables, probe)),
        backend: set.backend,
      }),
    ),
    ...(table === undefined
      ? []
      : [
          {
            verdict: 'maybe' as const,
            port: probe.port,
            by: `the nftables table ${table} decides too`,
            backend: 'native' as const,
          },
        ]),
  ])
}

/** The same, split by where the connection comes from if that is all the verdict depends on. */
function wayOf(read: readonly Read[], probe: Probe, deciding: readonly string[]): Verdict | undefined {
  const verdict = verdictOf(read, probe, deciding)
  if (verdict?.verdict !== 'maybe') return verdict
  const tables = read.map((it) => it.tables)
  return byOrigin(tables, probe, (it) => verdictOf(read, it, deciding)) ?? verdict
}

/** The verdict for SSH in one family: the best of all its ports, since one open port is enough. */
export function inputVerdict(
  read: readonly Read[],
  probes: readonly Probe[],
  deciding: readonly string[],
): Verdict | undefined {
  const verdicts = probes.map((probe) => wayOf(read, probe, deciding)).filter((it) => it !== undefined)
  for (const kind of ['accept', 'maybe', 'drop'] as const) {
    const found = verdicts.find((it) => it.verdict === kind)
    if (found) return found
  }
  return undefined
}

/** Connections that k3s needs and that are certainly dropped. */
export function blockedOf(
  read: readonly Read[],
  needs: readonly Needed[],
  deciding: readonly string[],
): readonly Blocked[] {
  return needs.flatMap(({ need, family, probe }) => {
    const own = read.filter((it) => it.set.family === family)
    const verdict = verdictOf(own, probe, deciding)
    if (verdict?.verdict !== 'drop') return []
    return [{ need, port: probe.port, by: verdict.by, ...(family === 'ipv6' && { family }) }]
  })
}
