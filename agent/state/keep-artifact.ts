import type { DatabaseSync } from 'node:sqlite'
import type { Artifact } from '../model/index.ts'
import { mostArtifacts } from './artifacts.ts'

/** The most that the artifacts of one collector may weigh, bytes. */
export const mostKeptBytes = 8 * 1024 * 1024

/** Adds one and lets go of what no longer fits. One that is too large by itself is not kept. */
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
