import type { SQLInputValue } from 'node:sqlite'
import type { Judged } from '../core/last-well.ts'
import type { Silence } from '../core/silence.ts'
import type { Artifact, Finding, NotificationRecord } from '../model/index.ts'
import { day } from '../text/times.ts'
import type { Clock } from './clock.ts'
import {
  aboutShape,
  clockShape,
  findingShape,
  judgedShape,
  plain,
  type Shape,
  sampleShape,
  silenceShape,
  text,
  time,
  toldShape,
  version,
  type WrittenJudged,
} from './shapes.ts'

/** A row as SQLite gives it; whole numbers that a JavaScript number cannot hold are bigints. */
export type Row = Readonly<Record<string, unknown>>

/** One table: how it is made, what its rows mean, and what they must look like. */
export interface Table<T> {
  readonly name: string
  /** What a row is called in messages, singular and plural. */
  readonly called: readonly [string, string]
  readonly create: string
  readonly columns: readonly string[]
  readonly key: readonly string[]
  /** Decodes a row. Throws a Wrong where it is not valid. */
  readonly read: (row: Row) => T
  /** The columns' values. */
  readonly write: (it: T) => readonly SQLInputValue[]
  /** For tables of many small rows: an SQL condition that sound rows meet. */
  readonly sound?: string
}

/** Says what is wrong with a row. */
export class Wrong extends Error {}

function mustBe(shape: Shape, value: unknown, what: string): void {
  const wrong = shape(value)
  if (wrong) throw new Wrong(`${what} ${wrong}`)
}

/** The longest JSON of one row, in characters; samples of large nodes have some hundred thousand. */
const longestJson = 16 * 1024 * 1024

function parsed<T>(json: unknown, shape: Shape): T {
  mustBe(text(longestJson), json, 'json')
  let value: unknown
  try {
    value = JSON.parse(json as string)
  } catch {
    throw new Wrong('json is no JSON')
  }
  mustBe(plain, value, 'json')
  mustBe(shape, value, 'json:')
  return value as T
}

/** JSON of a finding, with the onset that state version 2 did not have: when it began was not known any better. */
function withOnset(json: unknown): unknown {
  if (typeof json !== 'string' || json.length > longestJson || json.includes('"onset":')) return json
  try {
    const it: unknown = JSON.parse(json)
    if (typeof it !== 'object' || it === null || !('since' in it)) return json
    return JSON.stringify({ ...it, found: it.since, onset: { from: it.since, to: it.since } })
  } catch {
    return json
  }
}

/** The description of an artifact; undefined where it is not valid. */
export function aboutOf(json: unknown): Artifact['about'] | undefined {
  try {
    return parsed(json, aboutShape)
  } catch {
    return undefined
  }
}

/** Fields that also have a column of their own must be equal in both places. */
function mustFit(row: Row, it: object, columns: readonly string[]): void {
  for (const name of columns)
    if ((row[name] ?? undefined) !== (it as Row)[name]) throw new Wrong(`${name} is not what its JSON says`)
}

/** A value that belongs to one sink or collector, as a row holds it. */
export interface Owned<T> {
  readonly owner: string
  readonly it: T
}
export interface KeptSample {
  readonly collector: string
  readonly at: number
  readonly json: string
  /** The collector's `sampleVersion`. */
  readonly version: number
}
export interface StoredPoint {
  readonly name: string
  readonly step: number
  readonly at: number
  readonly value: number
}
export interface StoredArtifact extends Artifact {
  readonly id: number
  readonly collector: string
  readonly at: number
}

export const finding: Table<Finding> = {
  name: 'finding',
  called: ['finding', 'findings'],
  create: `id TEXT PRIMARY KEY, code TEXT NOT NULL, since INTEGER NOT NULL, resolved INTEGER, json TEXT NOT NULL`,
  columns: ['id', 'code', 'since', 'resolved', 'json'],
  key: ['id'],
  read(row) {
    const it = parsed<Finding>(withOnset(row.json), findingShape)
    mustFit(row, it, ['id', 'code', 'since', 'resolved'])
    return it
  },
  write: (it) => [it.id, it.code, it.since, it.resolved ?? null, JSON.stringify(it)],
}

/** When a rule was last judged, by code. */
export const judged: Table<Owned<Judged>> = {
  name: 'judged',
  called: ['time of a judgement', 'times of judgements'],
  create: 'code TEXT PRIMARY KEY, json TEXT NOT NULL',
  columns: ['code', 'json'],
  key: ['code'],
  read(row) {
    mustBe(text(200), row.code, 'code')
    const { at, left } = parsed<WrittenJudged>(row.json, judgedShape)
    return { owner: row.code as string, it: { at, ...(left && { left: new Map(left) }) } }
  },
  write: ({ owner, it: { at, left } }) => [owner, JSON.stringify({ at, ...(left && { left: [...left] }) })],
}

export const told: Table<Owned<NotificationRecord>> = {
  name: 'told',
  called: ['record of a notification', 'records of notifications'],
  create: 'sink TEXT NOT NULL, incident TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (sink, incident)',
  columns: ['sink', 'incident', 'json'],
  key: ['sink', 'incident'],
  read(row) {
    mustBe(text(1_000), row.sink, 'sink')
    const it = parsed<NotificationRecord>(row.json, toldShape)
    mustFit(row, it, ['incident'])
    return { owner: row.sink as string, it }
  },
  write: ({ owner, it }) => [owner, it.incident, JSON.stringify(it)],
}

export const sink: Table<Owned<number>> = {
  name: 'sink',
  called: ['sink', 'sinks'],
  create: 'name TEXT PRIMARY KEY, since INTEGER NOT NULL',
  columns: ['name', 'since'],
  key: ['name'],
  read(row) {
    mustBe(text(1_000), row.name, 'name')
    mustBe(time, row.since, 'since')
    return { owner: row.name as string, it: row.since as number }
  },
  write: ({ owner, it }) => [owner, it],
}

export const silence: Table<Silence> = {
  name: 'silence',
  called: ['silence', 'silences'],
  create: 'id TEXT PRIMARY KEY, json TEXT NOT NULL',
  columns: ['id', 'json'],
  key: ['id'],
  read(row) {
    const it = parsed<Silence>(row.json, silenceShape)
    mustFit(row, it, ['id'])
    return it
  },
  write: (it) => [it.id, JSON.stringify(it)],
}

export const sample: Table<KeptSample> = {
  name: 'sample',
  called: ['sample of a collector', 'samples of collectors'],
  create:
    'collector TEXT PRIMARY KEY, at INTEGER NOT NULL, json TEXT NOT NULL, version INTEGER NOT NULL DEFAULT 1',
  columns: ['collector', 'at', 'json', 'version'],
  key: ['collector'],
  read(row) {
    mustBe(text(1_000), row.collector, 'collector')
    mustBe(time, row.at, 'at')
    mustBe(version, row.version, 'version')
    parsed(row.json, sampleShape)
    return {
      collector: row.collector as string,
      at: row.at as number,
      json: row.json as string,
      version: row.version as number,
    }
  },
  write: (it) => [it.collector, it.at, it.json, it.version],
}

export const clock: Table<Clock> = {
  name: 'clock',
  called: ['clock', 'clocks'],
  create: 'one INTEGER PRIMARY KEY, json TEXT NOT NULL',
  columns: ['one', 'json'],
  key: ['one'],
  read: (row) => parsed<Clock>(row.json, clockShape),
  write: (it) => [1, JSON.stringify(it)],
}

export const series: Table<StoredPoint> = {
  name: 'series',
  called: ['measured value', 'measured values'],
  create:
    'name TEXT NOT NULL, step INTEGER NOT NULL, at INTEGER NOT NULL, value REAL NOT NULL, PRIMARY KEY (name, step, at)',
  columns: ['name', 'step', 'at', 'value'],
  key: ['name', 'step', 'at'],
  // `sound` has checked these types.
  read: ({ name, step, at, value }) => ({
    name: name as string,
    step: step as number,
    at: at as number,
    value: value as number,
  }),
  write: (it) => [it.name, it.step, it.at, it.value],
  // Beyond these times a Date is invalid; infinite values have no average.
  sound: `typeof(name) = 'text' AND typeof(step) = 'integer' AND step BETWEEN 0 AND ${day}
    AND typeof(at) IN ('integer', 'real') AND at BETWEEN -8.64e15 AND 8.64e15
    AND typeof(value) = 'real' AND value BETWEEN -1e300 AND 1e300`,
}

export const artifact: Table<StoredArtifact> = {
  name: 'artifact',
  called: ['artifact', 'artifacts'],
  create:
    'id INTEGER PRIMARY KEY AUTOINCREMENT, collector TEXT NOT NULL, at INTEGER NOT NULL, about TEXT NOT NULL, body BLOB NOT NULL',
  columns: ['id', 'collector', 'at', 'about', 'body'],
  key: ['id'],
  read(row) {
    mustBe(time, row.id, 'id')
    mustBe(text(1_000), row.collector, 'collector')
    mustBe(time, row.at, 'at')
    if (!(row.body instanceof Uint8Array)) throw new Wrong('body is no bytes')
    return {
      id: row.id as number,
      collector: row.collector as string,
      at: row.at as number,
      about: parsed<Artifact['about']>(row.about, aboutShape),
      body: row.body,
    }
  },
  write: (it) => [it.id, it.collector, it.at, JSON.stringify(it.about), it.body],
}

/** In the order in which they are read and copied: the most important first, in case there is no room for all. */
export function eachTable(take: <T>(table: Table<T>) => void): void {
  take(finding)
  take(judged)
  take(told)
  take(sink)
  take(silence)
  take(sample)
  take(clock)
  take(artifact)
  take(series)
}

/** All tables, for what does not need the type of their rows. */
export const tables: readonly Omit<Table<unknown>, 'read' | 'write'>[] = (() => {
  const all: Omit<Table<unknown>, 'read' | 'write'>[] = []
  eachTable((it) => all.push(it))
  return all
})()
