import { type Cause, type Finding, type Severity, severities } from './finding.ts'

/** Why an incident began, as far as is known. */
export interface Why {
  /**
   * `proven` by what was seen of both, `likely` as nothing else that explains it happened in time, `unsure` as something
   * else did or nobody looked for a while, or `unknown`.
   */
  readonly certainty: 'proven' | 'likely' | 'unsure' | 'unknown'
  /** The id of the finding that caused it. Absent: unknown. */
  readonly cause?: string
  /** "k3s was restarted (20 s earlier; no other known cause)", without a full stop. */
  readonly text: string
}

/** Why one finding is, or is not, the cause of another. */
export type Verdict =
  | 'taken'
  /** It may have been, but another is shown better, or closer in scope or time. */
  | 'farther'
  | 'another subject'
  | 'no proof'
  /** What brings it out did not happen. */
  | 'no trigger'
  /** The effect was still seen well when it should have shown. */
  | 'well after it'
  | 'over before'
  /** The same was there when it began, and has only come back since. */
  | 'there before it'
  | 'began later'

/** One possible cause of a finding, and what became of it. */
export interface Candidate {
  readonly cause: Finding
  readonly edge: Cause
  readonly verdict: Verdict
}

/** A finding and all those that follow from it. */
export interface Incident {
  /** The id of `cause`. */
  readonly id: string
  readonly cause: Finding
  /** In the order in which they came. */
  readonly affected: readonly Finding[]
  /** Ids of those that another one of them says as well: a kill, once the kills of its container repeat. */
  readonly restated?: readonly string[]
  /** The highest of its open findings that may be notified; if none may, of all open ones; once it is over, of all. */
  readonly severity: Severity
  readonly since: number
  readonly notifyAt: number
  /** Absent where the cause is what it is by itself, such as a certificate that has expired. */
  readonly why?: Why
  /** Ids of what happens on in it by something of another incident, whatever is done about this one. */
  readonly elsewhere?: readonly string[]
  /** The safe steps for the whole incident, in order, none twice. */
  readonly fix: readonly string[]
  /** What makes it worse, one sentence each. */
  readonly avoid: readonly string[]
  /** Set once none of its findings is open. */
  readonly resolved?: number
}

const rank = (it: Finding) => severities.indexOf(it.severity)

/** The fields from which a title is made. */
type Named = Pick<Incident, 'cause' | 'affected'> & Partial<Pick<Incident, 'severity' | 'resolved'>>

/**
 * The finding that titles an incident now, of those that are open, or once it is over of all: its cause, unless another
 * is graver, as after a restart that is harmless by itself. If only the cause is over, the gravest that is left. Of what
 * came in stages the last one: once it is over, nobody wants to read that it was near.
 */
export function leadOf({ cause, affected, severity = 'critical', resolved }: Named): Finding {
  const there = (it: Finding) => it.resolved === undefined || resolved !== undefined
  const [gravest] = affected
    .filter((it) => there(it) && rank(it) <= severities.indexOf(severity))
    .toSorted((a, b) => rank(b) - rank(a) || a.since - b.since)
  if (!there(cause)) return gravest ?? affected.find(there) ?? cause
  if (gravest && rank(gravest) > rank(cause)) return gravest
  return resolved === undefined ? cause : lastStage({ cause, affected })
}

/** The cause and all that followed from it, without what another of them says as well. */
export const statementsOf = ({
  cause,
  affected,
  restated = [],
}: Pick<Incident, 'cause' | 'affected' | 'restated'>): readonly Finding[] =>
  [cause, ...affected].filter((it) => !restated.includes(it.id))

/** The title of an incident. What caused it is said beside it. */
export const titleOf = (incident: Named): string => leadOf(incident).title

/** Two stages of one thing: certificates that were about to expire, and now have. */
const isSame = (a: Finding, b: Finding) =>
  a.subject === b.subject && a.stage !== undefined && b.stage !== undefined

/** The cause, and the findings that are its later stages. */
export const rootAndOn = ({ cause, affected }: Pick<Incident, 'cause' | 'affected'>) => [
  cause,
  ...affected.filter((it) => isSame(it, cause)),
]

/** How far the cause came. */
export const lastStage = (it: Pick<Incident, 'cause' | 'affected'>): Finding =>
  rootAndOn(it).reduce((last, one) => ((one.stage ?? 0) > (last.stage ?? 0) ? one : last))
