import t from 'tap'
import { assess } from '../../../collectors/cluster/assess.ts'
import { at, lost, minute, ready, seen } from './samples.ts'

t.test('what it could not ask about yet waits for three minutes at most', async (t) => {
  const { asked: _, detail: _detail, ...unasked } = lost
  t.equal(seen({ lost: [unasked] })[0]?.starting, true)
  t.equal(seen({ lost: [unasked] }, at + 4 * minute)[0]?.starting, undefined)
  t.equal(seen({ lost: [{ ...unasked, asked: true }] })[0]?.starting, undefined)
})

t.test('what another server notifies of is no finding here, nor is anything on an agent', async (t) => {
  t.strictSame(seen({ lost: [{ ...lost, by: 'server2' }] }), [])
  t.strictSame(assess({ role: 'agent' }, at), [])
})

t.test(
  'a kubelet that lives keeps a finding open from the start, and opens one after three minutes',
  async (t) => {
    const sick = { ...ready, status: 'False', message: 'PLEG is not healthy' }
    const ill = [{ ...lost, detail: { ready: sick, volumes: [], volumeCount: 0 } }]
    t.equal(seen({ lost: ill })[0]?.starting, true)
    const [one] = seen({ lost: ill }, at + 4 * minute)
    t.match(one, {
      starting: undefined,
      severity: 'warning',
      evidence: { state: 'not-ready' },
      text: /its kubelet says: "PLEG is not healthy"\.$/,
    })
  },
)
