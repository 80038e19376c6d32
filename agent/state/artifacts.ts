import type { DatabaseSync } from 'node:sqlite'
import type { ArtifactEntry } from '../model/index.ts'
import { databaseFile, readImage } from './image.ts'
import { aboutOf } from './tables.ts'

/** The most artifacts kept of one collector; the oldest are deleted first. */
export const mostArtifacts = 30

/** Newest first. */
export function listArtifacts(db: DatabaseSync, collector: string): readonly ArtifactEntry[] {
  return db
    .prepare(
      'SELECT id, at, about, length(body) AS size FROM artifact WHERE collector = ? ORDER BY id DESC LIMIT ?',
    )
    .all(collector, mostArtifacts)
    .flatMap((it) => {
      const about = aboutOf(it.about)
      return about ? [{ id: Number(it.id), at: Number(it.at), about, size: Number(it.size) }] : []
    })
}

export function artifactBody(db: DatabaseSync, collector: string, id: number): Uint8Array | undefined {
  const row = db.prepare('SELECT body FROM artifact WHERE collector = ? AND id = ?').get(collector, id)
  return row?.body instanceof Uint8Array ? row.body : undefined
}

/** The artifacts a daemon left on the disk, for when none runs; empty if there is no state to read. */
export function artifactsOnDisk(stateDir: string, collector: string) {
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
    list: look((db) => listArtifacts(db, collector), []),
    body: (id: number) => look((db) => artifactBody(db, collector, id), undefined),
  }
}
