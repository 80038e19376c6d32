import t from 'tap'
import { cutter } from '../../../agent/film/cutter.ts'
import { longestAnswer } from '../../../agent/film/reel.ts'

const raw = (question: string, text: string) => ({ question, sum: text, clean: () => ({ text }) })
const text = (last: string) => `${Array.from({ length: 100 }, (_, at) => `line ${at}`).join('\n')}\n${last}`

t.test('only what is new, and of a long text only what changed', async (t) => {
  const { cut } = cutter()
  t.strictSame(await cut([raw('a', '1'), raw('b', text('x'))]), [
    ['a', '1'],
    ['b', text('x')],
  ])
  t.strictSame(await cut([raw('a', '1'), raw('b', text('y'))]), [['b', { edit: [[0, 100], 'y'] }]])
  t.strictSame(await cut([raw('a', '1'), raw('a', '2')]), [['a', '1', '2']], 'asked twice')
  t.strictSame(await cut([raw('a', '1'), raw('a', '2')]), [])
  t.strictSame(await cut([raw('a', '1')]), [['a', '1']])
})

t.test('parts of a log are always written', async (t) => {
  const { cut } = cutter()
  for (const _ of [1, 2]) t.strictSame(await cut([raw('piece /x 0', 'a')]), [['piece /x 0', 'a']])
})

t.test('parts of logs take no room from what is held', async (t) => {
  const { cut } = cutter()
  const much = 'x'.repeat(longestAnswer - 100)
  for (let size = 0; size < 33 * 1024 * 1024; size += much.length)
    await cut([raw(`piece /x ${size}`, `${size}${much}`)])
  const long = text('x').repeat(4)
  await cut([raw('b', long)])
  t.match(await cut([raw('b', `${long}y`)]), [['b', { edit: Array }]])
})

t.test('what does not fit is left out and said, and tried again', async (t) => {
  const { cut } = cutter()
  const left = { error: ['unrecorded', 'it was too large for a film'] }
  t.strictSame(await cut([raw('a', 'x'.repeat(longestAnswer + 1))]), [['a', left]])
  const many = Array.from({ length: 6 }, (_, at) => raw(`q${at}`, `${at}`.repeat(longestAnswer - 100)))
  const first = await cut(many)
  t.ok(JSON.stringify(first).length < 8 * 1024 * 1024)
  t.strictSame(first.at(-1), ['q5', left])
  const second = await cut(many)
  t.notOk(
    second.some(([, it]) => typeof it !== 'string'),
    'now there is room',
  )
  t.ok(second.length > 0)
})

t.test('a question whose words hold a secret is asked by the same words without it', async (t) => {
  const { cut } = cutter()
  const secret = 'read /home/token=pl4nted'
  const cuts = await cut([raw(secret, '1')])
  t.notMatch(JSON.stringify(cuts), /pl4nted/)
})
