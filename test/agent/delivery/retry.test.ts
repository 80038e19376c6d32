import t from 'tap'
import {
  backoff,
  longestWait,
  readError,
  readReply,
  rest,
  retryAfter,
  within,
} from '../../../agent/delivery/retry.ts'
import type { Reply } from '../../../agent/model/index.ts'
import { since } from '../../receivers/notices.ts'

const reply = (status: number, headers: Reply['headers'] = {}): Reply => ({ status, headers, body: '' })

t.test('what each status means', async (t) => {
  const outcome = (status: number) => readReply(reply(status), since).outcome
  for (const status of [200, 201, 202, 204]) t.equal(outcome(status), 'accepted', String(status))
  for (const status of [408, 425, 429, 500, 502, 503, 504, 507, 520, 599])
    t.equal(outcome(status), 'again', String(status))
  for (const status of [301, 302, 307, 308, 401, 403, 404, 407, 410, 421, 451])
    t.equal(outcome(status), 'again', `${status}: a gateway says so while what is behind it starts`)
  for (const status of [400, 405, 409, 413, 422, 501]) t.equal(outcome(status), 'refused', String(status))
  t.match(readReply(reply(302), since), { why: /a redirect: give the address/ })
})

t.test('Retry-After, however long, in seconds or as a date by the clock of the server', async (t) => {
  const after = (value: string, more = {}) => retryAfter(reply(429, { 'retry-after': value, ...more }), since)
  t.equal(after('65'), 65_000)
  t.equal(after('0.376'), 376)
  t.equal(after('2285000'), 2_285_000_000)
  t.equal(after(new Date(since + 90_000).toUTCString()), 90_000)
  const date = new Date(since + 3600_000).toUTCString()
  t.equal(after(new Date(since + 3660_000).toUTCString(), { date }), 60_000, 'this clock may be wrong')
  t.equal(after(new Date(since - 90_000).toUTCString()), 0)
  for (const nonsense of ['', 'soon', '-5', '1e9', '9'.repeat(400), `Mon${' '.repeat(1e6)}`, '2026-01-01'])
    t.equal(after(nonsense), undefined, nonsense.slice(0, 20))
  t.match(readReply(reply(503, { 'retry-after': '7200' }), since), { outcome: 'again', wait: 7_200_000 })
})

t.test('rest when the bucket is empty, before being told so', async (t) => {
  const of = (remaining: string, after: string) =>
    rest(reply(200, { 'x-ratelimit-remaining': remaining, 'x-ratelimit-reset-after': after }))
  t.equal(of('0', '1.25'), 1250)
  t.equal(of('1', '1.25'), 0)
  t.equal(of('0', 'x'), 0)
  t.equal(rest(reply(200)), 0)
})

t.test('a time of a server is made one to go by', async (t) => {
  for (const [given, kept] of [
    [0, 0],
    [-1, 0],
    [Number.NaN, 0],
    [Number.NEGATIVE_INFINITY, 0],
    [0.2, 1],
    [1250, 1250],
    [longestWait + 1, longestWait],
    [1e300, longestWait],
    [Number.POSITIVE_INFINITY, longestWait],
  ] as const)
    t.equal(within(given), kept, String(given))
})

t.test('full jitter, from a second to five minutes', async (t) => {
  const most = (tries: number) => backoff(tries, 0.999_999_999)
  t.same([1, 2, 3, 4].map(most), [999, 1999, 3999, 7999])
  t.equal(most(9), 255_999)
  t.equal(most(10), 299_999)
  t.equal(most(100_000), 299_999)
  t.equal(backoff(7, 0), 0)
})

t.test('errors in words, without what they say themselves', async (t) => {
  const why = (error: unknown) => {
    const reading = readError(error)
    return reading.outcome === 'again' ? reading.why : ''
  }
  const of = (code: string, more = {}) => Object.assign(new Error('https://secret/path'), { code, ...more })
  t.equal(why(of('ECONNREFUSED')), 'refused the connection')
  t.equal(why(of('', { errors: [of('ENETUNREACH'), of('ETIMEDOUT')] })), 'cannot be reached: no route')
  t.equal(why(of('X', { cause: of('ENOTFOUND') })), 'has no address: the name was not found')
  t.equal(why(new DOMException('x', 'TimeoutError')), 'did not answer in time')
  t.equal(why(of('UND_ERR_NEW')), 'failed (UND_ERR_NEW)')
  t.equal(why(of('https://secret/path')), 'failed')
  t.equal(why('https://secret/path'), 'failed')
  t.equal(why(undefined), 'failed')
  const endless: { cause?: unknown } = {}
  endless.cause = endless
  t.equal(why(endless), 'failed')
})
