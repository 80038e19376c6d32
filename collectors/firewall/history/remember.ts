import type { Past, Unseen } from '../../../agent/model/index.ts'
import type { K3s } from '../../node/k3s.ts'
import { type Family, families } from '../cells.ts'
import type { Blocked } from '../checks/blocked.ts'
import { type Expected, expected, settled } from '../checks/kube.ts'
import type { SshPorts } from '../checks/ssh.ts'
import { inputVerdict } from '../checks/verdicts.ts'
import type { Native } from '../dump/native.ts'
import type { Read } from '../dump/read.ts'
import { familyOfPort, type HostPort, type Sandboxes } from '../dump/sandboxes.ts'
import type { Ufw } from '../dump/ufw.ts'
import type { Probe } from '../packet/match.ts'
import type { Verdict } from '../packet/walk.ts'
import { cellsOf, type RuleSet } from '../rule-set.ts'
import type { FirewallSample } from '../sample.ts'
import { rememberFlannel } from './flannel.ts'
import { type Memory, remember as rememberFlush } from './flush.ts'
import { keepJournal } from './journal.ts'
import type { Look } from './snapshots.ts'

/** What one collector run read. */
export interface Seen {
  readonly k3s: K3s | undefined
  readonly networks: FirewallSample['networks'] | undefined
  readonly podNetworks: readonly string[]
  readonly ssh: SshPorts
  /** Probes for the first packets of SSH connections. */
  readonly ways: Readonly<Record<Family, readonly Probe[]>>
  readonly ufw: Ufw | undefined
  readonly boot: string | undefined
  readonly monitor: string | undefined
  readonly conntrack: FirewallSample['conntrack'] | undefined
  readonly sandboxes: Sandboxes | undefined
  readonly read: readonly Read[]
  /** Families that could not be read. */
  readonly stale: readonly Family[]
  readonly native: Native
  /** Connections that k3s needs and the rules read in this run drop. */
  readonly blocked: readonly Blocked[]
  /** Host ports that no rule maps; undefined where no pod has host ports. */
  readonly missing: readonly HostPort[] | undefined
  /** When the rules had been read, ms since the epoch. */
  readonly now: number
  readonly unseen: readonly Unseen[]
}

export interface Remembered {
  readonly sample: Omit<FirewallSample, 'kept'>
  /** The input to the decision whether to save a snapshot of the rules. */
  readonly snapshot: Look
}

/**
 * Builds the sample from what was remembered and what was read. What could not be read keeps its previous value. Pure.
 */
export function remember(
  { sample: before, at, heard }: Pick<Past<FirewallSample>, 'sample' | 'at' | 'heard'>,
  seen: Seen,
): Remembered {
  const { k3s, networks, ssh, ufw, boot, monitor, conntrack, sandboxes, stale, now, unseen } = seen
  const sets = setsOf(before, seen)
  const input = inputOf(before, seen)
  const hostPorts = portsOf(before, seen)
  const blocked = [
    ...(before?.blocked ?? []).filter((it) => stale.includes(it.family ?? 'ipv4')),
    ...seen.blocked,
  ]
  const should = k3s && expected(k3s, seen.podNetworks)
  const cells = cellsOf(sets)
  const runs = settled(should, now)
  const { flannel: _, ...memory } = rememberFlush(before?.memory, {
    ...{ cells, now, k3s: isDue(should, before?.memory, at, now), heard },
    ...(boot && { boot }),
    ...(ufw && { ufw: ufw.enabled ? 'on' : 'off' }),
    ...(at !== undefined && { last: at }),
  })
  const booted = before?.memory.boot !== undefined && before.memory.boot !== memory.boot
  const flannel = rememberFlannel(booted ? undefined : before?.memory.flannel, cells, { running: runs, now })
  const flushed = memory.flushes !== undefined
  const { journal, changed } = keepJournal(booted ? undefined : before, at, {
    ...{ sets, now, heard, flushed: flushed || before?.memory.flushes !== undefined },
  })
  return {
    sample: {
      ...{ sets, ssh, input, memory: { ...memory, ...(flannel && { flannel }) } },
      ...(networks && { networks }),
      ...(sandboxes && { sandboxes }),
      ...(hostPorts.length > 0 && { hostPorts }),
      ...(blocked.length > 0 && { blocked }),
      ...(journal.length > 0 && { journal }),
      ...(conntrack && { conntrack }),
      ...(ufw && { ufw }),
      ...(should && { k3s: should }),
      ...(monitor && { monitor }),
      ...(unseen.length > 0 && { unseen }),
    },
    snapshot: {
      ...{ sets, now, changed, broken: flushed || stale.length > 0 },
      good: families.every((it) => input[it]?.verdict !== 'drop') && blocked.length + hostPorts.length === 0,
      by: changed ? journal.at(-1)?.by : undefined,
    },
  }
}

/**
 * Whether what k3s wrote must be there: it has run for long enough, or since before the rules were last seen complete.
 */
function isDue(k3s: Expected | undefined, memory: Memory | undefined, at: number | undefined, now: number) {
  if (!k3s?.running) return 'stopped'
  const ran = at !== undefined && memory?.less === undefined && k3s.running.since <= at
  return ran || settled(k3s, now)
}

const orderOf = (it: { family: Family; backend: string; table?: string }) =>
  `${it.family} ${it.backend} ${it.table ?? ''}`

/** The rule sets of each backend; for a family that could not be read, the previous ones. */
function setsOf(before: FirewallSample | undefined, { read, stale, native }: Seen): readonly RuleSet[] {
  const old = (before?.sets ?? []).filter((it) => it.backend !== 'native' && stale.includes(it.family))
  return [
    ...read.map((it) => it.set),
    ...old.map((it) => ({ ...it, stale: true as const })),
    ...native.sets,
  ].sort((a, b) => (orderOf(a) < orderOf(b) ? 1 : -1))
}

/** The verdict for a new connection to SSH. */
function inputOf(
  before: FirewallSample | undefined,
  { read, stale, native, ways }: Seen,
): FirewallSample['input'] {
  const input: Partial<Record<Family, Verdict>> = {}
  for (const family of families) {
    const own = read.filter((it) => it.set.family === family)
    const verdict = stale.includes(family)
      ? before?.input[family]
      : inputVerdict(own, ways[family], native, family)
    if (verdict) input[family] = verdict
  }
  return input
}

/** Host ports that no rule maps; for a family that could not be read, the previous ones. */
function portsOf(
  before: FirewallSample | undefined,
  { read, stale, native, missing }: Seen,
): readonly HostPort[] {
  if (!missing) return []
  const unread = (family: Family) =>
    native.unread ||
    stale.includes(family) ||
    read.some(({ set }) => set.family === family && set.hidden?.includes('nat'))
  return families.flatMap((family) =>
    (unread(family) ? (before?.hostPorts ?? []) : missing).filter(
      (it) => familyOfPort(it.forward) === family,
    ),
  )
}
