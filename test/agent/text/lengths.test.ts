import t from 'tap'
import { boundedLines, bytes, jsonBytes, shorten, wholeLines } from '../../../agent/text/lengths.ts'
import { hostile } from '../../receivers/notices.ts'

t.test('cut in the middle, both ends stay', async (t) => {
  t.equal(shorten('abcdefghij', 10), 'abcdefghij')
  t.equal(shorten('abcdefghij', 7), 'abc…hij')
  t.equal(shorten('abcdefghij', 1), '…')
  t.equal(shorten('abcdefghij', 0), '')
})

t.test('half a command does not look like one', async (t) => {
  t.equal(shorten('run `kubectl delete pod abc` now', 20), 'run kubect…d abc now')
})

t.test('never half a surrogate pair', async (t) => {
  for (let limit = 0; limit < 40; limit++) {
    const cut = shorten('🔥'.repeat(30), limit)
    t.ok(cut.isWellFormed(), String(limit))
    t.ok(cut.length <= limit)
  }
})

t.test('by any measure, any text', async (t) => {
  for (const text of Object.values(hostile))
    for (const size of [bytes, jsonBytes, (it: string) => it.length])
      for (const limit of [0, 2, 3, 17, 250, 4096])
        t.ok(size(shorten(text.toWellFormed(), limit, size)) <= limit)
})

t.test('as much as fits is kept', async (t) => {
  t.equal(bytes(shorten('x'.repeat(10_000), 4096, bytes)), 4096)
  t.ok(jsonBytes(shorten('"'.repeat(10_000), 4096, jsonBytes)) >= 4094)
})

t.test('whole lines, and how many did not fit', async (t) => {
  t.equal(boundedLines(['a', 'b'], 100, 10), 'a\nb')
  const many = Array.from({ length: 50 }, (_, index) => `step ${index}`)
  const some = boundedLines(many, 60, 20)
  t.match(some, /^step 0\nstep 1\n.*and \d+ more$/s)
  t.ok(some.length <= 60)
  t.equal(boundedLines(['x'.repeat(50)], 100, 9), 'xxxx…xxxx')
  t.equal(boundedLines([], 10, 10), '')
})

t.test('lines that may not be cut: whole or left out', async (t) => {
  const more = (left: number) => `${left} more`
  t.equal(wholeLines(['aaaa', 'bbbb'], 9, more), 'aaaa\nbbbb')
  t.equal(wholeLines(['aaaa', 'bbbb', 'c'], 10, more), '3 more', 'no room for one and for how many more')
  t.equal(wholeLines(['aaaa', 'bbbb', 'c'], 11, more), 'aaaa\nbbbb\nc')
  t.equal(wholeLines(['aaaa', 'bbbbbbb', 'c'], 11, more), 'aaaa\n2 more')
  t.equal(wholeLines(['x'.repeat(50)], 10, more), '1 more')
  t.equal(wholeLines(['x'.repeat(50)], 3, more), '')
  t.equal(wholeLines([], 0, more), '')
  t.equal(wholeLines(['é', '"'], 100, more, jsonBytes), 'é\n"')
  t.equal(wholeLines(['é"', '"'], 7, more, jsonBytes), '2 more')
})
