import t from 'tap'
import { validCron } from '../../../agent/config/cron.ts'

t.test('it knows a cron expression of six fields when it sees one', async (t) => {
  t.ok(validCron('*/30 * * * * *'))
  t.ok(validCron(' 0 */10 * * * * '))
  t.notOk(validCron('*/10 * * * *'), 'five would go by minutes where seconds were meant')
  t.notOk(validCron('daily'))
  t.notOk(validCron('99 * * * * *'))
})
