import t from 'tap'
import { severityOfAll } from '../../../agent/model/notice.ts'

t.test('of several, the gravest that is open counts, or of all once all are over', async (t) => {
  const over = { severity: 'critical', resolved: 5 } as const
  t.equal(severityOfAll([{ severity: 'warning' }, { severity: 'info' }, over]), 'warning')
  t.equal(severityOfAll([over, { severity: 'warning', resolved: 6 }]), 'critical')
  t.equal(severityOfAll([]), 'info')
})
