import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import type { Node, SourceFile } from 'typescript/unstable/ast'
import {
  isArrowFunction,
  isConstructorDeclaration,
  isFunctionDeclaration,
  isFunctionExpression,
  isGetAccessorDeclaration,
  isMethodDeclaration,
  isSetAccessorDeclaration,
} from 'typescript/unstable/ast/is'
import { API } from 'typescript/unstable/sync'

/**
 * Walls of the house that need more than a line of text to see. Each takes the folder in which `agent/` and
 * `collectors/` stand, so that it can be shown to bite in a copy, and gives one sentence for each place where it is broken.
 */

/** The sources of agent and collectors, by their paths from `root`. */
export const sourcesOf = (root: string): string[] =>
  ['agent', 'collectors'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts'))
      .map((name) => `${folder}/${name}`)
      .sort(),
  )

/** What a file imports of its own project, `type` imports too, since they tie just as much. */
function importsOf(root: string, path: string): string[] {
  const text = readFileSync(join(root, path), 'utf8')
  return [...text.matchAll(/\bfrom\s+'(\.[^']+)'|\bimport\(\s*'(\.[^']+)'|^import\s+'(\.[^']+)'/gm)].map(
    (found) => normalize(join(dirname(path), found.slice(1).find((it) => it !== undefined) ?? '')),
  )
}

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
export function importCircles(root: string): string[] {
  const imports = new Map(sourcesOf(root).map((path) => [path, importsOf(root, path)] as const))
  return circlesOf(imports).map(
    (group) =>
      `${group.join(', ')} import each other: none of them can be read, tested or moved without all the others; what they share stands in a file that imports none of them`,
  )
}

/** Lines of a function, from its first to its last. */
const longestFunction = 80

const isFunction = (node: Node) =>
  isFunctionDeclaration(node) ||
  isFunctionExpression(node) ||
  isArrowFunction(node) ||
  isMethodDeclaration(node) ||
  isConstructorDeclaration(node) ||
  isGetAccessorDeclaration(node) ||
  isSetAccessorDeclaration(node)

/** Files read by TypeScript's own parser, each handed over with its path. Types are not looked at, and nothing else is read. */
function parsed(
  root: string,
  paths: readonly string[],
  take: (path: string, file: SourceFile) => void,
): void {
  const config = join(root, 'tsconfig.walls.json')
  const text = JSON.stringify({
    compilerOptions: { target: 'esnext', module: 'esnext', noLib: true, noResolve: true, types: [] },
    files: paths,
  })
  const api = new API({
    cwd: root,
    fs: {
      readFile: (path) => (path === config ? text : undefined),
      fileExists: (path) => (path === config ? true : undefined),
    },
  })
  try {
    const [project] = api.updateSnapshot({ openProjects: [config] }).getProjects()
    for (const path of paths) {
      const file = project?.program.getSourceFile(join(root, path))
      if (!file) throw new Error(`TypeScript does not read ${path}`)
      take(path, file)
    }
  } finally {
    api.close()
  }
}

/** No function, arrow function or method over 80 lines, but in `exempt` files and folders. */
export function longFunctions(root: string, exempt: readonly string[] = []): string[] {
  const paths = sourcesOf(root).filter((path) => !exempt.some((it) => path.startsWith(it)))
  const found: string[] = []
  parsed(root, paths, (path, file) => {
    const starts = [...file.text.matchAll(/\n/g)].map(({ index }) => index)
    const lineOf = (position: number) => 1 + starts.filter((it) => it < position).length
    const visit = (node: Node): void => {
      if (isFunction(node) && node.end - node.pos > longestFunction) {
        const [first, last] = [lineOf(node.getStart(file)), lineOf(node.end)]
        if (last - first + 1 > longestFunction)
          found.push(
            `${path}:${first} has a function of ${last - first + 1} lines: nobody holds more than ${longestFunction} in their head, and what is in the middle of it cannot be tested by itself`,
          )
      }
      node.forEachChild(visit)
    }
    file.forEachChild(visit)
  })
  return found
}

/** What remembers cannot ask. */
export function askingHistory(root: string): string[] {
  return sourcesOf(root)
    .filter((path) => /^collectors\/[^/]+\/history\//.test(path))
    .filter((path) => /^import\b[^;]*?\bHost\b[^;]*?from/m.test(importLines(root, path)))
    .map(
      (path) =>
        `${path} imports Host: what is remembered must follow from what was read and what was remembered alone, so that each case of it can be tried without a machine; reading stands in look.ts or dump/`,
    )
}

/** Its import statements, one a line. */
const importLines = (root: string, path: string): string =>
  [...readFileSync(join(root, path), 'utf8').matchAll(/^import\b[\s\S]*?from\s+'[^']+'/gm)]
    .map(([it]) => it.replaceAll('\n', ' '))
    .join('\n')

/** No claim about a type that nothing bears out. */
export function castsThroughUnknown(root: string): string[] {
  return sourcesOf(root).flatMap((path) =>
    readFileSync(join(root, path), 'utf8')
      .split('\n')
      .flatMap((line, at) =>
        /\bas\s+unknown\s+as\b/.test(line)
          ? [
              `${path}:${at + 1} casts through unknown: it tells the compiler to believe what nobody has checked; build the value from its parts, or ask for less`,
            ]
          : [],
      ),
  )
}
