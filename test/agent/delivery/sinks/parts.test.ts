import t from 'tap'
import { follows, gravestFirst, standing, steps } from '../../../../agent/delivery/sinks/parts.ts'
import { finding, incident, over, since } from '../../../receivers/notices.ts'

t.test('where room ends, what is open and gravest is in it', async (t) => {
  const all = [
    finding({ id: 'over', resolved: since + 1 }),
    finding({ id: 'warning', severity: 'warning' }),
    finding({ id: 'later', since: since + 5 }),
    finding({ id: 'first' }),
  ]
  t.strictSame(
    gravestFirst(all).map(({ id }) => id),
    ['first', 'later', 'warning', 'over'],
  )
  const many = Array.from({ length: 9 }, (_, at) =>
    finding({ id: `${at}`, title: `mild ${at}`, severity: 'warning' }),
  )
  const grave = finding({ id: 'grave', title: 'a grave one', since: since + 9 })
  t.match(follows(incident({ affected: [...many, grave] })), /Also: a grave one \(node\); mild 0/)
})

t.test('how it stands, and no step twice', async (t) => {
  t.equal(standing(incident(), since + 60_000), 'critical, since 03:12 UTC, 1 min')
  t.equal(standing(over(), since), 'was critical, 03:12 UTC to 03:20 UTC, 8 min')
  t.strictSame(steps(incident({ fix: ['a', 'a', '', 'b'] })), ['a', 'b'])
})
