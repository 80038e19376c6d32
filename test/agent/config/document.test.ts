import t from 'tap'
import { LineCounter } from 'yaml'
import { placeIn, readDocument } from '../../../agent/config/document.ts'

const flaws = (text: string) => {
  const read = readDocument(text)
  return 'raw' in read ? [] : read
}
const raw = (text: string) => {
  const read = readDocument(text)
  return 'raw' in read ? read.raw : read
}

t.test('the file as values', async (t) => {
  t.strictSame(raw('a: 1\nb: [x, true]\n'), { a: 1, b: ['x', true] })
  t.strictSame(raw(''), {})
  t.strictSame(raw('# only a comment\n'), {})
  t.strictSame(raw('- a\n'), ['a'], 'what it should be is checked by others')
  t.strictSame(raw('a: &x {b: 1}\nc: *x\n'), { a: { b: 1 }, c: { b: 1 } })
})

t.test('every flaw with its place, in words that quote nothing', async (t) => {
  for (const [text, place, words] of [
    ['a: 1\na: 2\n', [2, 1], 'duplicate key'],
    ['a:\n\t- b\n', [2, 1], 'a tab in the indentation; use spaces'],
    ['a: *S3cret\n', [1, 4], 'undefined alias (*name); quote values that begin with *'],
    ['a: @S3cret\n', [1, 4], 'a value begins with a special character; quote it'],
    ['a: !S3cret x\n', undefined, undefined],
    ['a: "S3cret\n', [2, 1], 'a quote, bracket or comma is missing'],
    ['a: b: S3cret\n', [1, 4], 'a second `: ` in one line; quote the value'],
    [
      'a: "\\S3cret"\n',
      [1, 5],
      'invalid escape in double quotes; write the backslash twice, or use single quotes',
    ],
    ['a: 1\n---\nb: 2\n', [2, 1], 'more than one document; remove the `---`'],
    [
      '{{ S3cret }}: 1\n',
      [1, 2],
      'a mapping or list where a key is expected; quote values that begin with { or [',
    ],
  ] as const) {
    const all = flaws(text)
    t.notMatch(JSON.stringify(all), /S3cret/, text)
    if (words === undefined) continue
    const one = all.find((it) => it.text === words)
    t.strictSame([one?.line, one?.column], place, `${text}: ${JSON.stringify(all)}`)
  }
})

t.test('hostile files: no error, no time, no word on stderr', async (t) => {
  const warned: Error[] = []
  const listen = (it: Error) => void warned.push(it)
  process.on('warning', listen)
  t.strictSame(flaws('x'.repeat(1024 * 1024 + 1)), [{ text: 'larger than 1048576 characters' }])
  t.strictSame(flaws('x'.repeat(1024 * 1024)), [], 'the longest')
  for (const deep of ['[', '{a: ', '- '])
    t.strictSame(flaws(deep.repeat(50_000)), [{ text: 'nested too deeply' }], deep)
  const bomb = `a: &a [x,x,x,x,x,x,x,x,x]\n${[...'bcdefgh'].map((it, at) => `${it}: &${it} [${`*${'abcdefg'[at]},`.repeat(9)}]`).join('\n')}`
  t.strictSame(flaws(bomb), [
    { text: 'too many aliases (*name), or a merge (<<) of something that is no mapping' },
  ])
  t.strictSame(raw('a: !unknown b\n'), { a: 'b' })
  await new Promise((resolve) => setImmediate(resolve))
  process.off('warning', listen)
  t.strictSame(warned, [])
})

t.test('places are counted from 1', async (t) => {
  const lines = new LineCounter()
  lines.addNewLine(0)
  lines.addNewLine(5)
  t.strictSame(placeIn(lines, 0), { line: 1, column: 1 })
  t.strictSame(placeIn(lines, 7), { line: 2, column: 3 })
})
