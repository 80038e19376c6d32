/** The parts of a version: numbers, and what is before a release of that number (`-rc.1`). */
function partsOf(version: string): { numbers: readonly number[]; before: readonly string[] } {
  const [release = '', ...before] = version.replace(/^v/, '').replace(/\+.*$/, '').split('-')
  return {
    numbers: release.split('.').map((it) => Number.parseInt(it, 10) || 0),
    before: before.join('-').split('.').filter(Boolean),
  }
}

/** Whether the version `one` comes after `other`, by the order of semver.org, 11. What follows a `+` counts for nothing. */
export function isNewer(one: string, other: string): boolean {
  const [a, b] = [partsOf(one), partsOf(other)]
  for (let at = 0; at < Math.max(a.numbers.length, b.numbers.length); at += 1) {
    const difference = (a.numbers[at] ?? 0) - (b.numbers[at] ?? 0)
    if (difference !== 0) return difference > 0
  }
  if (a.before.length === 0 || b.before.length === 0) return a.before.length < b.before.length
  for (let at = 0; at < Math.max(a.before.length, b.before.length); at += 1) {
    const [x, y] = [a.before[at], b.before[at]]
    if (x === y) continue
    if (x === undefined || y === undefined) return y === undefined
    const [isNumber, isOtherNumber] = [x, y].map((it) => /^\d+$/.test(it))
    if (isNumber && isOtherNumber) return Number(x) > Number(y)
    return isNumber === isOtherNumber ? x > y : isOtherNumber === true
  }
  return false
}
