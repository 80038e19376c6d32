import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { bounded, hostError } from '../../../agent/host/limits.ts'
import { HostError } from '../../../agent/model/index.ts'

const signal = new AbortController().signal
const never = () => new Promise<never>(() => {})
/** What an error of Node looks like. */
const failure = (code: string, message = 'as Node says') => Object.assign(new Error(message), { code })

t.test('what was tried, what came back, and what it is a case of', async (t) => {
  for (const [code, kind, message] of [
    ['ENOENT', 'missing', 'reading /x: there is no such thing (ENOENT)'],
    ['ENOTDIR', 'missing', 'reading /x: there is no such folder (ENOTDIR)'],
    ['EACCES', 'denied', 'reading /x: permission denied; run it as root or as the user murphy (EACCES)'],
    ['EPERM', 'denied', 'reading /x: not permitted; run it as root or as the user murphy (EPERM)'],
    ['ETIMEDOUT', 'timeout', 'reading /x: no answer (ETIMEDOUT)'],
    ['ECONNREFUSED', 'refused', 'reading /x: nothing listens there (ECONNREFUSED)'],
    ['EIO', 'failed', 'reading /x: as Node says'],
    ['toString', 'failed', 'reading /x: as Node says'],
  ] as const) {
    const cause = failure(code)
    t.match(hostError('reading /x', cause), { name: 'HostError', code: kind, message, cause }, code)
  }
  try {
    readFileSync('/no/such/file')
    t.fail('there is none')
  } catch (error) {
    t.match(hostError('reading', error), { code: 'missing' }, 'as Node itself throws it')
  }
})

t.test('what is one already stays as it is; what is no error is one in the end', async (t) => {
  const own = new HostError('too-large', 'reading /y: it is large')
  t.equal(hostError('reading /x', own), own)
  t.match(hostError('reading /x', 'no'), { code: 'failed', message: 'reading /x: no' })
  t.match(hostError('reading /x', new Error('')), { message: 'reading /x: Error' })
  t.match(hostError('reading /x', undefined), { code: 'failed', message: 'reading /x: undefined' })
})

t.test('what comes in time is handed on, also an error', async (t) => {
  t.equal(await bounded(Promise.resolve(7), 1000, signal, 'x'), 7)
  const error = new Error('no')
  await t.rejects(bounded(Promise.reject(error), 1000, signal, 'x'), error)
})

t.test('no longer than its time, no longer than its round', async (t) => {
  // What is waited for here keeps no process alive.
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(alive))
  await t.rejects(bounded(never(), 20, signal, 'asking'), {
    code: 'timeout',
    message: 'asking: no answer within 0.02 s',
  })
  const ending = new AbortController()
  const asked = bounded(never(), 60_000, ending.signal, 'asking')
  ending.abort()
  const over = { code: 'timeout', message: 'asking: given up, because its round was over' } as const
  await t.rejects(asked, over)
  await t.rejects(bounded(Promise.resolve(7), 60_000, ending.signal, 'asking'), over, 'too late is too late')
})

t.test('what is left behind ends nothing when it fails later, and leaves nothing', async (t) => {
  const alive = setInterval(() => {}, 1000)
  t.teardown(() => clearInterval(alive))
  const unhandled: unknown[] = []
  const listen = (it: unknown) => void unhandled.push(it)
  process.on('unhandledRejection', listen)
  const late = Promise.withResolvers<never>()
  await t.rejects(bounded(late.promise, 5, signal, 'x'), { code: 'timeout' })
  const after = Promise.withResolvers<never>()
  await t.rejects(bounded(after.promise, 5, AbortSignal.abort(), 'x'), { code: 'timeout' })
  late.reject(new Error('late'))
  after.reject(new Error('late'))
  await new Promise((resolve) => setTimeout(resolve, 5))
  process.off('unhandledRejection', listen)
  t.strictSame(unhandled, [])
  const round = new AbortController()
  for (let count = 0; count < 20; count += 1) await bounded(Promise.resolve(count), 1000, round.signal, 'x')
  t.equal(EventEmitter.getEventListeners(round.signal, 'abort').length, 1, 'one for all of a round')
})
