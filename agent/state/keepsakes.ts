import type { DatabaseSync } from 'node:sqlite'
import type { Keepsake, Kept } from '../model/index.ts'
import { databaseFile } from './database.ts'
import { readImage } from './image.ts'
import { aboutOf } from './tables.ts'

/** The most that is kept of one collector; the oldest goes first. */
export const mostKeepsakes = 30
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

export function listKeepsakes(db: DatabaseSync, collector: string): readonly Kept[] {
  return db
    .prepare(
      'SELECT id, at, about, length(body) AS size FROM keepsake WHERE collector = ? ORDER BY id DESC LIMIT ?',
    )
    .all(collector, mostKeepsakes)
    .flatMap((it) => {
      const about = aboutOf(it.about)
      return about ? [{ id: Number(it.id), at: Number(it.at), about, size: Number(it.size) }] : []
    })
}

export function keepsakeBody(db: DatabaseSync, collector: string, id: number): Uint8Array | undefined {
  const row = db.prepare('SELECT body FROM keepsake WHERE collector = ? AND id = ?').get(collector, id)
  return row?.body instanceof Uint8Array ? row.body : undefined
}

/** What a daemon left on the disk, for when none runs; none if there is no state to read. */
export function keptOnDisk(stateDir: string, collector: string) {
  const look = <T>(ask: (db: DatabaseSync) => T, otherwise: T): T => {
    try {
      const db = readImage(databaseFile(stateDir))
      try {
        return ask(db)
      } finally {
        db.close()
      }
    } catch {
      return otherwise
    }
  }
  return {
    list: look((db) => listKeepsakes(db, collector), []),
    body: (id: number) => look((db) => keepsakeBody(db, collector, id), undefined),
  }
}
