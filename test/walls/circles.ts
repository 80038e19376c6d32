import { importsOf, sourcesOf, type Wall } from './sources.ts'

/** Each group of files that lead to one another, the files in it sorted (Tarjan's strongly connected components). */
function circlesOf(imports: ReadonlyMap<string, readonly string[]>): string[][] {
  const found: string[][] = []
  const places = new Map<string, number>()
  const lowest = new Map<string, number>()
  const waiting: string[] = []
  const visit = (path: string): number => {
    const place = places.size
    places.set(path, place)
    lowest.set(path, place)
    waiting.push(path)
    for (const next of imports.get(path) ?? []) {
      if (!imports.has(next)) continue
      const reached = places.has(next) ? (waiting.includes(next) ? places.get(next) : undefined) : visit(next)
      lowest.set(path, Math.min(lowest.get(path) ?? place, reached ?? place))
    }
    if (lowest.get(path) === place) {
      const group = waiting.splice(waiting.indexOf(path))
      if (group.length > 1 || imports.get(path)?.includes(path))
        found.push(group.sort((a, b) => (a < b ? -1 : 1)))
    }
    return lowest.get(path) ?? place
  }
  for (const path of imports.keys()) if (!places.has(path)) visit(path)
  return found
}

/** No import circles, type-only ones included. */
export const importCircles: Wall = (root) => {
  const imports = new Map(
    sourcesOf(root).map((path) => [path, importsOf(root, path).map(({ name }) => name)] as const),
  )
  return circlesOf(imports).map(
    (group) =>
      `${group.join(', ')} import each other: none of them can be read, tested or moved without all the others; what they share stands in a file that imports none of them`,
  )
}
