import type { Candidate, Finding, Incident, Terminal, Verdict } from '../../model/index.ts'
import { titleOf } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { safe } from '../../text/sanitize.ts'
import { paint, wrap } from '../../text/terminal.ts'
import { exactMoment } from '../../text/times.ts'

const verdicts: Readonly<Record<Verdict, string>> = {
  taken: 'taken',
  farther: 'possible, but another is closer',
  'another subject': 'no: of something else',
  'no proof': 'no: nothing that was seen says so',
  'no trigger': 'no: what brings it out did not happen',
  'well after it': 'no: this was still seen well too long after it',
  'over before': 'no: over before this began',
  'there before it': 'no: this was there before it',
  'began later': 'no: it began later',
}

/** The most candidates that are shown of a finding; the nearest come first. */
const most = 12

/**
 * For each finding of an incident: when it began, and each candidate for its cause with why it was taken or not.
 * `candidatesOf` gives undefined where no cause is looked for.
 */
export function renderWhy(
  incident: Incident,
  candidatesOf: (finding: Finding) => readonly Candidate[] | undefined,
  terminal: Terminal,
): string {
  const all = [incident.cause, ...incident.affected]
  return [
    `${paint(terminal, 'bold', safe(titleOf(incident)))}\n${wrap(terminal, `Cause: ${incident.why?.text ?? 'it needs none'}`, 2, 4)}`,
    ...all.map((it) => one(it, candidatesOf(it), terminal)),
  ]
    .join('\n\n')
    .concat('\n')
}

function one(finding: Finding, candidates: readonly Candidate[] | undefined, terminal: Terminal): string {
  const { from, to } = finding.onset
  const began =
    from === undefined
      ? `began before ${exactMoment(to)}: never seen well`
      : from === to
        ? `happened at ${exactMoment(to)}`
        : `began between ${exactMoment(from)}, when last seen well, and ${exactMoment(to)}`
  // A rule may have two edges from one code: the better one comes first.
  const each = candidates?.filter(
    ({ cause }, at, all) => all.findIndex((it) => it.cause.id === cause.id) === at,
  )
  const shown = each?.slice(0, most) ?? []
  const more = (each?.length ?? 0) - shown.length
  return [
    wrap(terminal, `${finding.code} (${finding.subject})`, 2, 4),
    wrap(terminal, began, 4, 6),
    ...(candidates ? [] : ['    no cause is looked for']),
    ...(candidates?.length === 0 ? ['    nothing that is known to cause it was found'] : []),
    ...shown.map((it) => wrap(terminal, line(it, finding), 4, 6)),
    ...(more > 0 ? [`    and ${more} more`] : []),
  ].join('\n')
}

function line({ cause, edge, verdict }: Candidate, effect: Finding): string {
  const gap = effect.onset.to - cause.onset.to
  const when = gap >= 0 ? `${duration(gap)} before` : `${duration(-gap)} after`
  const word = verdict === 'taken' && edge.restates ? 'the same, seen before' : verdicts[verdict]
  return `- ${cause.code} (${cause.subject}), ${when}: ${word}`
}
