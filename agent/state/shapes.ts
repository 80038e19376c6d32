import { longestSilence, type Silence } from '../core/silence.ts'
import {
  type Abilities,
  type Finding,
  type Group,
  type NotificationRecord,
  type Onset,
  type Pod,
  severities,
  type Unseen,
} from '../model/index.ts'
import type { Clock } from './clock.ts'

/**
 * What rows must look like when they are read: a failing disk may have changed them, and the rest of Murphy relies on
 * valid ones. Values are described by small functions, so that the compiler checks them against the vocabulary: a field
 * added there has to be described here.
 */

/** What is wrong with a value ("is missing"), with the field's name before it; undefined if nothing is. */
export type Shape = (value: unknown) => string | undefined

type Fields<T> = {
  readonly [K in keyof T]-?: Record<never, never> extends Pick<T, K> ? { readonly optional: Shape } : Shape
}

/** The deepest JSON that is accepted: beyond some thousands, writing it out again overflows the stack. */
const deepest = 64
/** The longest of any text in a row, in characters: far more than any collector writes. */
const longestText = 100_000
/** ms; beyond it a Date has no value. ECMA-262, 21.4.1.1. */
const furthest = 8.64e15

export const text =
  (most = longestText): Shape =>
  (it) =>
    typeof it !== 'string' ? 'is no text' : it.length > most ? 'is too long' : undefined
const within =
  (least: number, most: number, whole = false): Shape =>
  (it) =>
    typeof it !== 'number' || !(it >= least && it <= most) || (whole && !Number.isInteger(it))
      ? 'is no number in its range'
      : undefined
/** Milliseconds since 1970, also from a clock that was wrong. */
export const time = within(-furthest, furthest)
const length = within(0, furthest)
const count = within(0, Number.MAX_SAFE_INTEGER, true)
export const version = within(1, 1_000_000, true)
const yes: Shape = (it) => (it === true ? undefined : 'is neither true nor absent')
const oneOf =
  (allowed: readonly unknown[]): Shape =>
  (it) =>
    allowed.includes(it) ? undefined : 'is none of what it may be'
const listOf =
  (item: Shape, most: number): Shape =>
  (it) => {
    if (!Array.isArray(it)) return 'is no list'
    if (it.length > most) return 'is too long'
    return it.map(item).find((wrong) => wrong !== undefined)
  }
const isGroup = (it: unknown): it is Record<string, unknown> =>
  typeof it === 'object' && it !== null && !Array.isArray(it)

/** An object with these fields. Other fields are allowed, since a later version may have written them. */
function group<T>(fields: Fields<T>): Shape {
  const entries = Object.entries(fields) as [string, Shape | { readonly optional: Shape }][]
  return (it) => {
    if (!isGroup(it)) return 'is no group of fields'
    for (const [key, field] of entries) {
      const needed = typeof field === 'function'
      if (!Object.hasOwn(it, key)) {
        if (needed) return `${key} is missing`
        continue
      }
      const wrong = (needed ? field : field.optional)(it[key])
      if (wrong) return `${key} ${wrong}`
    }
    return undefined
  }
}

/** Plain JSON of limited depth. Not recursive, so that deep JSON cannot overflow the stack here. */
export const plain: Shape = (value) => {
  let level: unknown[] = [value]
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > deepest) return 'is too deep'
    level = level.flatMap((it) => (typeof it === 'object' && it !== null ? Object.values(it) : []))
  }
  return undefined
}

const flag: Shape = (it) => (typeof it === 'boolean' ? undefined : 'is neither true nor false')
const abilities = group<Abilities>({
  edits: { optional: flag },
  copies: { optional: flag },
  partly: { optional: flag },
})

const pod = group<Pod>({
  namespace: text(),
  name: text(),
  uid: { optional: text() },
  container: { optional: text() },
})

const simple: Shape = (it) =>
  it === null || ['string', 'number', 'boolean'].includes(typeof it) ? undefined : 'is no simple value'
const evidence: Shape = (it) => (isGroup(it) ? listOf(simple, 1_000)(Object.values(it)) : 'is no group')

const onset = group<Onset>({ from: { optional: time }, to: time })

export const findingShape = group<Finding>({
  id: text(2_000),
  code: text(200),
  subject: text(200),
  severity: oneOf(severities),
  title: text(),
  kind: { optional: text() },
  text: text(),
  before: { optional: group<NonNullable<Finding['before']>>({ title: text(), text: text(), at: time }) },
  impact: text(),
  fix: listOf(text(), 100),
  avoid: { optional: listOf(text(), 100) },
  urgent: { optional: yes },
  stage: { optional: within(-furthest, furthest) },
  pod: { optional: pod },
  evidence: { optional: evidence },
  since: time,
  found: time,
  onset,
  graver: { optional: onset },
  latest: { optional: time },
  seen: time,
  count,
  flaps: { optional: count },
  gone: { optional: yes },
  notifyAt: time,
  resolved: { optional: time },
})

/** A judgement in a row: JSON has no maps. */
export interface WrittenJudged {
  readonly at: number
  readonly left?: readonly (readonly [subject: string, well: number])[]
}
const left: Shape = (it) =>
  Array.isArray(it) && it.length === 2 ? (text()(it[0]) ?? time(it[1])) : 'is no pair'
export const judgedShape = group<WrittenJudged>({
  at: time,
  left: { optional: listOf(left, 10_000) },
})
const told = group<Group>({ id: text(2_000), of: oneOf(['kind', 'away', 'start', 'rest', 'quiet']) })

export const toldShape = group<NotificationRecord>({
  incident: text(2_000),
  severity: oneOf(severities),
  stage: { optional: within(-furthest, furthest) },
  quiet: { optional: yes },
  gone: { optional: listOf(text(2_000), 100_000) },
  findings: listOf(text(2_000), 100_000),
  lead: { optional: text(2_000) },
  said: { optional: text(100) },
  at: time,
  reminded: time,
  unconfirmed: { optional: yes },
  group: { optional: told },
  rang: { optional: listOf(time, 1_000) },
  abilities: { optional: abilities },
  receipt: { optional: text(10_000) },
  resolved: { optional: time },
})

const silenceFields = group<Silence>({
  id: text(1_000),
  what: text(1_000),
  since: time,
  until: time,
  why: { optional: text(1_000) },
  recurs: { optional: yes },
})

/** No longer than people may ask for, so that a failing disk cannot mute notifications for years. */
export const silenceShape: Shape = (it) => {
  const wrong = silenceFields(it)
  if (wrong) return wrong
  const { since, until } = it as Silence
  return until >= since && until - since <= longestSilence ? undefined : 'until is out of its range'
}

const unseen = group<Unseen>({
  what: text(),
  why: text(),
  codes: { optional: listOf(text(200), 10_000) },
  subjects: { optional: listOf(text(), 10_000) },
  names: { optional: listOf(text(), 10_000) },
  unrecorded: { optional: oneOf([true, false]) },
})

/** Only what all samples share. The rest is the collector's, which relies on its `sampleVersion`. */
export const sampleShape = group<{ readonly unseen?: readonly Unseen[] }>({
  unseen: { optional: listOf(unseen, 100_000) },
})

export const aboutShape: Shape = (it) => (isGroup(it) ? undefined : 'is no group')

export const clockShape = group<Clock>({ trusted: time, wall: time, held: length })
