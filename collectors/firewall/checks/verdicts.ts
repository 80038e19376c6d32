import type { Read } from '../dump/read.ts'
import type { Match, Probe } from '../packet/match.ts'
import { byOrigin } from '../packet/origins.ts'
import { passBoth, translated, type Verdict, wayIn } from '../packet/walk.ts'

/**
 * The verdict of all backends together for a probe; undefined where there are none. `deciding`: native tables that may
 * drop packets and are not followed.
 */
export function verdictOf(
  read: readonly Read[],
  probe: Probe,
  deciding: readonly string[],
): Verdict | undefined {
  const [table] = deciding
  const packet = { ...probe, dnat: probe.dnat ?? isTranslated(read, probe, deciding) }
  return passBoth([
    ...read.map(
      ({ set, tables }): Verdict => ({
        ...(set.hidden?.includes('filter')
          ? { verdict: 'maybe', port: probe.port, by: 'a table that only `nft` can show' }
          : wayIn(tables, packet)),
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

/** Whether any backend may give the packet another destination: a rule that drops it may never see it then. */
const isTranslated = (read: readonly Read[], probe: Probe, deciding: readonly string[]): Match =>
  deciding.length > 0 ||
  read.some(({ set, tables }) => set.hidden?.includes('nat') || translated(tables, probe) !== 'no')
    ? 'maybe'
    : 'no'

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
