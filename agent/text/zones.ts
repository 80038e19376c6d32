import { clockUtc, exactMoment } from './times.ts'

/** Times in the zone of whoever reads them; without a zone in UTC. Pure, but for the zones that Node.js knows. */

/** Whether Node.js knows this zone by that name. */
export function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

type Parts = Readonly<Partial<Record<Intl.DateTimeFormatPartTypes, string>>>

/** The parts of a time in a zone, with its short name: "CET", "GMT+2". Throws a RangeError for an invalid time. */
function partsOf(at: number, zone: string): Parts {
  const digits = '2-digit' as const
  const format = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: zone, hourCycle: 'h23', timeZoneName: 'short', year: 'numeric' },
    ...{ month: digits, day: digits, hour: digits, minute: digits, second: digits },
  })
  return Object.fromEntries(format.formatToParts(at).map((it) => [it.type, it.value]))
}

const dayOf = ({ year, month, day }: Parts) => `${year}-${month}-${day}`

/** "03:12 CET", with the date in front where it is not on the same day as `beside`; in UTC without a zone. */
export function clockIn(zone: string | undefined, at: number, beside: number): string {
  if (zone === undefined) return clockUtc(at, beside)
  const it = partsOf(at, zone)
  const on = dayOf(it)
  const time = `${it.hour}:${it.minute} ${it.timeZoneName}`
  return on === dayOf(partsOf(beside, zone)) ? time : `${on} ${time}`
}

/** "2026-11-23 03:12:05 CET"; in UTC without a zone. */
export function momentIn(zone: string | undefined, at: number): string {
  if (zone === undefined) return exactMoment(at)
  const it = partsOf(at, zone)
  return `${dayOf(it)} ${it.hour}:${it.minute}:${it.second} ${it.timeZoneName}`
}

/** "2026-11-23" as it is there; in UTC without a zone. */
export const dateIn = (zone: string | undefined, at: number): string => momentIn(zone, at).slice(0, 10)

/** "03:12" as it is there, without the name of the zone; in UTC without a zone. */
export const timeIn = (zone: string | undefined, at: number): string => momentIn(zone, at).slice(11, 16)

/** "UTC", "CET": what the zone is called at that time. */
export const zoneName = (zone: string | undefined, at: number): string =>
  zone === undefined ? 'UTC' : (partsOf(at, zone).timeZoneName ?? zone)
