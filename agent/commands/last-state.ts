import { existsSync, statSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { incidents } from '../cascade.ts'
import { defaults } from '../config/defaults.ts'
import type { Finding, Rules, Sample } from '../model.ts'
import { rulesOf } from '../round.ts'
import { selfRules } from '../self.ts'
import { rowOf, type Snapshot, shown } from '../snapshot.ts'
import { databaseFile } from '../store/database.ts'
import { collectors } from './common.ts'

/** The last state a daemon left on the disk, as a picture taken then; undefined if there is none to read. */
export function lastState(stateDir: string, node: string, now: number): Snapshot | undefined {
  const file = databaseFile(stateDir)
  if (!existsSync(file)) return undefined
  let findings: Finding[]
  let samples: Record<string, { at: number; json: string }>
  try {
    const database = new DatabaseSync(file, { readOnly: true })
    const all = (sql: string) => database.prepare(sql).all() as Record<string, unknown>[]
    findings = all('SELECT json FROM finding WHERE resolved IS NULL').map(
      (it) => JSON.parse(String(it.json)) as Finding,
    )
    samples = Object.fromEntries(
      all('SELECT collector, at, json FROM sample').map((it) => [
        String(it.collector),
        { at: Number(it.at), json: String(it.json) },
      ]),
    )
    database.close()
  } catch {
    return undefined
  }
  const written = Math.max(
    ...['', '-wal'].map((end) => statSync(file + end, { throwIfNoEntry: false })?.mtimeMs ?? 0),
  )
  const at = Math.min(now, written)
  const rules: Rules = Object.assign({}, ...collectors.map(rulesOf), selfRules)
  const open = incidents(findings, rules, at)
  const rows = collectors.map((it) => {
    const sample = samples[it.name]
    return rowOf(it, {
      settings: defaults(it.settings),
      at,
      open: findings,
      sample: sample && (JSON.parse(sample.json) as Sample),
      last: sample?.at,
    })
  })
  return {
    version: 1,
    node,
    at,
    agent: { version: '', pid: 0, started: 0 },
    // Nobody has looked since: whatever it was then, it is not known now.
    state: 'unknown',
    machine: '',
    incidents: shown(open, at),
    collectors: rows,
    sinks: [],
    outlook: [],
    silences: [],
  }
}

/** Findings on the disk that were open at any time since `from`; undefined if there is no state to read. */
export function lastFindings(stateDir: string, from: number): readonly Finding[] | undefined {
  try {
    const database = new DatabaseSync(databaseFile(stateDir), { readOnly: true })
    const found = database
      .prepare('SELECT json FROM finding WHERE resolved IS NULL OR resolved >= ? ORDER BY since')
      .all(from)
      .map((it) => JSON.parse(String(it.json)) as Finding)
    database.close()
    return found
  } catch {
    return undefined
  }
}
