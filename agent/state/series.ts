import type { DatabaseSync } from 'node:sqlite'
import type { Point } from '../model/index.ts'
import { series } from './tables.ts'

/** The points of one series since `from`, oldest first; only reads, so that commands without a daemon may. */
export function readSeries(db: DatabaseSync, name: string, from: number): readonly Point[] {
  return db
    .prepare(`SELECT at, value FROM series WHERE name = ? AND at >= ? AND ${series.sound} ORDER BY at`)
    .all(name, from)
    .map((it) => ({ at: Number(it.at), value: Number(it.value) }))
}
