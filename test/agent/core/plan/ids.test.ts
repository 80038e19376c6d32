import t from 'tap'
import { idOf, mergedId } from '../../../../agent/core/plan/ids.ts'
import { incident } from '../../../receivers/notices.ts'

t.test('an id is that of its parts, in a form that every service takes', async (t) => {
  t.match(idOf('a', 'b'), /^murphy_[0-9a-f]{32}$/)
  t.equal(idOf('a', 'b'), idOf('a', 'b'))
  t.not(idOf('a', 'b'), idOf('ab'))
  t.not(idOf('a', 'b'), idOf('b', 'a'))
})

t.test('what turns out a second time to be part of another is told by a notice of its own', async (t) => {
  const id = (at: number) => mergedId({ incident: 'a', at }, incident())
  t.equal(id(1), id(1))
  t.not(id(2), id(1))
})
