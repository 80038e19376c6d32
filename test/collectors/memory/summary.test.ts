import t from 'tap'
import type { MemorySample } from '../../../collectors/memory/sample.ts'
import { summary } from '../../../collectors/memory/summary.ts'

const now = Date.parse('2026-11-23T03:40:30Z')
const calm: MemorySample = {
  cursor: 1,
  victims: [],
  recent: [],
  pods: ['a_b_c'],
  total: 24 * 2 ** 30,
  available: 14.2 * 2 ** 30,
  counted: 3,
}

t.test('one line', async (t) => {
  t.equal(summary(calm, 60, now), 'no OOM kill in the last hour; 14.2 of 24.0 GiB available')
  t.match(summary(calm, 15, now), /^no OOM kill in the last 15 min;/)
  t.equal(
    summary({ cursor: -1, victims: [], recent: [], pods: [] }, 60, now),
    'no OOM kill in the last hour; no pods on this machine',
  )
  const times = { first: now - 60_000, last: now, until: now + 1, comm: 'x', pid: 1 }
  t.equal(
    summary(
      {
        ...calm,
        victims: [
          { subject: 'a', kills: 2, ...times },
          { subject: 'b', kills: 1, ...times },
        ],
      },
      60,
      now,
    ),
    'OOM: 3 kills since 03:39, last 03:40 UTC; 14.2 of 24.0 GiB available',
  )
  t.match(
    summary({ ...calm, unseen: [{ what: 'x', why: 'y', codes: ['memory.oom-killed'] }] }, 60, now),
    /^OOM kills unreadable; the kernel counts 3 since boot;/,
  )
  t.match(
    summary({ ...calm, account: { counted: 3, explained: 0, before: 3, lost: 0, disbelieved: 2 } }, 60, now),
    /; 2 OOM log lines ignored \(not counted by the kernel\);/,
  )
})
