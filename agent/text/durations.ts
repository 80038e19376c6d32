import { day, hour, minute, second } from './times.ts'

/** "89 d", "36 h", "12 min", "40 s": one unit, rounded down, so that there is never less time than it says. */
export function duration(ms: number): string {
  if (ms >= 2 * day) return `${Math.floor(ms / day)} d`
  if (ms >= 2 * hour) return `${Math.floor(ms / hour)} h`
  if (ms >= 2 * minute) return `${Math.floor(ms / minute)} min`
  return `${Math.max(0, Math.floor(ms / second))} s`
}

/** How long something has lasted, with its two largest units: `40 s`, `4 min`, `2 h 5 min`, `3 d 4 h`. Total. */
export function lasting(ms: number): string {
  const seconds = Number.isFinite(ms) ? Math.max(0, Math.round(ms / second)) : 0
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min`
  const hours = Math.floor(minutes / 60)
  if (hours < 24) return `${hours} h${minutes % 60 ? ` ${minutes % 60} min` : ''}`
  return `${Math.floor(hours / 24)} d${hours % 24 ? ` ${hours % 24} h` : ''}`
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
