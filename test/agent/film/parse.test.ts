import t from 'tap'
import { FilmError, parsedLine } from '../../../agent/film/parse.ts'
import { headOf } from './shooting.ts'

const take = { round: 'k3s', at: 5, took: 1, heard: [{ at: 4, text: 'x' }], answers: [['read /x', 'a']] }
const line = (it: object) => parsedLine(JSON.stringify(it))

t.test('what a film is made of', async (t) => {
  const head = headOf(5)
  t.strictSame(line(head), head)
  const all = ['a', { text: 'b', about: '[1,""]' }, { edit: [[0, 1], 'x'] }, { bytes: 'AA==' }]
  const answers = [['read /x', ...all, { error: ['missing', 'gone'] }]]
  t.strictSame(line({ ...take, answers, recorded: true }), { ...take, answers, recorded: true })
  t.strictSame(line({ end: 'size', at: 9 }), { end: 'size', at: 9 })
})

const wrong: readonly (readonly [what: string, text: string, says: RegExp])[] = [
  ['no JSON', '{"round":', /^this is no JSON$/],
  ['a list', '[]', /has to be an object/],
  ['nothing known', '{}', /neither the head/],
  [
    'another format',
    JSON.stringify({ ...headOf(5), film: 2 }),
    /does not know \(it knows 1\); replay it with/,
  ],
  ['reminders every ms', JSON.stringify(headOf(5, { remind: 1 })), /remind has to be/],
  [
    'no settings',
    JSON.stringify({ ...headOf(5), collectors: { k3s: { version: 1 } } }),
    /settings has to be/,
  ],
  ['no time', JSON.stringify({ ...take, at: 'now' }), /at has to be a number/],
  ['a time before all times', JSON.stringify({ ...take, at: -1 }), /at has to be a number/],
  ['a round of years', JSON.stringify({ ...take, took: 1e11 }), /took has to be a number/],
  ['an answer to nothing', JSON.stringify({ ...take, answers: [['x']] }), /without an answer/],
  ['an answer that is none', JSON.stringify({ ...take, answers: [['x', 5]] }), /has to be an object/],
  [
    'an error of no kind',
    JSON.stringify({ ...take, answers: [['x', { error: ['odd', ''] }]] }),
    /a code that there is not/,
  ],
  ['half a line', JSON.stringify({ ...take, answers: [['x', { edit: [[0.5, 1]] }]] }), /whole number/],
  ['no end', '{"end":"why","at":1}', /ends for no reason/],
  ['nested without end', `{"round":${'['.repeat(7_000_000)}`, /nested deeper than 12/],
  ['millions of nothings', `{"round":[${'0,'.repeat(2_100_000)}0]}`, /more than 2000000 values/],
]
for (const [what, text, says] of wrong)
  t.test(`no film: ${what}`, async (t) => {
    t.throws(() => parsedLine(text), { message: says })
    try {
      parsedLine(text)
    } catch (error) {
      t.type(error, FilmError)
    }
  })

t.test('names of prototypes are names', async (t) => {
  const head = line(
    JSON.parse(
      '{"film":1,"murphy":"1","node":"n","at":1,"remind":0,"collectors":{"__proto__":{"version":1,"settings":{}}}}',
    ),
  )
  t.equal(Object.getPrototypeOf((head as { collectors: object }).collectors), Object.prototype)
})
