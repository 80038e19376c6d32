import type { Unseen } from '../../agent/model/index.ts'
import { listed } from '../../agent/text/lists.ts'

/**
 * A verdict that was left out because a list was full: it is neither confirmed nor resolved until `until`, ms since the
 * epoch. Without a subject it stands for all verdicts of that code. Plain JSON, kept in samples.
 */
export interface LeftOut {
  readonly code: string
  readonly subject?: string
  readonly until: number
}

/** With more entries than this only the codes are kept: then no verdict of these codes is resolved. */
const most = 500

/** The verdicts left out before and now whose time is not over. Pure. */
export function stillOut(
  before: readonly LeftOut[],
  now: readonly LeftOut[],
  at: number,
): readonly LeftOut[] {
  const found = new Map<string, LeftOut>()
  for (const it of [...before, ...now]) {
    const key = `${it.code} ${it.subject ?? ''}`
    if (it.until > Math.max(at, found.get(key)?.until ?? 0)) found.set(key, it)
  }
  if (found.size <= most) return [...found.values()]
  const codes = Map.groupBy(found.values(), (it) => it.code)
  return [...codes].map(([code, its]) => ({ code, until: Math.max(...its.map((it) => it.until)) }))
}

/** One Unseen for each code; `why` begins its sentence. Pure. */
export function unseenOf(left: readonly LeftOut[], why: string): Unseen[] {
  return [...Map.groupBy(left, (it) => it.code)].map(([code, its]) => {
    const subjects = its.flatMap((it) => it.subject ?? [])
    return notJudged([code], subjects.length === its.length ? subjects : undefined, why)
  })
}

/** An Unseen for what was left out because a list was full; without `subjects`, for every subject. */
export function notJudged(
  codes: readonly string[],
  subjects: readonly string[] | undefined,
  why: string,
): Unseen {
  const all = subjects === undefined || subjects.length > most
  const names = all ? 'any' : listed(subjects)
  return {
    what: all ? 'what did not fit' : `what is wrong with ${names}`,
    why: `${why}; not judged: findings of ${names}`,
    codes,
    ...(!all && { subjects }),
  }
}
