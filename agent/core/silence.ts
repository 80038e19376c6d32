import type { Finding, Incident } from '../model/index.ts'
import { leadOf } from '../model/index.ts'
import { shortSubject } from '../text/kinds.ts'
import { day } from '../text/times.ts'

/** Mutes notifications of matching incidents for a time, because somebody knows already. Status still shows them. */
export interface Silence {
  readonly id: string
  /** `all`, or one of `silenceNames`. */
  readonly what: string
  readonly since: number
  readonly until: number
  readonly why?: string
  /** It comes of a maintenance window in the settings, not of somebody who asked for it. */
  readonly recurs?: true
}

/** How long ended silences are kept, so that incidents that were resolved under one are not sent in a digest. */
export const silenceKept = 5 * day
/** The longest silence that may be asked for: nobody would remember a longer one. */
export const longestSilence = 30 * day

/** That Murphy cannot see or send is never hidden. */
export const mayBeHidden = ({ code }: Pick<Finding, 'code'>) => !/\.blind$|^agent\./.test(code)

/**
 * What a finding is called by whoever wants to hear no more of it, as messages and pages name it: its area (`memory`), its
 * code (`memory.oom-killed`), its subject (`shop/db-0/postgres`) or pod (`shop/db-0`), code and subject
 * (`memory.oom-killed/shop/db-0`), its id.
 */
export function silenceNames({ id, code, subject, pod }: Pick<Finding, 'id' | 'code' | 'subject' | 'pod'>) {
  const places = placesOf({ subject, ...(pod && { pod }) })
  return [code.split('.')[0] ?? code, code, ...places, ...places.map((it) => `${code}/${it}`), id]
}

/** What it is of, by all its names. */
export const placesOf = ({ subject, pod }: Pick<Finding, 'subject' | 'pod'>): readonly string[] => [
  ...new Set([subject, shortSubject(subject)]),
  ...(pod ? [`${pod.namespace}/${pod.name}`] : []),
]

/**
 * Whether this silence is for this incident, at any time: by what it began with, or by what titles its messages now.
 * Murphy's own problems (`*.blind`, `agent.*`) never match.
 */
export function matches({ what }: Silence, incident: Incident): boolean {
  if (!mayBeHidden(incident.cause)) return false
  const named = [incident.cause, leadOf(incident)].filter(mayBeHidden).flatMap(silenceNames)
  return what === 'all' || named.includes(what)
}

/** The silence that mutes an incident now, if there is one. Pure. */
export function silencing(
  silences: readonly Silence[],
  incident: Incident,
  now: number,
): Silence | undefined {
  return silences.find((it) => it.since <= now && now < it.until && matches(it, incident))
}

/**
 * Whether silences covered all the time in which an incident could have been notified: one, or several of which each began
 * no later than the one before it ended, as windows that meet at midnight. Pure.
 */
export function wasSilenced(silences: readonly Silence[], incident: Incident): boolean {
  const { notifyAt, resolved = Number.POSITIVE_INFINITY } = incident
  const matching = silences.filter((it) => matches(it, incident))
  if (!matching.some((it) => it.since <= notifyAt && notifyAt <= it.until)) return false
  let until = notifyAt
  for (const it of matching.toSorted((a, b) => a.since - b.since))
    if (it.since <= until) until = Math.max(until, it.until)
  return resolved <= until
}
