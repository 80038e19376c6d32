import t from 'tap'
import {
  changeIn,
  isMerged,
  isSilent,
  loudness,
  severityIn,
} from '../../../../agent/delivery/sinks/changes.ts'
import type { Notice } from '../../../../agent/model/index.ts'
import { incident, notice, over, since } from '../../../receivers/notices.ts'

const several = (change: 'opened' | 'merged', severity: 'critical' | 'warning'): Notice => ({
  ...{ kind: 'several', change, id: 'm', node: 'node1', at: since },
  ...{ group: { id: 'g', of: 'kind' }, incidents: [incident({ severity })] },
})

t.test('one and several are told alike', async (t) => {
  t.equal(changeIn(several('opened', 'warning')), 'opened')
  t.equal(severityIn(several('opened', 'warning')), 'warning')
  t.ok(isMerged(several('merged', 'critical')))
  t.ok(isMerged(notice('merged')))
  t.ok(isSilent(notice('grew')))
  t.notOk(isSilent(notice('opened')))
})

t.test('how loud', async (t) => {
  t.equal(loudness(notice('opened')), 'alarm')
  t.equal(loudness(notice('reminder', incident({ severity: 'warning' }))), 'notice')
  t.equal(loudness(notice('opened', incident({ severity: 'info' }))), 'calm')
  t.equal(loudness(notice('resolved', over())), 'notice')
  t.equal(loudness(notice('grew')), 'calm')
  t.equal(loudness({ kind: 'test', id: 't', node: 'n', at: 0 }), 'notice')
  t.equal(loudness({ kind: 'digest', id: 't', node: 'n', at: 0, incidents: [] }), 'calm')
})
