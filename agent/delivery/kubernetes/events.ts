import { tellFrom } from '../../core/ledger.ts'
import { silencing, wasSilenced } from '../../core/silence.ts'
import { type Incident, leadOf, type Severity, severities, titleOf } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { bytes, shorten } from '../../text/lengths.ts'
import { underName } from '../../text/own-name.ts'
import { line } from '../../text/sanitize.ts'
import { clockUtc, hour } from '../../text/times.ts'
import { endingWords, longestMessage } from './conditions.ts'
import { camel } from './names.ts'
import type { Ending, Picture } from './picture.ts'

/** An event as it should be there: one for all that is the same again, as the recorder of client-go keeps them. */
export interface WantedEvent {
  /** The same for the same series, also after a restart. */
  readonly about: string
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
  readonly first: number
  readonly last: number
  readonly count: number
  readonly severity: Severity
}

/** How long an event is kept by Kubernetes since it was last written (kube-apiserver: --event-ttl, 1 h): older is no news. */
const kept = hour

interface Told {
  readonly incident: Incident
  readonly at: number
}

/**
 * The events of the last hour: one for each problem that opened, one for each that was resolved. The same problem again
 * within an hour is the same event with a higher count. Information, what passed before people would have been told of
 * it, and what is silenced make none. Pure, the gravest and newest first.
 */
export function eventsOf(
  { incidents, silences, command }: Omit<Picture, 'domains'>,
  now: number,
): readonly WantedEvent[] {
  const told = incidents.filter(
    (it) => wasDue(it, now) && !silencing(silences, it, now) && !wasSilenced(silences, it),
  )
  const isNews = (those: readonly Told[]) => now - (those.at(-1)?.at ?? 0) < kept
  const opened = series(told.map((incident) => ({ incident, at: Math.min(now, tellableAt(incident)) })))
  const over = told.flatMap((incident) =>
    incident.resolved === undefined ? [] : [{ incident, at: incident.resolved }],
  )
  return [
    ...opened.filter(isNews).map((it) => event(it, 'opened', now)),
    ...series(over)
      .filter(isNews)
      .map((it) => event(it, 'resolved', now)),
  ]
    .map((it) => ({ ...it, message: underName(it.message, command) }))
    .toSorted((a, b) => rank(b) - rank(a) || b.last - a.last)
}

const rank = ({ severity, type }: WantedEvent) =>
  severities.indexOf(severity) + (type === 'Warning' ? 0.5 : 0)

/** From when on people may be told of it. */
const tellableAt = ({ cause, affected }: Incident): number =>
  Math.min(...[cause, ...affected].filter((it) => it.severity !== 'info').map(tellFrom))

/** Whether people had to be told of it: it is, or was, more than information for longer than its patience. */
function wasDue(it: Incident, now: number): boolean {
  const due = tellableAt(it)
  return it.severity !== 'info' && due <= now && due <= (it.resolved ?? now)
}

/** The same problem again and again, oldest first, split where it was quiet for an hour. */
function series(all: readonly Told[]): readonly (readonly [Told, ...Told[]])[] {
  const byProblem = Map.groupBy(
    all.toSorted((a, b) => a.at - b.at),
    ({ incident: { cause } }) => `${cause.code}|${cause.subject}`,
  )
  return [...byProblem.values()].flatMap((those) => {
    const found: [Told, ...Told[]][] = []
    for (const it of those) {
      const last = found.at(-1)
      if (last && it.at - (last.at(-1) ?? it).at < kept) last.push(it)
      else found.push([it])
    }
    return found
  })
}

function event(those: readonly [Told, ...Told[]], what: 'opened' | 'resolved', now: number): WantedEvent {
  const [first] = those
  const { incident, at } = those.at(-1) ?? first
  const lead = leadOf(incident)
  const { severity } = incident
  const title = titleOf(incident)
  return {
    about: `${what} ${first.incident.id}`,
    ...{ first: first.at, last: at, count: those.length, severity },
    ...(what === 'opened'
      ? {
          type: 'Warning',
          reason: camel(lead.code),
          message: said(
            `${severity}: ${title}: ${lead.text}`,
            `Fix: \`agent explain ${lead.code}\` on the node`,
          ),
        }
      : {
          type: 'Normal',
          reason: `${camel(lead.code)}Resolved`,
          message: said(`Resolved at ${clockUtc(at, now)} after ${duration(at - incident.since)}: ${title}`),
        }),
  }
}

/** One line without control characters, at most as long as the strict validation of events allows; `end` is whole. */
function said(text: string, end = ''): string {
  const last = end && ` ${line(end, 200)}`
  return shorten(line(text), longestMessage - bytes(last), bytes) + last
}

/** That the node goes down by order, which nothing will follow. */
export function farewell(ending: Ending, now: number): WantedEvent {
  const [reason, words] = endingWords(ending)
  const message = said(`${words} at ${clockUtc(now, now)}.`)
  return {
    about: `ending ${now}`,
    ...{ type: 'Normal', reason, message, first: now, last: now, count: 1, severity: 'info' },
  }
}
