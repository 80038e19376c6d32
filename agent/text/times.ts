/** Times of day and dates, in UTC: whoever reads may be anywhere, and the node's logs are in UTC too. Pure. */

/** Milliseconds. */
export const second = 1000
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour
export const week = 7 * day

/** "2027-11-23T00:12:05.000Z" (ISO 8601, RFC 3339), of our own time. Throws a RangeError for an invalid one. */
export const iso = (at: number): string => new Date(at).toISOString()

/** The same for a time from anywhere, in JSON: null for an invalid one. Total. */
export const timestamp = (at: number): string | null =>
  Number.isNaN(new Date(at).getTime()) ? null : iso(at)

/** "2027-11-23" */
export const date = (at: number) => iso(at).slice(0, 10)

/** "03:12:07 UTC" */
export const timeOfDay = (at: number) => `${iso(at).slice(11, 19)} UTC`

/** "2027-11-23 00:12 UTC" */
export const moment = (at: number) => `${iso(at).slice(0, 16).replace('T', ' ')} UTC`

/** "2026-11-23 03:12:05 UTC" */
export const exactMoment = (at: number) => `${iso(at).slice(0, 19).replace('T', ' ')} UTC`

/** "03:12", with the date in front where it is not on the same day as `beside`. */
export function clock(at: number, beside: number): string {
  const [on, time = ''] = iso(at).split('T')
  return on === date(beside) ? time.slice(0, 5) : `${on} ${time.slice(0, 5)}`
}

/** The same with its zone: "03:12 UTC", "2026-11-22 03:12 UTC". */
export const clockUtc = (at: number, beside: number) => `${clock(at, beside)} UTC`

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** For a message: `03:12 UTC`, with the day when it is not that of `at`, with the year when that differs. Total. */
export function messageClock(time: number, at: number): string {
  const it = new Date(time)
  const reference = new Date(at)
  if (Number.isNaN(it.getTime())) return 'an unknown time'
  const hours = `${it.toISOString().slice(-13, -8)} UTC`
  if (Math.floor(time / day) === Math.floor(at / day)) return hours
  const on = `${it.getUTCDate()} ${months[it.getUTCMonth()]}`
  return it.getUTCFullYear() === reference.getUTCFullYear()
    ? `${on} ${hours}`
    : `${on} ${it.getUTCFullYear()} ${hours}`
}
