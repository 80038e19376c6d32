/**
 * When the last run of these times began in which no two are `pause` apart, or undefined for none. All in the same unit,
 * oldest first.
 */
export function boutBegan(times: readonly number[], pause: number): number | undefined {
  return times[times.findLastIndex((it, at) => at === 0 || it - Number(times[at - 1]) >= pause)]
}
