import t from 'tap'
import { between, table } from '../../../agent/text/table.ts'

const plain = { color: false, width: 60 }
const rows = [
  { cells: [{ text: 'short', style: 'red' as const }, { text: 'x '.repeat(40) }], ends: ['(end)'] },
  { cells: [{ text: 'y'.repeat(40) }, { text: 'z' }], notes: ['a note '.repeat(12)] },
]

t.test('columns as wide as they need, the last wrapped within itself', async (t) => {
  const text = table(plain, ['A', 'B'], rows)
  const lines = text.split('\n')
  t.equal(lines[0], `A${' '.repeat(29)}B`)
  t.equal(lines[1]?.indexOf('x'), 30)
  t.equal(lines[2]?.indexOf('x'), 30, 'what is wrapped stays in its column')
  t.match(text, /y{27}~ {2}z\n {2}a note/, 'what is too wide is cut, and seen to be')
  for (const line of lines) t.ok(line.length <= 60, line)
})

t.test('colour changes no character', async (t) => {
  const colored = table({ ...plain, color: true }, ['A', 'B'], rows)
  t.match(colored, /\u001b\[31mshort\u001b/)
  t.equal(colored.replace(/\u001b\[\d+m/g, ''), table(plain, ['A', 'B'], rows))
})

t.test('the first end that has room stands at the right, else the last below', async (t) => {
  const ended = (text: string) =>
    table(plain, ['A', 'B'], [{ cells: [{ text: 'a' }, { text }], ends: ['a long end', 'end'] }]).split('\n')
  t.equal(ended('b')[1], `a  b${' '.repeat(46)}a long end`)
  t.equal(ended('b'.repeat(50))[1], `a  ${'b'.repeat(50)}    end`)
  t.strictSame(ended('b'.repeat(57)).slice(1), [`a  ${'b'.repeat(57)}`, '   end'])
})

t.test('two texts at both ends of a line', async (t) => {
  t.strictSame(between(plain, 'abc', 'de'), [' '.repeat(55), 'de'])
  t.strictSame(between(plain, 'a'.repeat(58), 'de'), [`\n${' '.repeat(58)}`, 'de'])
})
