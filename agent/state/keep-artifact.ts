import type { DatabaseSync } from 'node:sqlite'
import type { Artifact } from '../model/index.ts'
import { mostArtifacts } from './artifacts.ts'

/** The largest total size of one collector's artifacts, bytes. */
export const mostKeptBytes = 8 * 1024 * 1024

/** Adds an artifact and deletes the oldest ones beyond the limits. One that is too large by itself is not stored. */
export function putArtifact(
  db: DatabaseSync,
  collector: string,
  { about, body }: Artifact,
  at: number,
): void {
  if (body.length > mostKeptBytes) return
  db.prepare('INSERT INTO artifact (collector, at, about, body) VALUES (?, ?, ?, ?)').run(
    collector,
    at,
    JSON.stringify(about),
    body,
  )
  db.prepare(
    `DELETE FROM artifact WHERE id IN (
       SELECT id FROM (
         SELECT id, row_number() OVER newest AS place, sum(length(body)) OVER newest AS bytes
         FROM artifact WHERE collector = ?1 WINDOW newest AS (ORDER BY id DESC)
       ) WHERE place > ?2 OR bytes > ?3)`,
  ).run(collector, mostArtifacts, mostKeptBytes)
}
