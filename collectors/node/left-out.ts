import type { Unseen } from '../../agent/model/index.ts'
import { listed } from '../../agent/text/lists.ts'

/**
 * A verdict for which a cap had no room: it stands as it was until its time is over, `until`, ms since the epoch. Without
 * a subject it is all verdicts of that code. Plain JSON, kept in samples.
 */
export interface LeftOut {
  readonly code: string
  readonly subject?: string
  readonly until: number
}

/** Beyond this nobody keeps a list: then nothing at all of these codes is over. */
const most = 500

/** What was left out before and now, each for as long as it would have stood. Pure. */
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

/** What is said of it, in a sentence for each code that begins with `why`. Pure. */
export function unseenOf(left: readonly LeftOut[], why: string): Unseen[] {
  return [...Map.groupBy(left, (it) => it.code)].map(([code, its]) => {
    const subjects = its.flatMap((it) => it.subject ?? [])
    return notJudged([code], subjects.length === its.length ? subjects : undefined, why)
  })
}

/** An Unseen of what a cap left out; without `subjects`, of everything. */
export function notJudged(
  codes: readonly string[],
  subjects: readonly string[] | undefined,
  why: string,
): Unseen {
  const all = subjects === undefined || subjects.length > most
  const names = all ? 'any' : listed(subjects)
  return {
    what: all ? 'what there was no room for' : `what is wrong with ${names}`,
    why: `${why}; not judged is what was found of ${names}`,
    codes,
    ...(!all && { subjects }),
  }
}
