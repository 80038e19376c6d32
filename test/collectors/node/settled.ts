import type { Stat } from '../../../agent/model/index.ts'

export const now = Date.parse('2026-11-23T00:30:00Z')
/** A file as it has been for a minute. */
export const stat: Stat = {
  kind: 'file',
  size: 5,
  mtime: now - 60_000,
  ctime: now - 60_000,
  dev: 1,
  ino: 2,
  uid: 0,
  mode: 0o600,
}
