/** A cron expression with seconds in words ("every 10 min"), or the expression itself where it is not that simple. */
export function rhythm(cron: string): string {
  const [seconds = '', minutes = '', ...rest] = cron.trim().split(/\s+/)
  const simple = rest.every((it) => it === '*') && /^\d+(,\d+)*$/.test(seconds)
  const times = seconds.split(',').length
  if (simple && minutes === '*') return times === 1 ? 'every minute' : `every ${Math.round(60 / times)} s`
  const every = /^\*\/(\d+)$/.exec(minutes)?.[1]
  return simple && times === 1 && every ? `every ${every} min` : `at \`${cron}\``
}
