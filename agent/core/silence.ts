import type { Incident } from '../model/index.ts'
import { day } from '../text/times.ts'

/** Mutes notifications of matching incidents for a time, because somebody knows already. Status still shows them. */
export interface Silence {
  readonly id: string
  /** `all`, a code (`firewall.flushed`), a collector (`firewall`), a subject (`default/db-0`), or an incident's id. */
  readonly what: string
  readonly since: number
  readonly until: number
  readonly why?: string
}

/** How long ended silences are kept, so that incidents that were resolved under one are not sent in a digest. */
export const silenceKept = 3 * day
/** The longest silence that may be asked for: nobody would remember a longer one. */
export const longestSilence = 30 * day

/** Whether this silence is for this incident, at any time. Murphy's own problems (`*.blind`, `agent.*`) never match. */
export function matches({ what }: Silence, { cause }: Incident): boolean {
  if (/\.blind$|^agent\./.test(cause.code)) return false
  return ['all', cause.code, cause.code.split('.')[0], cause.subject, cause.id].includes(what)
}

/** The silence that mutes an incident now, if there is one. Pure. */
export function silencing(
  silences: readonly Silence[],
  incident: Incident,
  now: number,
): Silence | undefined {
  return silences.find((it) => it.since <= now && now < it.until && matches(it, incident))
}

/** Whether one silence covered all the time in which an incident could have been notified. Pure. */
export function wasSilenced(silences: readonly Silence[], incident: Incident): boolean {
  const { notifyAt, resolved = Number.POSITIVE_INFINITY } = incident
  return silences.some((it) => it.since <= notifyAt && resolved <= it.until && matches(it, incident))
}
