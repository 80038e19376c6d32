import t from 'tap'
import {
  changeIn,
  edited,
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

t.test('one message an incident, edited; what has to ring is a new one, and goes first', async (t) => {
  const letter = (body: string) => ({ method: 'POST' as const, url: 'https://x', headers: {}, body })
  const letters = (it: Notice, exists: boolean) =>
    edited(it, {
      ...{ exists, full: 'full', short: { resolved: 'over', worse: 'below', merged: 'part' } },
      post: (message) => letter(`post ${message}`),
      edit: (message) => letter(`edit ${message}`),
    }).map(({ body }) => body)
  const of = (kind: 'opened' | 'worse' | 'grew' | 'merged' | 'reminder') => notice(kind)
  t.strictSame(letters(of('opened'), false), ['post full'])
  t.strictSame(letters(of('merged'), false), [], 'nobody was told of it')
  t.strictSame(letters(of('grew'), true), ['edit full'])
  t.strictSame(letters(of('worse'), true), ['post full', 'edit below'])
  t.strictSame(letters(of('reminder'), true), ['post full'])
  t.strictSame(letters(of('merged'), true), ['edit part'])
  t.strictSame(letters(notice('resolved', over()), true), ['edit full', 'post over'])
})
