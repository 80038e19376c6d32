import { type Finding, type Severity, severities } from './finding.ts'

/** Findings that one root explains. */
export interface Incident {
  /** The root finding's id. */
  readonly id: string
  readonly root: Finding
  /** In the order in which they came. */
  readonly consequences: readonly Finding[]
  /** The gravest of its open findings; of all of them once it is over. */
  readonly severity: Severity
  readonly since: number
  readonly ripe: number
  /** The safe next steps of the whole incident, in order, none twice. */
  readonly next: readonly string[]
  /** What makes it worse, one sentence each. */
  readonly never: readonly string[]
  /** Set once none of its findings is open. */
  readonly resolved?: number
}

const rank = (it: Finding) => severities.indexOf(it.severity)

/** What an incident is called by. */
type Named = Pick<Incident, 'root' | 'consequences'> & Partial<Pick<Incident, 'severity' | 'resolved'>>

/** The finding that speaks for an incident now: its root, or the gravest that is open where the root no longer is. */
export function leadOf({ root, consequences, resolved }: Named): Finding {
  if (root.resolved === undefined || resolved !== undefined) return root
  const [open] = consequences
    .filter((it) => it.resolved === undefined)
    .sort((a, b) => rank(b) - rank(a) || a.since - b.since)
  return open ?? root
}

/**
 * What an incident is called: by its root, and first by what it led to where that is graver, as after a
 * restart that by itself was nothing: "the pod bridge is gone: k3s was restarted". What is open comes before
 * a root that is over.
 */
export function titleOf(incident: Named): string {
  const { root, consequences, severity = 'critical', resolved } = incident
  const lead = leadOf(incident)
  // The same thing gone further says all.
  if (lead !== root)
    return isSame(lead, root)
      ? lead.title
      : `${lead.title}, after: ${(consequences.find((it) => isSame(it, root)) ?? root).title}`
  const graver = consequences
    .filter((it) => it.resolved === undefined || resolved !== undefined)
    .filter((it) => rank(it) > rank(root) && rank(it) <= severities.indexOf(severity))
    .sort((a, b) => rank(b) - rank(a))[0]
  return graver ? `${graver.title}: ${root.title}` : root.title
}

/** One thing that comes nearer by stages: certificates that ran out, and have expired. */
const isSame = (a: Finding, b: Finding) =>
  a.subject === b.subject && a.stage !== undefined && b.stage !== undefined

/** The root, and what it became in its further stages. */
export const rootAndOn = ({ root, consequences }: Pick<Incident, 'root' | 'consequences'>) => [
  root,
  ...consequences.filter((it) => isSame(it, root)),
]
