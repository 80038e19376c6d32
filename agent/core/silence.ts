import type { Incident } from '../model/index.ts'
import { day } from '../text/times.ts'

/** Somebody's word that they know: matching incidents are not told while it lasts. They stand in the status all the same. */
export interface Silence {
  readonly id: string
  /** `all`, a code (`firewall.flushed`), a collector (`firewall`), or a subject (`default/db-0`). */
  readonly what: string
  readonly since: number
  readonly until: number
  readonly why?: string
}

/** Ended silences are kept this long: what came and went under one is not news when it is over. */
export const silenceKept = 3 * day
/** The longest anyone may ask for quiet: what is silenced longer than that is forgotten. */
export const longestSilence = 30 * day

/** Whether this silence speaks of this incident, whenever. That Murphy is blind, or cannot tell, is never hidden. */
export function matches({ what }: Silence, { cause }: Incident): boolean {
  if (/\.blind$|^agent\./.test(cause.code)) return false
  return what === 'all' || what === cause.code || what === cause.code.split('.')[0] || what === cause.subject
}

/** The silence under which an incident stands now, if there is one. Pure. */
export function silencing(
  silences: readonly Silence[],
  incident: Incident,
  now: number,
): Silence | undefined {
  return silences.find((it) => it.since <= now && now < it.until && matches(it, incident))
}

/** Whether all the time in which an incident could have been told lay under one silence. Pure. */
export function wasSilenced(silences: readonly Silence[], incident: Incident): boolean {
  const { notifyAt, resolved = Number.POSITIVE_INFINITY } = incident
  return silences.some((it) => it.since <= notifyAt && resolved <= it.until && matches(it, incident))
}
