import type { Finding, Incident, Rules, Severity } from '../model/index.ts'
import { severities } from '../model/index.ts'
import { advice } from './cascade/advice.ts'
import { candidatesOf, causeOf } from './cascade/edges.ts'
import { elsewhere } from './cascade/elsewhere.ts'
import { restatedIn } from './cascade/restated.ts'
import { whyOf } from './cascade/why.ts'
import { type Ledger, tellFrom } from './ledger.ts'

/**
 * Groups findings into incidents: each finding is in exactly one, as its cause or among the affected. Pure.
 * A finding joins the incident of its cause (`candidatesOf` in cascade/edges.ts), unless all of that was over before the
 * finding was found: what is over takes nothing in, and what comes then is an incident of its own that names its cause.
 */
export function incidents(ledger: Ledger, rules: Rules, now: number): readonly Incident[] {
  const byCode = Map.groupBy(ledger, (it) => it.code)
  const groups = new Map<Finding, Group>()
  const place = (finding: Finding): Group => {
    const known = groups.get(finding)
    if (known) return known
    const cause = causeOf(finding, rules, byCode)
    const its = cause && place(cause)
    const group =
      cause && its && !wasOver(cause, its, finding)
        ? its
        : ((cause && besides(finding, cause)) ?? { root: finding, members: [] })
    group.members.push(finding)
    groups.set(finding, group)
    return group
  }
  /** What followed from a cause that was over by then is one incident, of whatever it became known by first. */
  const besides = (finding: Finding, cause: Finding): Group | undefined => {
    const sibling = candidatesOf(finding, rules, byCode).find(
      (it) => it.verdict === 'farther' && causeOf(it.cause, rules, byCode) === cause,
    )?.cause
    const its = sibling && place(sibling)
    return its && !wasOver(sibling, its, finding) ? its : undefined
  }
  // In the order in which they were found, so that what an incident was then is known by those before.
  for (const it of ledger.toSorted((a, b) => a.found - b.found)) place(it)
  return [...new Set(groups.values())]
    .map(({ root, members }) => {
      const its = incident(root, members, rules, now, whyOf(root, members, rules, byCode))
      const ofOthers = its.resolved === undefined ? elsewhere(members, rules, byCode) : []
      return ofOthers.length > 0 ? { ...its, elsewhere: ofOthers } : its
    })
    .sort((a, b) => a.since - b.since || (a.id < b.id ? -1 : 1))
}

interface Group {
  readonly root: Finding
  readonly members: Finding[]
}

/** Whether a cause and all of its incident were over when a finding was found, by the findings there were then. */
function wasOver(cause: Finding, { members }: Group, { found }: Finding): boolean {
  const over = ({ resolved }: Finding) => resolved !== undefined && resolved < found
  return over(cause) && deciding(members.filter((it) => it.found <= found)).every(over)
}

/** Those that keep an incident open: an `info` finding, such as the log of a repair, must not. */
function deciding(members: readonly Finding[]): readonly Finding[] {
  const alarms = members.filter((it) => it.severity !== 'info')
  return alarms.length > 0 ? alarms : members
}

function incident(
  cause: Finding,
  members: readonly Finding[],
  rules: Rules,
  now: number,
  why: Incident['why'],
): Incident {
  const affected = members.filter((it) => it !== cause).sort((a, b) => a.since - b.since)
  const alarms = deciding(members)
  const open = alarms.filter((it) => it.resolved === undefined)
  // Findings that are still pending may go away by themselves, so they do not raise the severity.
  const sure = open.filter((it) => tellFrom(it) <= now)
  // Nor do those that are held for flapping while they are not there.
  const there = sure.filter((it) => !it.gone)
  const resolved = Math.max(...alarms.map((it) => it.resolved ?? 0))
  const restated = restatedIn([cause, ...affected], rules)
  return {
    id: cause.id,
    cause,
    affected,
    severity: gravest(sure.length > 0 ? there : open.length > 0 ? open : members),
    since: Math.min(...members.flatMap((it) => (it === cause || it.severity !== 'info' ? [it.since] : []))),
    notifyAt: Math.min(...(open.length > 0 ? open : alarms).map(tellFrom)),
    ...(restated.length > 0 && { restated: restated.map((it) => it.id) }),
    ...(why && { why }),
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
