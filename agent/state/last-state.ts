import { statSync } from 'node:fs'
import { rowOf, type Snapshot, shown } from '../api/snapshot.ts'
import { collectors } from '../cli/commands/common.ts'
import { defaults } from '../config/defaults.ts'
import { incidents } from '../core/cascade.ts'
import { guarded } from '../core/guard.ts'
import { rulesOf, sampleVersionOf } from '../core/round.ts'
import { selfRules } from '../core/self.ts'
import type { Finding, Rules, Sample } from '../model/index.ts'
import { databaseFile } from './database.ts'
import { readImage } from './image.ts'
import { damageText, inspect, isDamaged, type Remembered } from './salvage.ts'

/** What a daemon left on the disk, and when that was written. */
export interface LastState {
  readonly snapshot: Snapshot
  readonly written: number
  /** What of it cannot be read, as a sentence without its end. */
  readonly lost?: string
}

/** The last state a daemon left on the disk, as it looks at `now`; undefined if there is none. Throws if it cannot be read. */
export function lastState(stateDir: string, node: string, now: number): LastState | undefined {
  const file = databaseFile(stateDir)
  const found = ['', '-wal'].map((end) => statSync(file + end, { throwIfNoEntry: false }))
  if (!found[0]) return undefined
  const written = Math.min(now, Math.max(...found.map((it) => (it?.size ? it.mtimeMs : 0))))
  const { remembered, lost } = readState(file)
  const findings = remembered.findings.filter((it) => it.resolved === undefined)
  const samples = new Map(remembered.samples.map((it) => [it.collector, it]))
  const rules: Rules = Object.assign({}, ...collectors.map(rulesOf), selfRules)
  const open = incidents(findings, rules, now)
  // A sample that nobody expected is no reason not to show what is open.
  const careful = collectors.map((it) => guarded(it, () => {}).collector)
  const rows = careful.map((it) => {
    const known = samples.get(it.name)
    const sample = known?.version === sampleVersionOf(it) ? known : undefined
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
  return { snapshot, written, ...(lost && { lost }) }
}

/** Findings on the disk that were open at any time since `from`, oldest first; undefined if there is no state. Throws if it cannot be read. */
export function lastFindings(
  stateDir: string,
  from: number,
): { readonly findings: readonly Finding[]; readonly lost?: string } | undefined {
  const file = databaseFile(stateDir)
  if (!statSync(file, { throwIfNoEntry: false })) return undefined
  const { remembered, lost } = readState(file)
  const findings = remembered.findings
    .filter((it) => it.resolved === undefined || it.resolved >= from)
    .sort((a, b) => a.since - b.since)
  return { findings, ...(lost && { lost }) }
}

/** What is sound in the file, and what is not. Nothing in its folder is touched, so that anyone may who can read it. */
function readState(file: string): { readonly remembered: Remembered; readonly lost?: string } {
  const database = readImage(file)
  try {
    const { remembered, damage } = inspect(database)
    return {
      remembered,
      ...(isDamaged(damage) && { lost: `${file} is damaged: ${damageText(damage)} cannot be read` }),
    }
  } finally {
    database.close()
  }
}
