import { day, hour, minute, second } from './times.ts'

/** From so many days on, hours say nothing more. */
const manyDays = 7

/**
 * How long something lasts, the same everywhere: `40 s`, `4 min`, `2 h 5 min`, `1 d 1 h`, `89 d`. Rounded down, so that
 * there is never less time than it says; below two minutes in seconds, since many limits are 60 or 90 s. Total.
 */
export function duration(ms: number): string {
  const seconds = Number.isFinite(ms) ? Math.max(0, Math.floor(ms / second)) : 0
  if (seconds < 120) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`
  const days = Math.floor(hours / 24)
  return `${days} d${days < manyDays && hours % 24 ? ` ${hours % 24} h` : ''}`
}

/** "90m", "2h", "1d" or "2h30m" in ms; undefined if it is no such thing. */
export function parseDuration(text: string): number | undefined {
  const units = { s: second, m: minute, h: hour, d: day } as const
  if (!/^(\d{1,6}[smhd])+$/.test(text)) return undefined
  let sum = 0
  for (const [, count, unit] of text.matchAll(/(\d+)([smhd])/g))
    sum += Number(count) * units[unit as keyof typeof units]
  return sum
}
