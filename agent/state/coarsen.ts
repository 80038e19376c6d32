import type { DatabaseSync } from 'node:sqlite'
import { day, hour } from '../text/times.ts'

/** Raw values for a day, then means of five minutes up to a week, then of an hour up to 30 days. */
const steps = [
  { step: 0, kept: day },
  { step: 300_000, kept: 7 * day },
  { step: hour, kept: 30 * day },
] as const

/** Replaces points older than their step's limit by coarser ones. `now` must be a time that can be relied on. */
export function coarsen(db: DatabaseSync, now: number): void {
  for (let at = 0; at < steps.length; at += 1) {
    const { step, kept } = steps[at] as (typeof steps)[number]
    const coarser = steps[at + 1]
    if (coarser)
      db.prepare(
        `INSERT OR IGNORE INTO series (name, step, at, value)
         SELECT name, ?1, at - at % ?1, avg(value) FROM series WHERE step = ?2 AND at < ?3 GROUP BY name, at - at % ?1`,
      ).run(coarser.step, step, now - kept)
    db.prepare('DELETE FROM series WHERE step = ? AND at < ?').run(step, now - kept)
  }
}
