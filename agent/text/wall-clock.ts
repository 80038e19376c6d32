import { day, hour, minute, second } from './times.ts'

/** The clock on a wall in a time zone, over its changes to and from summer time. Pure, but for the zones that Node.js knows. */

/** Making a format takes a hundred times as long as using it. */
const formats = new Map<string, Intl.DateTimeFormat>()
const mostFormats = 32

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone)
  if (known) return known
  const digits = '2-digit' as const
  const made = new Intl.DateTimeFormat('en-GB', {
    ...{ timeZone: zone, hourCycle: 'h23', year: 'numeric', month: digits, day: digits },
    ...{ hour: digits, minute: digits, second: digits },
  })
  if (formats.size >= mostFormats) formats.clear()
  formats.set(zone, made)
  return made
}

/** What the clock shows at a time, as ms since 1970 as if it stood in Greenwich. Throws a RangeError for an unknown zone. */
export function shownAt(zone: string, at: number): number {
  const whole = Math.floor(at / second) * second
  const parts = new Map(
    formatOf(zone)
      .formatToParts(whole)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const of = (part: Intl.DateTimeFormatPartTypes) => parts.get(part) ?? 0
  return Date.UTC(of('year'), of('month') - 1, of('day'), of('hour'), of('minute'), of('second'))
}

/** The weekday that the calendar beside a clock shows, from what the clock shows: 0 for Sunday. */
export const weekdayOf = (shown: number): number => new Date(shown).getUTCDay()

type Times = readonly [first: number, last: number]

/** What was found, by zone: the windows of a week are asked for every second, and each time takes a tenth of a millisecond. */
const found = new Map<string, Map<number, Times>>()
const mostFound = 2000

/**
 * When the clock shows this (as `shownAt` gives it): the first and the last time, which differ where an hour comes twice.
 * Where it is left out, both are the moment at which the clock is put forward.
 */
export function whenShown(zone: string, shown: number): Times {
  const known = found.get(zone)?.get(shown)
  if (known) return known
  const times = lookedFor(zone, shown)
  if (found.size >= mostFormats && !found.has(zone)) found.clear()
  const ofZone = found.get(zone) ?? new Map<number, Times>()
  if (ofZone.size >= mostFound) ofZone.clear()
  found.set(zone, ofZone.set(shown, times))
  return times
}

function lookedFor(zone: string, shown: number): Times {
  const offset = (at: number) => shownAt(zone, at) - at
  const offsets = [offset(shown - day), offset(shown + day)] as const
  const times = offsets.map((it) => shown - it).filter((at) => shownAt(zone, at) === shown)
  if (times.length > 0) return [Math.min(...times), Math.max(...times)]
  let [before, after] = [shown - Math.max(...offsets) - hour, shown - Math.min(...offsets) + hour]
  while (after - before > second) {
    const middle = Math.floor((before + after) / 2 / second) * second
    if (offset(middle) === offset(before)) before = middle
    else after = middle
  }
  return [after, after]
}

/** "22:30" as ms since midnight, "24:00" as a whole day; undefined for what is no time of a day. */
export function timeOfClock(text: string): number | undefined {
  const [, hours, minutes] = /^([01]\d|2[0-4]):([0-5]\d)$/.exec(text) ?? []
  if (hours === undefined || minutes === undefined) return undefined
  const at = Number(hours) * hour + Number(minutes) * minute
  return at <= day ? at : undefined
}
