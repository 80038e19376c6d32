import type { Backend } from '../cells.ts'
import type { Condition, Match, Probe, Way } from './match.ts'
import type { Step } from './steps.ts'

/** The rules of one table, as far as they may affect a probe. */
export interface Table {
  /** Policies of the built-in chains. */
  readonly policies: ReadonlyMap<string, string>
  readonly chains: ReadonlyMap<string, readonly Step[]>
  /** Whether some rules of a chain had to be left out: then anything may happen in it. */
  readonly lost: (chain: string) => boolean
}

export type Tables = ReadonlyMap<string, Table>

/** What happens to a probe. `maybe`: that depends on where it comes from, or on what cannot be told from the rules. */
export interface Verdict {
  readonly verdict: 'accept' | 'drop' | 'maybe'
  readonly port: number
  /** The rule or policy that decides it. */
  readonly by: string
  /** With `drop`: the table that it is in, and the chain of it by which the packet came there. */
  readonly table?: string
  readonly base?: string
  /** With `maybe`: the rule that may drop it all the same. */
  readonly unless?: string
  /** Which backend drops it, or leaves it open. */
  readonly backend?: Backend
  /** Accepted only from, to or on these, as `from 192.0.2.0/24 on eth0`. */
  readonly only?: readonly string[]
  /** Accepted, except from, to or on these. */
  readonly except?: readonly string[]
}

/** The chains that packets pass, in this order (iptables(8), netfilter's packet flow). */
const hooks: Readonly<Record<Way, readonly (readonly [table: string, chain: string])[]>> = {
  in: [
    ['raw', 'PREROUTING'],
    ['mangle', 'PREROUTING'],
    ['nat', 'PREROUTING'],
    ['mangle', 'INPUT'],
    ['filter', 'INPUT'],
    ['security', 'INPUT'],
  ],
  forward: [
    ['raw', 'PREROUTING'],
    ['mangle', 'PREROUTING'],
    ['nat', 'PREROUTING'],
    ['mangle', 'FORWARD'],
    ['filter', 'FORWARD'],
    ['security', 'FORWARD'],
    ['mangle', 'POSTROUTING'],
  ],
  out: [
    ['raw', 'OUTPUT'],
    ['mangle', 'OUTPUT'],
    ['nat', 'OUTPUT'],
    ['filter', 'OUTPUT'],
    ['security', 'OUTPUT'],
    ['mangle', 'POSTROUTING'],
  ],
}

/** The chains of a table in which the walks of these probes begin; empty where none passes the table. */
export function beginsIn(table: string, probes: readonly Probe[]): ReadonlySet<string> {
  const ways = new Set(probes.map(({ way }): Way => way ?? 'in'))
  return new Set(
    [...ways].flatMap((way) => hooks[way].flatMap(([name, chain]) => (name === table ? [chain] : []))),
  )
}

/** A chain that a packet comes to, and the table it is in. */
export interface Station {
  readonly name: string
  readonly table: Table
  readonly chain: string
  /** Only the first packet of a connection passes it. */
  readonly nat: boolean
  /** Before the destination is known: what is translated had another one there. */
  readonly early: boolean
}

interface Outcome {
  /** The rule that may have accepted it, and the one that may have dropped it. */
  readonly accept?: string
  readonly drop?: string
  /** Whether the packet may reach the end of the chain. */
  readonly passes: boolean
  readonly marks: number
}

/** The kernel allows jumps 16 deep (nft) and no loops; a recording may claim anything. */
const deepest = 32
const mostSteps = 200_000
/** The mark bits of a packet about whose mark nothing is known. */
export const anyMark = 0xffffffff

/** The chains of iptables that a probe passes in one backend. */
const stationsIn = (tables: Tables, { way }: Pick<Probe, 'way'>): readonly Station[] =>
  hooks[way ?? 'in'].flatMap(([name, chain]): Station[] => {
    const table = tables.get(name)
    if (!table?.policies.has(chain)) return []
    return [{ name, table, chain, nat: name === 'nat', early: chain === 'PREROUTING' }]
  })

/** Follows a probe through one backend. */
export const walk = (tables: Tables, probe: Probe): Walked => follow(stationsIn(tables, probe), probe)

type Walked = Omit<Verdict, 'backend'>

/**
 * Follows a probe from chain to chain. Every condition can answer `maybe`, so that the verdicts `accept` and `drop` are
 * certain.
 */
export function follow(stations: readonly Station[], probe: Probe): Walked {
  let marks = probe.marks ?? 0
  let accepted = 'there is no rule'
  let dropped: string | undefined
  for (const { name, table, chain, nat, early } of stations) {
    if ((nat && probe.established) || (early && probe.dnat === 'yes')) continue
    const outcome = walkHook(table, chain, probe, marks)
    marks = outcome.marks
    dropped ??= outcome.drop
    if (outcome.accept === undefined)
      return {
        verdict: 'drop',
        port: probe.port,
        by: outcome.drop ?? `${name} ${chain}`,
        table: name,
        base: chain,
      }
    accepted = outcome.accept
  }
  if (dropped === undefined) return { verdict: 'accept', port: probe.port, by: accepted }
  return { verdict: 'maybe', port: probe.port, by: accepted, unless: dropped }
}

/** Whether the rules of nat may give a probe another destination; `no` where no rule of them can match. */
export const translated = (tables: Tables, probe: Probe): Match =>
  isTranslated(stationsIn(tables, probe), probe)

/** The same of any chains. */
export function isTranslated(stations: readonly Station[], { established: _, ...probe }: Probe): Match {
  const asks = ({ table, chain, nat }: Station) =>
    nat && walkHook(table, chain, probe, probe.marks ?? 0).drop !== undefined
  return stations.some(asks) ? 'maybe' : 'no'
}

/** The packets that a probe stands for: a TCP connection needs the later ones as well as the first. */
export const packetsOf = (probe: Probe): readonly Probe[] =>
  probe.protocol === 'tcp' ? [probe, { ...probe, established: true }] : [probe]

/** The verdict for a connection in one backend. */
export const wayIn = (tables: Tables, probe: Probe): Walked => ofConnection(probe, (it) => walk(tables, it))

/** A connection works if all its packets are let through. */
export function ofConnection(probe: Probe, walked: (it: Probe) => Walked): Walked {
  const [first, then] = packetsOf(probe).map(walked)
  if (!first || !then || first.verdict === 'drop') return first ?? walked(probe)
  if (then.verdict === 'drop') return then
  return first.verdict === 'maybe' || then.verdict === 'accept' ? first : then
}

function walkHook(table: Table, hook: string, probe: Probe, before: number): Outcome {
  const known = new Map<string, Outcome>()
  let budget = mostSteps
  const anything = (what: string): Outcome => ({ accept: what, drop: what, passes: true, marks: anyMark })

  const through = (chain: string, marks: number, depth: number): Outcome => {
    if (depth > deepest || table.lost(chain)) return anything(`chain ${chain}`)
    const key = `${marks} ${chain}`
    const outcome = known.get(key) ?? along(table.chains.get(chain) ?? [], marks, depth)
    known.set(key, outcome)
    return outcome
  }

  const along = (steps: readonly Step[], from: number, depth: number): Outcome => {
    let accept: string | undefined
    let drop: string | undefined
    let marks = from
    let left = false
    const end = (passes: boolean): Outcome => ({
      ...(accept !== undefined && { accept }),
      ...(drop !== undefined && { drop }),
      passes: passes || left,
      marks,
    })
    for (const { conditions, act, text } of steps) {
      budget -= 1
      if (budget < 0) return anything('more rules than can be followed')
      const match = all(conditions, probe, marks)
      if (match === 'no') continue
      if (act.kind === 'mark') {
        marks = (marks | act.bits) >>> 0
        continue
      }
      let goesOn = match === 'maybe'
      if (act.kind === 'accept' || act.kind === 'ask') accept ??= text
      // A rule that certainly drops is named rather than one that may.
      if (act.kind === 'drop' && match === 'yes') drop = text
      if (act.kind === 'drop' || act.kind === 'ask') drop ??= text
      if (act.kind === 'return') left = true
      if (act.kind === 'jump' || act.kind === 'goto') {
        const inside = through(act.chain, marks, depth + 1)
        accept ??= inside.accept
        drop = inside.passes ? (drop ?? inside.drop) : (inside.drop ?? drop)
        marks = (marks | inside.marks) >>> 0
        if (inside.passes && act.kind === 'jump') goesOn = true
        if (inside.passes && act.kind === 'goto') left = true
      }
      if (!goesOn) return end(false)
    }
    return end(true)
  }

  const outcome = through(hook, before, 0)
  if (!outcome.passes) return outcome
  const policy = table.policies.get(hook) ?? 'ACCEPT'
  const by = `the policy of ${hook} is ${policy}`
  if (policy !== 'ACCEPT') return { ...outcome, drop: by }
  return { ...outcome, accept: outcome.accept ?? by }
}

function all(conditions: readonly Condition[], probe: Probe, marks: number) {
  let match: 'yes' | 'maybe' = 'yes'
  for (const holds of conditions) {
    const one = holds(probe, marks)
    if (one === 'no') return 'no'
    if (one === 'maybe') match = 'maybe'
  }
  return match
}

/** A packet must pass both backends, so one that drops it decides. */
export function passBoth(verdicts: readonly Verdict[]): Verdict | undefined {
  for (const kind of ['drop', 'maybe', 'accept'] as const) {
    const found = verdicts.find((it) => it.verdict === kind)
    if (found) return found
  }
  return undefined
}
