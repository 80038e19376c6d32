import { type Finding, type Severity, severities } from './finding.ts'

/** Findings that one root explains. */
export interface Incident {
  /** The root finding's id. */
  readonly id: string
  readonly cause: Finding
  /** In the order in which they came. */
  readonly affected: readonly Finding[]
  /** The gravest of its open findings; of all of them once it is over. */
  readonly severity: Severity
  readonly since: number
  readonly notifyAt: number
  /** The safe next steps of the whole incident, in order, none twice. */
  readonly fix: readonly string[]
  /** What makes it worse, one sentence each. */
  readonly avoid: readonly string[]
  /** Set once none of its findings is open. */
  readonly resolved?: number
}

const rank = (it: Finding) => severities.indexOf(it.severity)

/** What an incident is called by. */
type Named = Pick<Incident, 'cause' | 'affected'> & Partial<Pick<Incident, 'severity' | 'resolved'>>

/** The finding that speaks for an incident now: its root, or the gravest that is open where the root no longer is. */
export function leadOf({ cause, affected, resolved }: Named): Finding {
  if (cause.resolved === undefined || resolved !== undefined) return cause
  const [open] = affected
    .filter((it) => it.resolved === undefined)
    .sort((a, b) => rank(b) - rank(a) || a.since - b.since)
  return open ?? cause
}

/**
 * What an incident is called: by its root, and first by what it led to where that is graver, as after a
 * restart that by itself was nothing: "the pod bridge is gone: k3s was restarted". What is open comes before
 * a root that is over.
 */
export function titleOf(incident: Named): string {
  const { cause, affected, severity = 'critical', resolved } = incident
  const lead = leadOf(incident)
  // The same thing gone further says all.
  if (lead !== cause)
    return isSame(lead, cause)
      ? lead.title
      : `${lead.title}, after: ${(affected.find((it) => isSame(it, cause)) ?? cause).title}`
  const graver = affected
    .filter((it) => it.resolved === undefined || resolved !== undefined)
    .filter((it) => rank(it) > rank(cause) && rank(it) <= severities.indexOf(severity))
    .sort((a, b) => rank(b) - rank(a))[0]
  return graver ? `${graver.title}: ${cause.title}` : cause.title
}

/** One thing that comes nearer by stages: certificates that ran out, and have expired. */
const isSame = (a: Finding, b: Finding) =>
  a.subject === b.subject && a.stage !== undefined && b.stage !== undefined

/** The root, and what it became in its further stages. */
export const rootAndOn = ({ cause, affected }: Pick<Incident, 'cause' | 'affected'>) => [
  cause,
  ...affected.filter((it) => isSame(it, cause)),
]
