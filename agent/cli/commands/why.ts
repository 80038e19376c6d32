import { candidatesOf } from '../../core/cascade/edges.ts'
import { strangers } from '../../core/cascade/sharing.ts'
import { incidents } from '../../core/cascade.ts'
import { historyKept } from '../../core/ledger.ts'
import { type Finding, type Incident, severities } from '../../model/index.ts'
import { renderWhy } from '../render/why.ts'
import { type Exit, Refusal } from './common.ts'
import { allRules } from './explain.ts'
import { findingsSince } from './findings-since.ts'
import { answer, formOf, nameOf, namesOfAll, type OutputOptions, ofNode } from './output.ts'
import { settings } from './settings.ts'

export type WhyArguments = Omit<OutputOptions, 'severity'>

/**
 * Why an incident is held to have the cause that it has. `which` is its id, or a code or subject in it: then the newest
 * that is open, or else the newest. Without it, the gravest that is open: it is what woke the reader.
 */
export async function why(which: string | undefined, options: WhyArguments): Promise<Exit> {
  const form = formOf(options)
  const config = settings(options)
  const now = Date.now()
  const findings = await findingsSince(now - historyKept, config)
  const rules = allRules()
  const all = incidents(findings, rules, now)
  const incident = all
    .filter((it) => which === undefined || isAbout(it, which))
    .toSorted(
      (a, b) =>
        Number(a.resolved !== undefined) - Number(b.resolved !== undefined) ||
        (which === undefined && a.resolved === undefined ? rank(b) - rank(a) : 0) ||
        b.since - a.since,
    )[0]
  if (!incident)
    throw new Refusal(
      which === undefined ? 'no incident on record' : `no incident about ${which}; see \`agent history\``,
    )
  const byCode = Map.groupBy(findings, (it) => it.code)
  const candidates = (it: Finding) =>
    rules[it.code]?.because
      ? [...candidatesOf(it, rules, byCode), ...strangers(it, rules, byCode)]
      : undefined
  await answer(form, options, {
    data: () => ofNode(incident, config),
    names: () => namesOfAll([incident], false),
    page: (terminal) => renderWhy(incident, candidates, terminal),
  })
  return 0
}

const rank = ({ severity }: Incident) => severities.indexOf(severity)

const isAbout = ({ id, cause, affected }: Incident, which: string) =>
  id === which || [cause, ...affected].some((it) => [it.id, it.code, it.subject, nameOf(it)].includes(which))
