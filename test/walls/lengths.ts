import { join } from 'node:path'
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
import { sourcesOf, textOf, type Wall } from './sources.ts'

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

/** No function, arrow function or method over 80 lines. */
export const longFunctions: Wall = (root) => {
  const paths = sourcesOf(root)
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

/** Lines of a file. */
const longestFile = 300

/** No file over 300 lines. */
export const longFiles: Wall = (root) =>
  sourcesOf(root).flatMap((path) => {
    const lines = textOf(root, path).trimEnd().split('\n').length
    return lines > longestFile
      ? [`${path} has ${lines} lines: a file over ${longestFile} is two things, and is found as one`]
      : []
  })
