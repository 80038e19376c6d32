import t from 'tap'
import { severities } from '../../../agent/model/index.ts'

t.test('the mildest first: who compares two goes by their places', async (t) => {
  t.strictSame(severities, ['info', 'warning', 'critical'])
})
