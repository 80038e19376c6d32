import type { Family } from '../cells.ts'
import { type Expressed, expressed, type SetOf } from './expressions.ts'
import { fieldsOf, type Json } from './keys.ts'
import type { Probe, Way } from './match.ts'
import { type Act, own, type Step } from './steps.ts'
import { anyMark, type Station, type Table } from './walk.ts'

/** A table of nftables for one family, and the chains in which packets come to it. */
export interface NativeTable {
  /** `inet firewalld` */
  readonly name: string
  readonly family: Family
  readonly table: Table
  readonly bases: readonly Base[]
  /** It may set marks, which other tables ask for. */
  readonly marks: boolean
}

interface Base {
  readonly chain: string
  readonly hook: string
  readonly nat: boolean
}

/** The hooks that packets pass (nft(8)); where they lead further depends on nothing that is followed here. */
export const hooksOf: Readonly<Record<Way, readonly string[]>> = {
  in: ['ingress', 'prerouting', 'input'],
  forward: ['ingress', 'prerouting', 'forward', 'postrouting'],
  out: ['output', 'postrouting'],
}

/** Rules of one table that are kept; of more, nothing is said. */
const mostSteps = 20_000
const longestText = 160
/** Elements of a set that are held against a packet; a larger one is not known. */
const mostElements = 5000
/** Those of all rules that name a set, together: each rule holds them anew, 0.3 kB each. */
const mostHeld = 50_000
/** What a statement does that lets the packet go on as it is. */
const passing = new Set([
  'counter',
  'log',
  'set',
  'ct helper',
  'ct timeout',
  'ct expectation',
  'last',
  'comment',
])
const verdicts: Readonly<Record<string, Act>> = {
  accept: { kind: 'accept' },
  drop: { kind: 'drop' },
  reject: { kind: 'drop' },
  return: { kind: 'return' },
}

/**
 * The rules of a table from what `nft -j list table` prints (libnftables-json(5)). Undefined where something in it is
 * not followed: another device's hook, packets that are not tracked, or too many rules.
 */
export function nativeTable(printed: Json, name: string, family: Family): NativeTable | undefined {
  const { nftables } = fieldsOf(printed)
  const objects: readonly Json[] = Array.isArray(nftables) ? nftables : []
  const each = (kind: string) =>
    objects.flatMap((it) => (fieldsOf(it)[kind] ? [fieldsOf(fieldsOf(it)[kind])] : []))
  const sets = new Map([...each('set'), ...each('map')].map((it) => [String(it.name), it]))
  let held = 0
  const setOf: SetOf = (set) => {
    const { elem = [], flags } = sets.get(set) ?? {}
    const changes = [flags].flat().includes('dynamic') || !sets.has(set)
    if (changes || !Array.isArray(elem) || elem.length > Math.min(mostElements, mostHeld - held))
      return undefined
    held += elem.length
    return elem.map((it) => fieldsOf(fieldsOf(it).elem).val ?? it)
  }
  const policies = new Map<string, string>()
  const bases: Base[] = []
  const chains = new Map<string, Step[]>()
  for (const it of each('chain')) {
    chains.set(String(it.name), [])
    if (typeof it.hook !== 'string') continue
    if (it.hook === 'ingress' || it.hook === 'egress') return undefined
    policies.set(String(it.name), String(it.policy ?? 'accept').toUpperCase())
    bases.push({ chain: String(it.name), hook: it.hook, nat: it.type === 'nat' })
  }
  let marks = false
  let kept = 0
  for (const { chain, expr, handle } of each('rule')) {
    const text = textOf(expr)
    const said = `rule "${text}" (handle ${Number(handle)}) of ${name} ${chain}`
    const steps = stepsOf(expr, said, family, setOf, mapOf(sets))
    if (!steps) return undefined
    kept += steps.length
    if (kept > mostSteps) return undefined
    marks ||= steps.some(({ act }) => act.kind === 'mark')
    chains.get(String(chain))?.push(...steps)
  }
  return { name, family, bases, marks, table: { policies, chains, lost: () => false } }
}

type MapOf = (name: string) => Json

const mapOf =
  (sets: ReadonlyMap<string, Readonly<Record<string, Json>>>): MapOf =>
  (name) => {
    const { elem, flags } = sets.get(name) ?? {}
    return [flags].flat().includes('dynamic') ? undefined : elem
  }

/** The steps of one rule: several where a verdict map has several answers. Undefined: it is not followed. */
function stepsOf(
  expr: Json,
  text: string,
  family: Family,
  setOf: SetOf,
  maps: MapOf,
): readonly Step[] | undefined {
  const all: Expressed[] = []
  const steps: Step[] = []
  const step = (act: Act, more: readonly Expressed[] = []): Step => ({
    conditions: [...all, ...more].map((it) => it.holds),
    act,
    names: namesOf([...all, ...more]),
    text: own(text),
  })
  for (const statement of Array.isArray(expr) ? expr : []) {
    const [[kind = '', value] = []] = Object.entries(fieldsOf(statement))
    if (kind === 'match') {
      const { left, op, right } = fieldsOf(value)
      all.push(expressed(left, op, right, family, setOf))
    } else if (kind === 'mangle') {
      const { meta, ct } = fieldsOf(fieldsOf(value).key)
      if (fieldsOf(meta).key === 'mark') steps.push(step({ kind: 'mark', bits: anyMark }))
      else if (fieldsOf(meta).key !== undefined || ct !== undefined) continue
      else return undefined
    } else if (kind === 'vmap') {
      const mapped = mappedBy(value, family, setOf, maps)
      return mapped
        ? [...steps, ...mapped.map(([act, holds]) => step(act, [holds]))]
        : [...steps, step({ kind: 'ask' })]
    } else if (kind === 'jump' || kind === 'goto')
      return [...steps, step({ kind, chain: String(fieldsOf(value).target) })]
    else if (kind === 'notrack' || kind === 'tproxy' || kind === 'xt') return undefined
    else if (Object.hasOwn(verdicts, kind)) return [...steps, step(verdicts[kind] as Act)]
    else if (kind === 'limit' || kind === 'quota' || kind === 'ct count' || kind === 'meter')
      all.push({ holds: () => 'maybe' })
    else if (kind !== 'continue' && !passing.has(kind)) return [...steps, step({ kind: 'ask' })]
  }
  return steps
}

/** `ct state vmap { established : accept, … }`: each verdict with its condition. */
function mappedBy(
  value: Json,
  family: Family,
  setOf: SetOf,
  maps: MapOf,
): readonly (readonly [Act, Expressed])[] | undefined {
  const { key, data } = fieldsOf(value)
  const listed = typeof data === 'string' ? maps(data.replace(/^@/, '')) : fieldsOf(data).set
  if (!Array.isArray(listed)) return undefined
  return listed.flatMap((pair: Json): (readonly [Act, Expressed])[] => {
    const [element, verdict] = Array.isArray(pair) ? pair : []
    const [[kind = '', to] = []] = Object.entries(fieldsOf(verdict))
    const holds = expressed(key, '==', { set: [element] }, family, setOf)
    if (kind === 'continue') return []
    if (kind === 'jump' || kind === 'goto') return [[{ kind, chain: String(fieldsOf(to).target) }, holds]]
    return [[Object.hasOwn(verdicts, kind) ? (verdicts[kind] as Act) : { kind: 'ask' }, holds]]
  })
}

const namesOf = (all: readonly Expressed[]): Step['names'] =>
  Object.fromEntries(
    (['from', 'to', 'on'] as const)
      .map((end) => [end, all.flatMap((it) => it.names?.[end] ?? [])] as const)
      .filter(([, names]) => names.length > 0),
  )

/** The chains of native tables that a probe passes. A drop in any is final, so their order does not matter. */
export const stationsOf = (tables: readonly NativeTable[], probe: Probe): readonly Station[] =>
  tables.flatMap(({ name, table, bases }) =>
    bases
      .filter(({ hook }) => hooksOf[probe.way ?? 'in'].includes(hook))
      .filter(({ hook, nat }) => !nat || hook === 'prerouting' || hook === 'output')
      .map(({ chain, hook, nat }) => ({ table, chain, name, nat, early: hook === 'prerouting' })),
  )

/** A rule in few words, as nft writes it, as far as it is known here; no quotes or backticks. */
function textOf(expr: Json): string {
  const said = (Array.isArray(expr) ? expr : []).flatMap((it) => {
    const [[kind = '', value] = []] = Object.entries(fieldsOf(it))
    if (passing.has(kind)) return []
    if (kind === 'jump' || kind === 'goto') return [`${kind} ${fieldsOf(value).target}`]
    if (kind !== 'match') return [kind]
    const { left, op, right } = fieldsOf(value)
    return [`${sideOf(left)} ${op === '!=' ? '!= ' : ''}${sideOf(right)}`]
  })
  return said
    .join(' ')
    .replace(/[^\w .:/,{}@!=&|*()-]/g, '?')
    .slice(0, longestText)
}

function sideOf(it: Json, depth = 0): string {
  if (depth > 3) return '…'
  if (Array.isArray(it))
    return it
      .slice(0, 8)
      .map((one) => sideOf(one, depth + 1))
      .join(', ')
  if (typeof it !== 'object' || it === null) return String(it)
  const { payload, meta, ct, prefix, range, set } = fieldsOf(it)
  if (payload) return `${fieldsOf(payload).protocol} ${fieldsOf(payload).field}`
  if (meta) return String(fieldsOf(meta).key)
  if (ct) return `ct ${fieldsOf(ct).key}`
  if (prefix) return `${fieldsOf(prefix).addr}/${fieldsOf(prefix).len}`
  if (Array.isArray(range)) return `${range[0]}-${range[1]}`
  if (set) return `{ ${sideOf(set, depth + 1)} }`
  return Object.keys(it)[0] ?? ''
}
