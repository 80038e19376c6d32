import t from 'tap'
import { addressDeadlines, leak, usedUp } from '../../../collectors/cni/leak.ts'
import type { Pool } from '../../../collectors/cni/sample.ts'

const day = 24 * 3600_000
const now = 100 * day
const folder = '/var/lib/cni/networks/cbr0'
const leakedSince = (count: number, at: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, it) => [`10.42.0.${it + 10}`, at]))
/** A node that leaked `each` addresses a day for `days` days. */
const leaking = (days: number, each: number): Pool => ({
  folder,
  size: 253,
  used: 20 + days * each,
  leaked: leakedSince(days * each, now - day),
  course: Array.from({ length: days + 1 }, (_, it) => [now - (days - it) * day, it * each] as const),
})

t.test('two addresses are an accident, three a habit', (t) => {
  const some = (count: number, at = 0): Pool => ({
    folder,
    size: 253,
    used: 20,
    leaked: leakedSince(count, at),
    course: [[0, 0]],
  })
  t.same(leak({ pool: some(2) }, now), [])
  t.same(leak({ pool: some(9, now) }, now), [], 'they may be of pods that are being made')
  t.match(leak({ pool: some(4) }, now), [
    {
      code: 'cni.addresses-leaking',
      subject: folder,
      severity: undefined,
      text: '4 of 253 pod addresses are reserved for pods that no longer exist (10.42.0.10, 10.42.0.11, 10.42.0.12 …); 233 are free.',
      fix: [
        /grep -wF -e 10\.42\.0\.10 /,
        /`cd \/var\/lib\/cni\/networks\/cbr0 && rm 10\.42\.0\.10 10\.42\.0\.11/,
      ],
    },
  ])
  t.same(leak({}, now), [])
  t.end()
})

t.test('nearly all taken is grave', (t) => {
  t.match(leak({ pool: { ...leaking(0, 0), used: 253, leaked: leakedSince(9, 0) } }, now), [
    { severity: 'critical', text: /; none is free\.$/ },
  ])
  t.end()
})

t.test('the day on which it ends', (t) => {
  const pool = leaking(10, 8)
  // 253 - 100 are left, at 8 a day.
  t.match(usedUp(pool, now), { pace: 8, confidence: 'likely' })
  t.equal(Math.round(((usedUp(pool, now)?.at ?? 0) - now) / day), Math.round(153 / 8))
  t.match(leak({ pool }, now)[0]?.text, /At 8\.0 a day none is left about on 1970-04-30\.$/)
  t.match(addressDeadlines({ pool }, now), [{ what: 'pod addresses', confidence: 'likely' }])
  t.match(leak({ pool: leaking(10, 20) }, now), [{ severity: 'critical' }], 'within three days')
  t.match(usedUp(leaking(3, 8), now), { confidence: 'rough' })
  t.end()
})

t.test('silent where there is nothing to say', (t) => {
  t.equal(usedUp(leaking(2, 8), now), undefined, 'too few rises')
  const quick = leaking(10, 8)
  t.equal(
    usedUp({ ...quick, course: quick.course.map(([at, it]) => [now - (now - at) / 100, it]) }, now),
    undefined,
  )
  t.equal(usedUp({ ...quick, course: [...quick.course, [now, 0]] }, now), undefined, 'given back')
  t.same(addressDeadlines({}, now), [])
  t.end()
})

t.test('a leak that has stopped gets slower, not nearer', (t) => {
  const pool = leaking(10, 8)
  const later = now + 100 * day
  t.ok((usedUp(pool, later)?.at ?? 0) - later > (usedUp(pool, now)?.at ?? 0) - now)
  t.end()
})
