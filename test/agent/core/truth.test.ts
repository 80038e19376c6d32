import t from 'tap'
import { truthAfter } from '../../../agent/core/truth.ts'
import { rule } from '../findings.ts'

const rules = {
  'a.b': rule({ severity: 'critical' }),
  'agent.sink-failing': rule({}),
  'agent.state-lost': rule({}),
}
const outcome = (...subjects: readonly string[]) => ({
  ...{ collector: 'a', at: 1_000, took: 1, unseen: [], rules: { 'a.b': rules['a.b'] } },
  observations: subjects.map((subject) => ({ code: 'a.b', subject, text: 'bad' })),
})

t.test('a round, time and what Murphy knows of itself make what is true', async (t) => {
  const first = truthAfter({ ledger: [], judgements: new Map() }, outcome('x'), { sinks: [] }, rules, 1_100)
  t.match(first.ledger, [{ code: 'a.b', since: 1_000 }], 'at the time of the round')
  t.match(first.incidents, [{ cause: { code: 'a.b' } }])
  const still = truthAfter(first, undefined, { sinks: [] }, rules, 5_000)
  t.strictSame(still.ledger, first.ledger, 'time alone changes nothing')
  const self = truthAfter(first, outcome(), { sinks: [], stateProblem: 'full' }, rules, 6_000)
  t.match(self.ledger, [
    { code: 'a.b', resolved: 1_000 },
    { code: 'agent.state-lost', since: 6_000 },
  ])
})
