import t from 'tap'
import { pause } from '../../../agent/delivery/pause.ts'

t.test('it lasts as long as asked, or until it is ended', async (t) => {
  const never = new AbortController()
  const begun = performance.now()
  await pause(20, never.signal)
  t.ok(performance.now() - begun >= 19)
  await pause(0, never.signal)
  await pause(-1, never.signal)
  const bell = new AbortController()
  const long = pause(3_600_000, bell.signal)
  bell.abort()
  t.equal(await long, undefined, 'nothing is thrown')
  t.equal(await pause(3_600_000, bell.signal), undefined)
})
