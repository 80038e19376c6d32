import t from 'tap'
import { journalEntry, messageOf } from '../../../collectors/node/journal.ts'

t.test('a line of the journal is an object, and nothing else', async (t) => {
  t.strictSame(journalEntry('{"MESSAGE":"x"}'), { MESSAGE: 'x' })
  for (const other of ['', '-- No entries --', '[]', '[1]', 'null', '5', '"x"', '{'])
    t.equal(journalEntry(other), undefined, other)
})

t.test('a message as text, as bytes, and left out', async (t) => {
  t.equal(messageOf('x'), 'x')
  t.equal(messageOf([98, 195, 164]), 'bä')
  t.equal(messageOf(null), '')
  t.equal(messageOf(undefined), '')
})
