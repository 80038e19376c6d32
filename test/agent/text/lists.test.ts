import t from 'tap'
import { list, listed, many } from '../../../agent/text/lists.ts'

t.test('one is not two', async (t) => {
  t.strictSame(
    [0, 1, 3].map((it) => many(it, 'kill')),
    ['0 kills', '1 kill', '3 kills'],
  )
  t.strictSame(
    [1, 2].map((it) => many(it, 'record of a kill', 'records of kills')),
    ['1 record of a kill', '2 records of kills'],
  )
})

t.test('names in a sentence', async (t) => {
  t.strictSame([[], ['a'], ['a', 'b'], ['a', 'b', 'c']].map(list), ['', 'a', 'a and b', 'a, b and c'])
  t.equal(listed(['a', 'b', 'c'], 3), 'a, b, c')
  t.equal(listed(['a', 'b', 'c', 'd', 'e', 'f', 'g']), 'a, b, c, d, e and 2 more')
})
