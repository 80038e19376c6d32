interface Named {
  /** Which entry of `sinks` it is. */
  readonly at: number
  /** Absent where the entry is wrong in other ways. */
  readonly name?: string
  readonly onlyWhen?: unknown
}

/**
 * What is wrong with the names in `only_when`, as sentences that do not quote them: sinks that are not there, and sinks
 * that wait for one another, so that none of them would ever be used.
 */
export function fallbackFlaws(sinks: readonly Named[]): readonly { at: number; text: string }[] {
  const names = sinks.flatMap(({ name = [] }) => name)
  return sinks.flatMap(({ at, name, onlyWhen }) => {
    // Of another type: that is said already.
    if (!Array.isArray(onlyWhen) || !onlyWhen.every((it) => typeof it === 'string')) return []
    const others = names.filter((it) => it !== name)
    if (onlyWhen.length === 0)
      return [{ at, text: 'is empty; name the sinks that have to fail, or leave it out' }]
    if (name !== undefined && onlyWhen.includes(name))
      return [{ at, text: 'names this sink itself; name the ones that have to fail' }]
    // Where an entry is wrong, its name is not known either.
    if (sinks.every((it) => it.name !== undefined) && !onlyWhen.every((it) => names.includes(it)))
      return [{ at, text: `names a sink that is not there; the others are: ${others.join(', ') || 'none'}` }]
    return name !== undefined && waitsFor(sinks, name, [...onlyWhen])
      ? [{ at, text: 'these sinks wait for one another, so none of them would be used' }]
      : []
  })
}

/** Whether any of these, or any that they wait for, waits for `name`. */
function waitsFor(sinks: readonly Named[], name: string, from: readonly string[]): boolean {
  const seen = new Set<string>()
  const left = [...from]
  for (let it = left.pop(); it !== undefined; it = left.pop()) {
    if (it === name) return true
    if (seen.has(it)) continue
    seen.add(it)
    const next = sinks.find((one) => one.name === it)?.onlyWhen
    if (Array.isArray(next)) left.push(...next.filter((one) => typeof one === 'string'))
  }
  return false
}
