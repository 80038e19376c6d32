import { statSync } from 'node:fs'
import type { DatabaseSync } from 'node:sqlite'
import type { Finding, Sample } from '../model/index.ts'
import { databaseFile, readImage } from './image.ts'
import { damageText, inspect, isDamaged, type Remembered } from './inspect.ts'

/** What a daemon left on the disk, read without one. */
export interface LastState {
  /** The findings that were open. */
  readonly open: readonly Finding[]
  /** A collector's last sample, if it has this `sampleVersion`. Throws where it is not JSON. */
  sample(collector: string, version: number): { readonly sample: Sample; readonly at: number } | undefined
  /** When it was last written, never later than `now`. */
  readonly written: number
  /** What of it cannot be read, as a sentence without a full stop. */
  readonly lost?: string
}

/** The file as it was read, open only while `use` runs. */
interface Reading {
  readonly database: DatabaseSync
  readonly remembered: Remembered
  /** When it was last written, ms since the epoch. */
  readonly written: number
  readonly lost?: string
}

/**
 * Reads what is sound in the state of `stateDir`; undefined if there is none. Throws if it cannot be read. The folder
 * is not touched, so read permission is enough.
 */
export function readLeft<T>(stateDir: string, use: (left: Reading) => T): T | undefined {
  const file = databaseFile(stateDir)
  const found = ['', '-wal'].map((end) => statSync(file + end, { throwIfNoEntry: false }))
  if (!found[0]) return undefined
  const written = Math.max(...found.map((it) => (it?.size ? it.mtimeMs : 0)))
  const database = readImage(file)
  try {
    const { remembered, damage } = inspect(database)
    const lost = isDamaged(damage) && `${file} is damaged: ${damageText(damage)} cannot be read`
    return use({ database, remembered, written, ...(lost && { lost }) })
  } finally {
    database.close()
  }
}

/** The last state a daemon left in `stateDir`; undefined if there is none. Throws if it cannot be read. */
export const lastState = (stateDir: string, now: number): LastState | undefined =>
  readLeft(stateDir, ({ remembered, written, lost }) => {
    const samples = new Map(remembered.samples.map((it) => [it.collector, it]))
    return {
      open: remembered.findings.filter((it) => it.resolved === undefined),
      sample(collector, version) {
        const it = samples.get(collector)
        return it?.version === version ? { sample: JSON.parse(it.json) as Sample, at: it.at } : undefined
      },
      written: Math.min(now, written),
      ...(lost && { lost }),
    }
  })

/** Stored findings open at any time since `from`, oldest first; undefined without a state. Throws if unreadable. */
export const lastFindings = (
  stateDir: string,
  from: number,
): { readonly findings: readonly Finding[]; readonly lost?: string } | undefined =>
  readLeft(stateDir, ({ remembered, lost }) => ({
    findings: remembered.findings
      .filter((it) => it.resolved === undefined || it.resolved >= from)
      .sort((a, b) => a.since - b.since),
    ...(lost && { lost }),
  }))
