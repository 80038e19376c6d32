import t from 'tap'
import { meaningOf, pauseAfter } from '../../../../agent/delivery/kubernetes/answers.ts'

const now = Date.parse('2026-11-23T03:30:00Z')
const reply = (status: number, it: object = {}, headers: Record<string, string> = {}) => ({
  ...{ status, headers },
  body: JSON.stringify({ kind: 'Status', ...it }),
})

t.test('what each answer means', async (t) => {
  const kind = (...it: Parameters<typeof reply>) => meaningOf(reply(...it), now).kind
  t.equal(kind(200), 'done')
  t.equal(kind(201), 'done')
  t.equal(kind(401, { message: 'Unauthorized' }), 'refused')
  t.equal(kind(403, { reason: 'Forbidden' }), 'refused')
  t.equal(kind(404, { reason: 'NotFound' }), 'absent')
  t.equal(kind(409, { reason: 'AlreadyExists' }), 'exists')
  t.equal(kind(409, { reason: 'Conflict' }), 'again')
  for (const it of [301, 400, 405, 415, 422]) t.equal(kind(it), 'invalid', `${it}`)
  for (const it of [500, 502, 503, 504]) t.equal(kind(it), 'again', `${it}`)
  t.match(meaningOf(reply(429, {}, { 'retry-after': '7' }), now), { kind: 'again', wait: 7000 })
  t.match(meaningOf(reply(429, {}, { 'retry-after': '999999' }), now), { wait: 3600_000 }, 'an hour at most')
})

t.test("the server's sentence is shown, clean and bounded", async (t) => {
  const message = `nodes "node2" is forbidden: node "node1" is not allowed to modify node "node2"`
  t.match(meaningOf(reply(403, { message }), now), { why: `the API answered 403: ${message}` })
  const evil = { message: `\u001b[31m\n${'x'.repeat(9000)}` }
  const it = meaningOf(reply(403, evil), now)
  t.ok('why' in it && it.why.length <= 300)
  t.notMatch(it, { why: /[\u0000-\u001f]/ })
  for (const body of ['', 'null', '7', '[]', '<html>'])
    t.equal(meaningOf({ status: 403, headers: {}, body }, now).kind, 'refused')
})

t.test('pauses grow, end somewhere, and are never short', async (t) => {
  const again = { kind: 'again', why: '' } as const
  const refused = { kind: 'refused', why: '' } as const
  t.equal(pauseAfter(1, again, 0), 2500)
  t.equal(pauseAfter(1, again, 0.999), 4997)
  t.equal(pauseAfter(1000, again, 0.5), 225_000)
  t.equal(pauseAfter(1, refused, 0), 15_000)
  t.equal(pauseAfter(1000, refused, 0.5), 2700_000)
  t.equal(pauseAfter(1, { ...again, wait: 60_000 }, 0), 60_000, 'what the server asks for counts')
  const refusals = Array.from({ length: 24 }, (_, tries) => pauseAfter(tries + 1, refused, 0)).reduce(
    (a, b) => a + b,
    0,
  )
  t.ok(refusals > 8 * 3600_000, 'refused for a third of a day: no more than 24 requests')
})
