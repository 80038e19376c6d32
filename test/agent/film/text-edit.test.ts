import t from 'tap'
import { edited, editOf } from '../../../agent/film/text-edit.ts'
import { chance } from '../../chance.ts'

const lines = (count: number) => Array.from({ length: count }, (_, at) => `line ${at} of a text`)

t.test('one line that changed is told alone', async (t) => {
  const before = lines(100)
  const after = before.with(50, 'another')
  t.strictSame(editOf(before.join('\n'), after.join('\n')), [[0, 50], 'another', [51, 49]])
  t.equal(editOf('a\nb', 'c\nd'), undefined, 'nothing is saved')
})

t.test('any text is made of any other', async (t) => {
  const random = chance(3)
  const text = () =>
    Array.from({ length: Math.floor(random() * 30) }, () =>
      'abcde'[Math.floor(random() * 5)]?.repeat(40),
    ).join('\n')
  let edits = 0
  for (let count = 0; count < 500; count += 1) {
    const [before, after] = [text(), text()]
    const edit = editOf(before, after)
    if (!edit) continue
    edits += 1
    t.equal(edited(before, edit, 10_000), after)
  }
  t.ok(edits > 200, `${edits}`)
})

t.test('an edit that names what is not there, or grows without end', async (t) => {
  t.throws(() => edited('a\nb', [[1, 2]], 100), /lines that the text before does not have/)
  const many = Array.from({ length: 1000 }, () => [0, 2] as const)
  t.throws(() => edited(`${'x'.repeat(50)}\n${'y'.repeat(50)}`, many, 1000), /more than 1000 characters/)
  t.throws(() => edited('', ['x'.repeat(2000)], 1000), /more than 1000 characters/)
})
