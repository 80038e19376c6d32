import t from 'tap'
import { aborted } from '../../../agent/delivery/aborted.ts'

t.test('rejects with the reason, now or later, and says nothing where it lost', async (t) => {
  await t.rejects(aborted(AbortSignal.abort(new Error('over'))), { message: 'over' })
  const stopping = new AbortController()
  const late = aborted(stopping.signal)
  t.equal(await Promise.race([late, Promise.resolve('answer')]), 'answer')
  stopping.abort(new Error('stopped'))
  await t.rejects(late, { message: 'stopped' })
})
