/** Levenshtein's distance: how many letters are to be changed, put in or left out; upper and lower case are the same. For short words. */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (a[i - 1]?.toLowerCase() === b[j - 1]?.toLowerCase() ? 0 : 1),
        ),
      )
    row = next
  }
  return row[b.length] ?? 0
}

/** No name is longer, so what is longer is like none. */
const longest = 100

/**
 * The known names that somebody may have meant: those that hold the word, else those that differ in little, the nearest
 * first; at most three. Upper and lower case are the same.
 */
export function near(word: string, known: readonly string[]): readonly string[] {
  const wanted = word.toLowerCase().replaceAll('_', '-')
  if (wanted.length < 2 || wanted.length > longest) return []
  const holding = known.filter((it) => it.toLowerCase().includes(wanted))
  if (holding.length > 0) return holding.slice(0, 3)
  const most = Math.max(1, Math.min(3, Math.floor(wanted.length / 4)))
  return known
    .map((it) => [Math.min(distance(wanted, it.toLowerCase()), partDistance(wanted, it)), it] as const)
    .filter(([far]) => far <= most)
    .toSorted(([a], [b]) => a - b)
    .slice(0, 3)
    .map(([, it]) => it)
}

/** To the part behind the first dot, for whoever leaves out the area: `oom-kiled` is near to `memory.oom-killed`. */
function partDistance(word: string, name: string): number {
  const part = name.slice(name.indexOf('.') + 1).toLowerCase()
  return part.length < 4 ? Number.POSITIVE_INFINITY : distance(word.slice(word.indexOf('.') + 1), part)
}

/** "; did you mean a, b or c?", or nothing where no name is near. */
export function didYouMean(word: string, known: readonly string[]): string {
  const names = near(word, known)
  const either = [names.slice(0, -1).join(', '), ...names.slice(-1)].filter(Boolean)
  return either.length > 0 ? `; did you mean ${either.join(' or ')}?` : ''
}
