import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { longFunctions } from './lengths.ts'

const lines = (count: number) => 'it()\n'.repeat(count)

/** A function of each kind: the line on which it begins, and the file, by its lines between first and last. */
const kinds: readonly (readonly [at: number, make: (body: string) => string])[] = [
  [1, (body) => `export function f() {\n${body}}\n`],
  [1, (body) => `export const f = () => {\n${body}}\n`],
  [1, (body) => `export const f = function () {\n${body}}\n`],
  [2, (body) => `export const it = {\nf() {\n${body}},\n}\n`],
  [2, (body) => `export class It {\nconstructor() {\n${body}}\n}\n`],
  [2, (body) => `export class It {\nget it() {\n${body}}\n}\n`],
  [2, (body) => `export class It {\nset it(to) {\n${body}}\n}\n`],
  [101, (body) => `${lines(100)}const list = [1].map(() => {\n${body}})\n`],
]

t.test('a function of 81 lines is found, of whatever kind, and none of 80', async (t) => {
  const root = t.testdir({ agent: {}, collectors: { 'text.ts': `export const it = \`\n${lines(200)}\`\n` } })
  const foundWith = (between: number) => {
    for (const [index, [, make]] of kinds.entries())
      writeFileSync(join(root, `agent/${index}.ts`), make(lines(between)))
    return longFunctions(root)
  }
  t.strictSame(
    foundWith(79).map((it) => it.replace(/ lines: .*/, '')),
    kinds.map(([at], index) => `agent/${index}.ts:${at} has a function of 81`),
  )
  t.strictSame(foundWith(78), [])
})
