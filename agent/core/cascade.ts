import type { Finding, Incident, Rules, Severity } from '../model/index.ts'
import { severities } from '../model/index.ts'
import { advice } from './cascade/advice.ts'
import { causeOf } from './cascade/edges.ts'
import { type Ledger, tellFrom } from './ledger.ts'

/**
 * Groups findings into incidents: each finding is in exactly one, as its cause or among the affected. Pure.
 * A finding joins the incident of the finding that may have caused it, by the `because` of its rule: their times
 * overlap, or the cause ended no longer ago than the edge's `within`, and they share what the edge asks for (`same`).
 * One that stays open too long after its cause ended (`outlasting` in cascade/edges.ts) is an incident of its own.
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
    .map(([root, members]) => incident(root, members, rules, now))
    .sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))
}

function incident(cause: Finding, members: readonly Finding[], rules: Rules, now: number): Incident {
  const affected = members.filter((it) => it !== cause).sort((a, b) => a.since - b.since)
  // An open `info` finding, such as the log of a repair, must not keep an incident open.
  const alarms = members.filter((it) => it.severity !== 'info')
  const deciding = alarms.length > 0 ? alarms : members
  const open = deciding.filter((it) => it.resolved === undefined)
  // Findings that are still pending may go away by themselves, so they do not raise the severity.
  const sure = open.filter((it) => tellFrom(it) <= now)
  const resolved = Math.max(...deciding.map((it) => it.resolved ?? 0))
  return {
    id: cause.id,
    cause,
    affected,
    severity: gravest([sure, open, members].find((it) => it.length > 0) ?? []),
    since: Math.min(...members.flatMap((it) => (it === cause || it.severity !== 'info' ? [it.since] : []))),
    notifyAt: Math.min(...(open.length > 0 ? open : members).map(tellFrom)),
    ...advice(cause, affected, rules),
    ...(open.length === 0 && { resolved }),
  }
}

/** The highest severity among findings; `info` if there are none. */
export function gravest(findings: readonly { readonly severity: Severity }[]): Severity {
  return severities[Math.max(0, ...findings.map((it) => severities.indexOf(it.severity)))] as Severity
}

/** The first circle among the rules' `because`, as codes, or undefined. In a circle no finding would be the cause. */
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
