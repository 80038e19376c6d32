import type { DatabaseSync } from 'node:sqlite'
import type { Keepsake } from '../model/index.ts'
import { mostKeepsakes } from './keepsakes.ts'

/** The most that the keepsakes of one collector may weigh, bytes. */
export const mostKeptBytes = 8 * 1024 * 1024

/** Adds one and lets go of what no longer fits. One that is too large by itself is not kept. */
export function putKeepsake(
  db: DatabaseSync,
  collector: string,
  { about, body }: Keepsake,
  at: number,
): void {
  if (body.length > mostKeptBytes) return
  db.prepare('INSERT INTO keepsake (collector, at, about, body) VALUES (?, ?, ?, ?)').run(
    collector,
    at,
    JSON.stringify(about),
    body,
  )
  db.prepare(
    `DELETE FROM keepsake WHERE id IN (
       SELECT id FROM (
         SELECT id, row_number() OVER newest AS place, sum(length(body)) OVER newest AS bytes
         FROM keepsake WHERE collector = ?1 WINDOW newest AS (ORDER BY id DESC)
       ) WHERE place > ?2 OR bytes > ?3)`,
  ).run(collector, mostKeepsakes, mostKeptBytes)
}
