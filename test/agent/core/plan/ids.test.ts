import t from 'tap'
import { idOf } from '../../../../agent/core/plan/ids.ts'

t.test('an id is that of its parts, in a form that every service takes', async (t) => {
  t.match(idOf('a', 'b'), /^murphy_[0-9a-f]{32}$/)
  t.equal(idOf('a', 'b'), idOf('a', 'b'))
  t.not(idOf('a', 'b'), idOf('ab'))
  t.not(idOf('a', 'b'), idOf('b', 'a'))
})
