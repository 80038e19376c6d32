import { day, hour, minute, second } from '../text/times.ts'

const quarter = 15 * minute

/**
 * When a cron expression with six fields, of which those for days are all `*`, comes next: by this machine's clock, after
 * `from`, ms since the epoch. Undefined of any other expression. The library that knows all of them asks for the
 * calendar of a time zone, which takes 8 MB of memory to show; and nearly every check comes at times of a day.
 */
export function daily(expression: string): ((from: number) => number | undefined) | undefined {
  const [seconds = '', minutes = '', hours = '', ...days] = expression.trim().split(/\s+/)
  if (days.join(' ') !== '* * *') return undefined
  const sets = [valuesOf(seconds, 60), valuesOf(minutes, 60), valuesOf(hours, 24)] as const
  const [inSeconds, inMinutes, inHours] = sets
  if (!inSeconds || !inMinutes || !inHours) return undefined
  return (from) => {
    const begin = Math.floor(from / second) * second + second
    // Over two days, as a day may lack an hour.
    for (let at = begin; at < begin + 2 * day + hour; ) {
      const clock = new Date(at)
      const passed = clock.getSeconds() * second
      // Clocks are set by quarters of an hour somewhere.
      if (!inHours.has(clock.getHours())) at += quarter - (clock.getMinutes() % 15) * minute - passed
      else if (!inMinutes.has(clock.getMinutes())) at += minute - passed
      else if (!inSeconds.has(clock.getSeconds())) at += second
      else return at
    }
    return undefined
  }
}

/** `*`, `5`, `10-20`, each but the second with `/3` for every third, and lists of these; undefined for anything else. */
function valuesOf(field: string, below: number): ReadonlySet<number> | undefined {
  const values = new Set<number>()
  for (const part of field.split(',')) {
    const [, all, first, last = first, step = '1'] =
      /^(?:(\*)|(\d{1,2})(?:-(\d{1,2}))?)(?:\/(\d{1,2}))?$/.exec(part) ?? []
    const [from, to, by] = [Number(all ? 0 : first), Number(all ? below - 1 : last), Number(step)]
    if (!(from <= to && to < below && by > 0) || (part.includes('/') && from === to)) return undefined
    for (let it = from; it <= to; it += by) values.add(it)
  }
  return values
}
