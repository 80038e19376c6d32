import t from 'tap'
import type { Named } from '../../../../collectors/memory/history/victims.ts'
import { isSameBoot, weighed } from '../../../../collectors/memory/history/weigh.ts'
import type { MemorySample } from '../../../../collectors/memory/sample.ts'

const hour = 3600_000
const now = Date.parse('2026-11-23T03:40:00Z')
const account = { boot: 'one', counted: 5, explained: 5, before: 0, lost: 0, floor: 5 }
const before: MemorySample = {
  ...{ cursor: 9, victims: [], recent: [], pods: [] },
  ...{ boot: 'one', account, counters: { a: { counts: { '': 5 } } } },
}
const kill = (podUid: string): Named => ({
  ...{ sequence: 1, uptime: 1, pid: 1, comm: 'x', scope: 'cgroup', at: now, processes: 1, podUid },
})
const look = (counted: number, known: readonly Named[], boot = 'one') =>
  weighed(
    before,
    {
      ...{ boot, known, now, counts: { a: { counts: { '': counted } } } },
      counted: { before: counted, after: counted },
      log: { killed: known.length },
    },
    hour,
  )

t.test('what the log explains is no loss', async (t) => {
  const { balance, unrecorded } = look(6, [kill('a')])
  t.match(balance, { counted: 6, explained: 6, lost: 0 })
  t.strictSame(unrecorded, [])
})

t.test('a kill without a record is its cgroup’s', async (t) => {
  const { balance, unrecorded, counters } = look(7, [kill('a')])
  t.match(balance, { lost: 1, last: now, until: now + hour })
  t.match(unrecorded, [{ of: { uid: 'a' }, kills: 1 }])
  t.strictSame(counters, { a: { counts: { '': 7 } } })
})

t.test('another boot is a beginning: nothing is compared with the one before', async (t) => {
  t.ok(isSameBoot(before, 'one'))
  t.notOk(isSameBoot(before, 'two'))
  t.notOk(isSameBoot(undefined, undefined))
  const { balance, unrecorded } = look(3, [], 'two')
  t.match(balance, { boot: 'two', before: 3, lost: 0 })
  t.strictSame(unrecorded, [])
})
