const minute = 60_000

/**
 * The next time after `from` of a cron expression with seconds, of the forms that collectors use: at some seconds of
 * every minute, or of every so many minutes. Throws for any other.
 */
export function nextTime(every: string, from: number): number {
  const [seconds = '', minutes = '', ...rest] = every.split(' ')
  const step = minutes === '*' ? 1 : Number(minutes.replace('*/', ''))
  const marks = seconds.split(',').map(Number)
  if (!Number.isInteger(step) || !marks.every(Number.isInteger) || rest.some((it) => it !== '*'))
    throw new Error(`a cron expression of another form: ${every}`)
  for (let at = Math.floor(from / minute); ; at += 1) {
    const next = marks.find((it) => at % step === 0 && at * minute + it * 1000 > from)
    if (next !== undefined) return at * minute + next * 1000
  }
}

/** The longest time between two looks, ms. */
export function paceOf(every: string): number {
  const times = [nextTime(every, 0)]
  for (let count = 0; count < 4; count += 1) times.push(nextTime(every, times.at(-1) ?? 0))
  return Math.max(...times.map((it, index) => it - (times[index - 1] ?? it)))
}
