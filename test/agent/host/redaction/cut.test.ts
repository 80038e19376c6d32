import t from 'tap'
import { matching, without } from '../../../../agent/host/redaction/cut.ts'

t.test('rules look at the same text, and overlap', async (t) => {
  const rules = [matching(/(a:)b/g), matching(/(b )c/g)]
  t.equal(without('a:b c', rules), 'a:<removed> <removed>', 'what one takes out is the name for another')
  t.equal(without('none', rules), 'none')
  t.equal(without('', rules), '')
  t.equal(
    without('0123456789', [(_, cut) => cut(2, 6, 2), (_, cut) => cut(4, 8), (_, cut) => cut(9, 9)]),
    '01"<removed>"89',
  )
  t.equal(without('a:b', [(_, cut) => cut(0, 3, 3)]), ' "<removed>"')
})

t.test('the end of a value is looked through for further names', async (t) => {
  const rule = matching(/(x:)\w{1,400}:?/g)
  t.equal(without('x:x:word', [rule]), 'x:<removed>')
  t.equal(without(`x:${'a'.repeat(350)}x:word`, [rule]), 'x:<removed>')
})
