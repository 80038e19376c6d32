import { existsSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'
import { sourcesOf, textOf, type Wall } from './sources.ts'

type Excuse = readonly [which: (path: string, root: string) => boolean, why: string]

/** Which files have no test of their own, and why they need none. Whoever adds a line here could not write a test. */
export const excuses: readonly Excuse[] = [
  [isTypesOnly, 'types alone: nothing of it is there when it runs, and the compiler holds it'],
  [
    (path) => path === 'collectors/index.ts' || path === 'agent/model/index.ts',
    'a list of what others say: test/contract.test.ts goes through all of it',
  ],
  [
    (path) => /^collectors\/\w+\/rules(-\w+)?\.ts$/.test(path),
    'texts as data: test/contract.test.ts holds each rule against the same promises, docs/findings.md is made of them',
  ],
]

/** Whether nothing is left of a file once its types are taken out. */
function isTypesOnly(path: string, root: string): boolean {
  const text = stripTypeScriptTypes(textOf(root, path))
  return text.replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').trim() === ''
}

/** Each source has its test at its own address, and each excuse somebody who needs it. */
export const untested: Wall = (root) => {
  const testOf = (path: string) => `test/${path.replace(/\.ts$/, '.test.ts')}`
  const without = sourcesOf(root).filter((path) => !existsSync(join(root, testOf(path))))
  const excused = (path: string) => excuses.some(([which]) => which(path, root))
  return [
    ...without
      .filter((path) => !excused(path))
      .map(
        (path) =>
          `${path} has no test at ${testOf(path)}: who changes a module finds its test by its name, and what only the test of something larger meets is not known to fail`,
      ),
    ...excuses
      .filter(([which]) => !without.some((path) => which(path, root)))
      .map(
        ([, why]) => `nobody needs the excuse "${why}" any more: it goes, before somebody hides behind it`,
      ),
  ]
}
