import type { Family } from '../cells.ts'
import { fieldsOf, type Json, keyOf, type Names, one } from './keys.ts'
import type { Condition, Match, Origin, Probe } from './match.ts'

/*
 * Conditions of nftables rules as `nft -j` prints them (libnftables-json(5)). What is not known here is `maybe`. A match
 * on a header that the packet does not have never holds, not even `!=`: nft asks for the protocol first.
 */

/** The elements of a named set; undefined where they cannot be known. */
export type SetOf = (name: string) => readonly Json[] | undefined

/** A condition, and the networks and interfaces that it names. */
export interface Expressed {
  readonly holds: Condition
  readonly names?: Names
}

const certain = (holds: boolean): Match => (holds ? 'yes' : 'no')
const flip = { yes: 'no', no: 'yes', maybe: 'maybe' } as const
export const doubt: Expressed = { holds: () => 'maybe' }
const never: Expressed = { holds: () => 'no' }
/** Networks of one set that are named; more make too many places to tell apart. */
const mostNamed = 1000

/** The elements on the right of a match: one value, a list of them, a set with or without a name. */
function elementsOf(right: Json, setOf: SetOf): readonly Json[] | undefined {
  if (typeof right === 'string' && right.startsWith('@')) return setOf(right.slice(1))
  const { set } = fieldsOf(right)
  const all = Array.isArray(set) ? set : Array.isArray(right) ? right : [right]
  return all.map((it) => fieldsOf(fieldsOf(it).elem).val ?? it)
}

/** The condition of a `match`, or of one element of a verdict map. */
export function expressed(left: Json, op: Json, right: Json, family: Family, setOf: SetOf): Expressed {
  const parts = fieldsOf(left).concat
  const elements = elementsOf(right, setOf)
  if (Array.isArray(parts)) return elements ? joined(parts, op, elements, family, setOf) : doubt
  const flags = tcpFlags(left, op, right)
  if (flags) return flags
  const key = keyOf(left, family)
  if (key === 'never') return never
  if (!key) return doubt
  if (!elements) return { holds: (probe) => (key.there?.(probe) === false ? 'no' : 'maybe') }
  const tests = one('==', '!=', 'in')(op) ? elements.map(key.test) : [undefined]
  const not = op === '!='
  const named = elements.length > mostNamed ? [] : elements.map((it) => key.names?.(it) ?? {})
  return {
    holds(probe) {
      if (key.there && !key.there(probe)) return 'no'
      const found = any(tests, probe)
      return not ? flip[found] : found
    },
    names: {
      from: named.flatMap((it) => it.from ?? []),
      to: named.flatMap((it) => it.to ?? []),
      on: named.flatMap((it) => it.on ?? []),
    },
  }
}

function any(tests: readonly (((probe: Probe) => Match) | undefined)[], probe: Probe): Match {
  let found: Match = 'no'
  for (const test of tests) {
    const it = test ? test(probe) : 'maybe'
    if (it === 'yes') return 'yes'
    if (it === 'maybe') found = 'maybe'
  }
  return found
}

/** `ip saddr . tcp dport { … }`: an element holds where all its parts do. */
function joined(
  parts: readonly Json[],
  op: Json,
  elements: readonly Json[],
  family: Family,
  setOf: SetOf,
): Expressed {
  const all = elements.map((it) => {
    const { concat } = fieldsOf(it)
    if (!Array.isArray(concat) || concat.length !== parts.length) return [doubt]
    return parts.map((part, at) => expressed(part, '==', concat[at], family, setOf))
  })
  const name = (end: keyof Origin) =>
    all.slice(0, mostNamed).flatMap((its) => its.flatMap((it) => it.names?.[end] ?? []))
  return {
    holds(probe, marks) {
      const found = any(
        all.map((its) => () => {
          const each = its.map((it) => it.holds(probe, marks))
          return each.includes('no') ? 'no' : each.includes('maybe') ? 'maybe' : 'yes'
        }),
        probe,
      )
      return op === '!=' ? flip[found] : found
    },
    names: { from: name('from'), to: name('to'), on: name('on') },
  }
}

const flagsOf = (it: Json): readonly string[] => {
  const { '|': or } = fieldsOf(it)
  return Array.isArray(or ?? it) ? ((or ?? it) as Json[]).flatMap(flagsOf) : [String(it)]
}

/** `tcp flags & (fin | syn | rst | ack) == syn`: a first packet has SYN alone, a later one ACK, and perhaps PSH. */
function tcpFlags(left: Json, op: Json, right: Json): Expressed | undefined {
  const masked = fieldsOf(left)['&']
  const [of, mask] = Array.isArray(masked) ? masked : [left, undefined]
  const { protocol, field } = fieldsOf(fieldsOf(of).payload)
  if (protocol !== 'tcp' || field !== 'flags') return undefined
  if (mask === undefined && op !== 'in')
    return { holds: (probe) => (probe.protocol === 'tcp' ? 'maybe' : 'no') }
  const all = mask === undefined ? undefined : flagsOf(mask)
  const wanted = flagsOf(right)
  return {
    holds({ protocol: its, established }) {
      if (its !== 'tcp') return 'no'
      const has = established ? 'ack' : 'syn'
      // Without a mask: any of them.
      if (!all)
        return established && wanted.includes('psh') && !wanted.includes('ack')
          ? 'maybe'
          : certain(wanted.includes(has))
      if (established && all.includes('psh')) return 'maybe'
      const left = all.includes(has) ? has : '0'
      const same = certain(wanted.length === 1 && wanted[0] === left)
      return op === '!=' ? flip[same] : op === '==' ? same : 'maybe'
    },
  }
}
