import t from 'tap'
import { isDue, pace } from '../../../collectors/cluster/pace.ts'

t.test('a pause ends with one round in so many, whenever in it that comes', async (t) => {
  const rounds = Array.from({ length: 60 }, (_, at) => at * pace + 5_000)
  t.equal(rounds.filter((it) => isDue(it, 2 * pace)).length, 30)
  t.equal(rounds.filter((it) => isDue(it, 6 * pace)).length, 10)
})
