import t from 'tap'
import { askingHistory, castsThroughUnknown, importCircles, longFunctions } from './walls.ts'

/** Each wall broken on purpose, and what only looks like it. */
const lines = (count: number) => 'it()\n'.repeat(count)

t.test('a circle is found whatever ties it, and named once', async (t) => {
  const root = t.testdir({
    agent: { 'a.ts': "import { b } from './b.ts'\nexport const a = b\n", 'b.ts': 'export const b = 1\n' },
    collectors: {
      'x.ts': "import type { Y } from './y.ts'\nexport type X = Y\n",
      'y.ts': "export type { Z } from './deep/z.ts'\nexport interface Y {}\n",
      deep: { 'z.ts': "export const z = () => import('../x.ts')\nexport type Z = 1\n" },
      'alone.ts': "import type { X } from './x.ts'\nexport type Alone = X\n",
    },
  })
  const found = importCircles(root)
  t.equal(found.length, 1)
  t.match(found[0], /^collectors\/deep\/z\.ts, collectors\/x\.ts, collectors\/y\.ts import each other: /)
})

t.test('a function of 81 lines is found, of whatever kind, and none of 80', async (t) => {
  const kinds = {
    'declared.ts': (body: string) => `export function f() {\n${body}}\n`,
    'arrow.ts': (body: string) => `export const f = () => {\n${body}}\n`,
    'method.ts': (body: string) => `export const it = {\nf() {\n${body}},\n}\n`,
    'class.ts': (body: string) => `export class It {\nconstructor() {\n${body}}\n}\n`,
    'within.ts': (body: string) => `${lines(100)}const list = [1].map(() => {\n${body}})\n`,
  }
  const of = (count: number) =>
    Object.fromEntries(Object.entries(kinds).map(([name, make]) => [name, make(lines(count))]))
  const root = t.testdir({
    agent: of(79),
    collectors: { ...of(78), text: { 'more.ts': `\`\n${lines(200)}\`\n` } },
  })
  const found = longFunctions(root)
  t.strictSame(
    found.map((it) => it.split(' ')[0]),
    ['arrow.ts:1', 'class.ts:2', 'declared.ts:1', 'method.ts:2', 'within.ts:101'].map((it) => `agent/${it}`),
  )
  for (const it of found) t.match(it, / has a function of 81 lines: nobody holds more than 80 /)
  t.strictSame(longFunctions(root, ['agent/']), [])
})

t.test('history/ that could ask is found, also by a type', async (t) => {
  const model = "'../../../agent/model/index.ts'"
  const root = t.testdir({
    agent: {},
    collectors: {
      one: {
        'look.ts': `import type { Host } from ${model}\n`,
        history: {
          'by-type.ts': `import type { Host } from ${model}\n`,
          'by-name.ts': `import {\n  type Past,\n  type Host,\n} from ${model}\n`,
          'not.ts': `import type { HostPort } from ${model}\n/** Host is only spoken of. */\n`,
        },
      },
    },
  })
  t.strictSame(
    askingHistory(root).map((it) => it.split(':')[0]),
    ['by-name', 'by-type'].map((it) => `collectors/one/history/${it}.ts imports Host`),
  )
})

t.test('a cast through unknown is found, with its line', async (t) => {
  const root = t.testdir({
    agent: {
      'a.ts': '\nexport const a = 1 as unknown as string\n',
      'b.ts': 'export const b = 1 as unknown\n',
    },
    collectors: {},
  })
  const found = castsThroughUnknown(root)
  t.equal(found.length, 1)
  t.match(found[0], /^agent\/a\.ts:2 casts through unknown: /)
})
