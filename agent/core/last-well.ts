import type { Observation, Rules } from '../model/index.ts'

/** What a round says of that: a `Look` of the ledger. */
interface Judging {
  readonly rules: Rules
  readonly observations: readonly Pick<Observation, 'code' | 'subject' | 'starting'>[]
  readonly kept?: readonly { readonly code: string; readonly subjects?: readonly string[] }[]
}

/** When a rule was last judged. */
export interface Judged {
  /** ms since the epoch. */
  readonly at: number
  /** The subjects that were left out then, and when each was last seen well before that. */
  readonly left?: ReadonlyMap<string, number>
}

/** By code. What was judged, and not found wrong, was well. */
export type Judgements = ReadonlyMap<string, Judged>

/** Beyond so many subjects that were left out, the whole rule counts as not judged. */
const mostLeft = 1_000

/**
 * When something was last seen well, ms since the epoch; undefined if it never was. Of a subject that was not there
 * before, when its rule was last judged: then it was not wrong either.
 */
export function lastWell(judgements: Judgements, code: string, subject: string): number | undefined {
  const judged = judgements.get(code)
  return judged?.left?.get(subject) ?? judged?.at
}

/** The judgements after one round. Rules that it could not judge keep their time, and so do single subjects. Pure. */
export function judgedIn(
  judgements: Judgements,
  { rules, observations, kept = [] }: Judging,
  now: number,
): Judgements {
  const next = new Map(judgements)
  const wholly = new Set(kept.filter((it) => !it.subjects).map((it) => it.code))
  const bySubject = Map.groupBy(
    kept.filter((it) => it.subjects),
    (it) => it.code,
  )
  const early = Map.groupBy(
    observations.filter((it) => it.starting),
    (it) => it.code,
  )
  for (const code of Object.keys(rules)) {
    const before = judgements.get(code)
    const subjects = [
      ...(bySubject.get(code) ?? []).flatMap((it) => it.subjects ?? []),
      ...(early.get(code) ?? []).map((it) => it.subject),
    ]
    if (wholly.has(code) || subjects.length > mostLeft) continue
    const left = subjects.flatMap((it) => {
      const well = lastWell(judgements, code, it)
      return well === undefined ? [] : [[it, well] as const]
    })
    // Never seen before, and left out now: nothing is known of those.
    if (subjects.length > left.length && !before) continue
    next.set(code, { at: now, ...(left.length > 0 && { left: new Map(left) }) })
  }
  return next
}

/** The judgements of rules that still exist. Pure. */
export const ofRules = (judgements: Judgements, rules: Rules): Judgements =>
  new Map([...judgements].filter(([code]) => code in rules))
