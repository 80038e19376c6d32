import type { Finding, Incident, Terminal } from '../../model/index.ts'
import { leadOf, statementsOf } from '../../model/index.ts'
import { kindTitle, shortSubject } from '../../text/kinds.ts'
import { listed } from '../../text/lists.ts'
import { commandOf } from '../../text/terminal.ts'
import { advised, headline, labelled } from './incident.ts'

/** Of so few the page says of each what was seen. */
const mostTexts = 3
/** More names than a node has pods by default (110) help nobody. */
const mostNames = 120

/**
 * Incidents as they are shown: what says the same of one thing after the other is one block, at the place of the first.
 * Of which something else is known, such as what followed from it or its cause, is a block of its own. Pure.
 */
export function blocksOf(incidents: readonly Incident[]): readonly (readonly [Incident, ...Incident[]])[] {
  const blocks = new Map<string, [Incident, ...Incident[]]>()
  for (const it of incidents) {
    const key = keyOf(it)
    const known = blocks.get(key)
    if (known) known.push(it)
    else blocks.set(key, [it])
  }
  return [...blocks.values()]
}

function keyOf(it: Incident): string {
  const lead = leadOf(it)
  const others = statementsOf(it).filter((one) => one !== lead)
  const { severity, resolved, why, cause } = it
  const what = [cause.code, lead.code, severity, resolved === undefined, lead.impact, why?.cause]
  return JSON.stringify(others.length > 0 ? [it.id] : what)
}

/** Several incidents of one kind: how many, which, and what to do; with the times of the first and the last. */
export function renderKind(
  incidents: readonly [Incident, ...Incident[]],
  now: number,
  terminal: Terminal,
): string {
  const [first] = incidents
  const leads = incidents.map(leadOf)
  const lead = leadOf(first)
  const over = incidents.flatMap(({ resolved }) => (resolved === undefined ? [] : [resolved]))
  const head = {
    severity: first.severity,
    since: Math.min(...incidents.map((it) => it.since)),
    last: Math.max(...leads.map((it) => it.latest ?? it.since)),
    ...(over.length > 0 && { resolved: Math.max(...over) }),
  }
  const lines = [
    headline(kindTitle(leads).replaceAll('`', ''), head, now, terminal),
    ...which(leads, over.length > 0, terminal),
  ]
  if (over.length > 0) return lines.join('\n')
  const why = new Set(incidents.map((it) => it.why?.text))
  const alike = new Set(incidents.map((it) => JSON.stringify(it.fix))).size === 1
  const whose = `for ${shortSubject(lead.subject)}; for each: ${commandOf(terminal)} status -v`
  lines.push(labelled(terminal, 'Impact', lead.impact))
  if (!alike) lines.push(labelled(terminal, 'Steps', whose))
  lines.push(...advised(first, terminal))
  if (why.size === 1 && first.why) lines.push(labelled(terminal, 'Cause', first.why.text))
  lines.push(labelled(terminal, 'More', `${commandOf(terminal)} explain ${lead.code}`))
  return lines.join('\n')
}

function which(leads: readonly Finding[], over: boolean, terminal: Terminal): string[] {
  if (over || leads.length > mostTexts) {
    const names = leads.map((it) => shortSubject(it.subject))
    const isUid = (it: string) => /^pod [0-9a-f]{8}$/.test(it)
    const uids = names.filter(isUid).map((it) => it.slice('pod '.length))
    const lists = [
      ...(uids.length < names.length
        ? [
            listed(
              names.filter((it) => !isUid(it)),
              mostNames,
            ),
          ]
        : []),
      ...(uids.length > 0 ? [`by uid only: ${listed(uids, mostNames)}`] : []),
    ]
    return lists.map((it, at) => labelled(terminal, at === 0 ? 'Which' : '', it))
  }
  return leads.map((it, at) =>
    labelled(terminal, at === 0 ? 'What' : '', `${shortSubject(it.subject)}: ${it.text}`),
  )
}
