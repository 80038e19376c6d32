import type { Family } from '../cells.ts'
import type { Read } from '../dump/read.ts'
import type { Match, Probe } from '../packet/match.ts'
import { hooksOf, type NativeTable, stationsOf } from '../packet/native.ts'
import { byOrigin } from '../packet/origins.ts'
import {
  anyMark,
  follow,
  isTranslated,
  ofConnection,
  passBoth,
  translated,
  type Verdict,
  wayIn,
} from '../packet/walk.ts'

/** What filters beside iptables. */
export interface Beside {
  /** Tables of nftables that are followed. */
  readonly followed: readonly NativeTable[]
  /** Those that may drop packets at these hooks and are not followed. */
  readonly deciding: readonly { readonly table: string; readonly hooks: readonly string[] }[]
}

/** The verdict of all backends together for a probe of a family; undefined where nothing filters. */
export function verdictOf(
  read: readonly Read[],
  probe: Probe,
  beside: Beside,
  family: Family,
): Verdict | undefined {
  const followed = beside.followed.filter((it) => it.family === family)
  const unknown = beside.deciding.find(({ hooks }) =>
    hooks.some((it) => hooksOf[probe.way ?? 'in'].includes(it)),
  )
  const translation = (): Match =>
    unknown !== undefined ||
    read.some(({ set, tables }) => set.hidden?.includes('nat') || translated(tables, probe) !== 'no') ||
    isTranslated(stationsOf(followed, probe), probe) !== 'no'
      ? 'maybe'
      : 'no'
  const packet: Probe = {
    ...probe,
    dnat: probe.dnat ?? translation(),
    ...(followed.some((it) => it.marks) && { marks: anyMark }),
  }
  const { port } = probe
  return passBoth([
    ...read.map(
      ({ set, tables }): Verdict => ({
        ...(set.hidden?.includes('filter')
          ? { verdict: 'maybe', port, by: 'a table that only `nft` can show' }
          : wayIn(tables, packet)),
        backend: set.backend,
      }),
    ),
    ...(followed.length > 0
      ? [
          {
            ...ofConnection(packet, (it) => follow(stationsOf(followed, it), { ...it, marks: anyMark })),
            backend: 'native' as const,
          },
        ]
      : []),
    ...(unknown
      ? [
          {
            verdict: 'maybe' as const,
            port,
            by: `the nftables table ${unknown.table} decides too`,
            backend: 'native' as const,
          },
        ]
      : []),
  ])
}

/** The same, split by where the connection comes from if that is all the verdict depends on. */
function wayOf(read: readonly Read[], probe: Probe, beside: Beside, family: Family): Verdict | undefined {
  const verdict = verdictOf(read, probe, beside, family)
  if (verdict?.verdict !== 'maybe') return verdict
  const native = beside.followed.filter((it) => it.family === family)
  const tables = [...read.map((it) => it.tables), new Map(native.map((it) => [it.name, it.table]))]
  return byOrigin(tables, probe, (it) => verdictOf(read, it, beside, family)) ?? verdict
}

/** The verdict for SSH in one family: the best of all its ports, since one open port is enough. */
export function inputVerdict(
  read: readonly Read[],
  probes: readonly Probe[],
  beside: Beside,
  family: Family,
): Verdict | undefined {
  const verdicts = probes.map((probe) => wayOf(read, probe, beside, family)).filter((it) => it !== undefined)
  for (const kind of ['accept', 'maybe', 'drop'] as const) {
    const found = verdicts.find((it) => it.verdict === kind)
    if (found) return found
  }
  return undefined
}
