import type { Ledger } from './ledger.ts'
import type { Cause, Finding, Incident, Rules, Severity } from './model.ts'
import { severities } from './model.ts'

/**
 * Findings grouped into incidents: each finding is in exactly one, as its root or as a consequence of it.
 * Pure. A finding joins the incident of the earliest finding that may have caused it, by the `because` of
 * its rule: their times overlap, or the cause ended no longer ago than the edge's window, and they share
 * what the edge asks for. A consequence that outlives its cause by more than a while stands for itself.
 */
export function incidents(ledger: Ledger, rules: Rules, now: number): readonly Incident[] {
  const byCode = Map.groupBy(ledger, (it) => it.code)
  const roots = new Map<string, Finding>()
  const rootOf = (finding: Finding): Finding => {
    const known = roots.get(finding.id)
    if (known) return known
    const cause = causeOf(finding, rules, byCode, now)
    const root = cause ? rootOf(cause) : finding
    roots.set(finding.id, root)
    return root
  }
  return [...Map.groupBy(ledger, rootOf)]
    .map(([root, members]) => incident(root, members, rules))
    .sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))
}

function causeOf(
  finding: Finding,
  rules: Rules,
  byCode: ReadonlyMap<string, readonly Finding[]>,
  now: number,
): Finding | undefined {
  const causes = rules[finding.code]?.because ?? []
  return causes
    .flatMap((cause) => {
      const event = rules[cause.code]?.event === true
      return (byCode.get(cause.code) ?? []).filter((it) => explains(it, finding, cause, event, now))
    })
    .sort((a, b) => a.since - b.since)[0]
}

/** Repairs seldom take hold at once: for this long a consequence may outlast its cause. */
const outlasting = 15 * 60_000

function explains(
  cause: Finding,
  finding: Finding,
  { within = 0, same }: Cause,
  event: boolean,
  now: number,
): boolean {
  if (same === 'subject' && cause.subject !== finding.subject) return false
  if (same === 'pod' && !samePod(cause, finding)) return false
  // An open cause has no end yet. A consequence is often found a round before its cause, so only the
  // stretches of time have to touch.
  const causeEnd = cause.resolved ?? Number.POSITIVE_INFINITY
  const end = finding.resolved ?? now
  const touch = cause.since <= end && finding.since <= causeEnd + within
  return touch && (event || end <= causeEnd + Math.max(within, outlasting))
}

function samePod(a: Finding, b: Finding): boolean {
  return a.pod !== undefined && a.pod.namespace === b.pod?.namespace && a.pod.name === b.pod.name
}

function incident(root: Finding, members: readonly Finding[], rules: Rules): Incident {
  const consequences = members.filter((it) => it !== root).sort((a, b) => a.since - b.since)
  const open = members.filter((it) => it.resolved === undefined)
  const resolved = Math.max(...members.map((it) => it.resolved ?? 0))
  return {
    id: root.id,
    root,
    consequences,
    severity: gravest(open.length > 0 ? open : members),
    since: Math.min(...members.map((it) => it.since)),
    ripe: Math.min(...(open.length > 0 ? open : members).map((it) => it.ripe)),
    ...advice(root, consequences, rules),
    ...(open.length === 0 && { resolved }),
  }
}

/** How many steps somebody who was just woken can follow. */
const mostSteps = 8
const mostNevers = 3

/**
 * What to do about an incident as a whole: the root's steps come first, since what they repair often repairs
 * the rest; a consequence adds only what it needs beyond that. A step is known by its command. An event has
 * nothing that could be repaired, so what it left behind comes before it.
 */
export function advice(
  root: Finding,
  consequences: readonly Finding[],
  rules: Rules = {},
): Pick<Incident, 'next' | 'never'> {
  const known = new Set<string>()
  const isEvent = (it: Finding) => Number(rules[it.code]?.event === true)
  const members = [root, ...consequences].sort((a, b) => isEvent(a) - isEvent(b))
  const still = members.filter((it) => it.resolved === undefined)
  const open = still.length > 0 ? still : members
  const next = open
    .flatMap((it) => it.next)
    .filter((step) => {
      const name = /`([^`]+)`/.exec(step)?.[1] ?? step
      return !known.has(name) && known.add(name)
    })
  const never = new Set(open.flatMap((it) => it.never ?? []))
  return { next: next.slice(0, mostSteps), never: [...never].slice(0, mostNevers) }
}

/** The gravest severity among findings; `info` if there are none. */
export function gravest(findings: readonly { readonly severity: Severity }[]): Severity {
  return severities[Math.max(0, ...findings.map((it) => severities.indexOf(it.severity)))] as Severity
}

/** The first circle among the rules' `because`, as codes, or undefined: a circle would leave an incident without a root. */
export function circle(rules: Rules): readonly string[] | undefined {
  const done = new Set<string>()
  const walk = (code: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(code)) return [...path.slice(path.indexOf(code)), code]
    if (done.has(code)) return undefined
    done.add(code)
    for (const cause of rules[code]?.because ?? []) {
      const found = walk(cause.code, [...path, code])
      if (found) return found
    }
    return undefined
  }
  for (const code of Object.keys(rules)) {
    const found = walk(code, [])
    if (found) return found
  }
  return undefined
}
