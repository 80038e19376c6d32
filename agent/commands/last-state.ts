import { statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import { incidents } from '../cascade.ts'
import { defaults } from '../config/defaults.ts'
import type { Finding, Rules, Sample } from '../model.ts'
import { rulesOf } from '../round.ts'
import { selfRules } from '../self.ts'
import { rowOf, type Snapshot, shown } from '../snapshot.ts'
import { databaseFile } from '../store/database.ts'
import { collectors } from './common.ts'

/** What a daemon left on the disk, and when that was written. */
export interface LastState {
  readonly snapshot: Snapshot
  readonly written: number
}

/** The last state a daemon left on the disk, as it looks at `now`; undefined if there is none. Throws if it cannot be read. */
export function lastState(stateDir: string, node: string, now: number): LastState | undefined {
  const file = databaseFile(stateDir)
  // Before it is opened: that makes a new -wal.
  const found = ['', '-wal'].map((end) => statSync(file + end, { throwIfNoEntry: false }))
  if (!found[0]) return undefined
  const written = Math.min(now, Math.max(...found.map((it) => (it?.size ? it.mtimeMs : 0))))
  const [findings, samples] = readDatabase(file, (all) => [
    all('SELECT json FROM finding WHERE resolved IS NULL').map(
      (it) => JSON.parse(String(it.json)) as Finding,
    ),
    Object.fromEntries(
      all('SELECT collector, at, json FROM sample').map((it) => [
        String(it.collector),
        { at: Number(it.at), json: String(it.json) },
      ]),
    ),
  ])
  const rules: Rules = Object.assign({}, ...collectors.map(rulesOf), selfRules)
  const open = incidents(findings, rules, now)
  const rows = collectors.map((it) => {
    const sample = samples[it.name]
    return rowOf(it, {
      settings: defaults(it.settings),
      at: now,
      open: findings,
      sample: sample && (JSON.parse(sample.json) as Sample),
      last: sample?.at,
    })
  })
  const snapshot: Snapshot = {
    version: 1,
    node,
    at: now,
    agent: { version: '', pid: 0, started: 0 },
    // Nobody has looked since: whatever it was then, it is not known now.
    state: 'unknown',
    machine: '',
    incidents: shown(open, now),
    collectors: rows,
    sinks: [],
    outlook: [],
    silences: [],
  }
  return { snapshot, written }
}

/** Findings on the disk that were open at any time since `from`; undefined if there is no state. Throws if it cannot be read. */
export function lastFindings(stateDir: string, from: number): readonly Finding[] | undefined {
  const file = databaseFile(stateDir)
  if (!statSync(file, { throwIfNoEntry: false })) return undefined
  return readDatabase(file, (all) =>
    all('SELECT json FROM finding WHERE resolved IS NULL OR resolved >= ? ORDER BY since', from).map(
      (it) => JSON.parse(String(it.json)) as Finding,
    ),
  )
}

type All = (sql: string, ...values: number[]) => Record<string, unknown>[]

/** Who may not write next to the file cannot open it as it is (it needs a -shm), but as one that nobody changes. */
function readDatabase<T>(file: string, read: (all: All) => T): T {
  const url = pathToFileURL(file)
  const still = new URL(url)
  still.searchParams.set('immutable', '1')
  try {
    return readOne(url, read)
  } catch {
    return readOne(still, read)
  }
}

function readOne<T>(url: URL, read: (all: All) => T): T {
  const database = new DatabaseSync(url, { readOnly: true })
  try {
    return read((sql, ...values) => database.prepare(sql).all(...values) as Record<string, unknown>[])
  } finally {
    database.close()
  }
}
