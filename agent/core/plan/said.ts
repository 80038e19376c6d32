import { createHash } from 'node:crypto'
import type { Incident, NotificationRecord } from '../../model/index.ts'
import { second } from '../../text/times.ts'
import { tellFrom } from '../ledger.ts'

/** How soon after its last edit a message is edited again only as it is worded otherwise, ms. */
const soonest = 10 * second
/** And how soon at least, as a part of the time since it rang: some forty edits a day, if it is always another text. */
const pace = 1 / 4

/** Numbers with their units, durations and times ("1 h 5 min", "2026-11-29 03:12 UTC"): these change from round to round. */
const number = String.raw`\d+(?:[.,:-]\d+)*(?: ?(?:ms|s|min|h|d|UTC|[KMGT]i?B|%)(?![\w-]))?`
const numbers = new RegExp(`${number}(?:[ T]${number})*`, 'g')

/**
 * What a message on an incident says, as a sum of 16 hexadecimal digits: what is wrong, what to do, and what caused it, of
 * that who did it, as soon as that is known. Pure.
 */
export function saidOf(incident: Incident, now: number): string {
  const { cause, affected, fix, avoid, why } = incident
  const texts = [cause, ...affected]
    .filter((it) => it.resolved === undefined && tellFrom(it) <= now)
    .map(({ title, text, impact }) => [title, text, impact])
  const all = JSON.stringify([texts, fix, avoid, why?.certainty, why?.cause]).replace(numbers, '#')
  return createHash('sha256').update(all).digest('hex').slice(0, 16)
}

/** Whether the message says something else by now, and was not edited just before. Of old records nobody knows. Pure. */
export function isReworded(incident: Incident, last: NotificationRecord, now: number): boolean {
  const rest = Math.max(soonest, Math.abs(now - last.reminded) * pace)
  return last.said !== undefined && Math.abs(now - last.at) >= rest && last.said !== saidOf(incident, now)
}
