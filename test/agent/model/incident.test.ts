import t from 'tap'
import { leadOf, rootAndOn, titleOf } from '../../../agent/model/index.ts'
import { finding } from '../findings.ts'

const root = finding({ code: 'k3s.restarted', title: 'k3s was restarted', severity: 'info' })
const bridge = finding({
  code: 'cni.bridge',
  title: 'the pod bridge is gone',
  severity: 'critical',
  since: 2,
})
const route = finding({ code: 'cni.route', title: 'a route is gone', since: 1 })

t.test('the root speaks for an incident while it is open, then the gravest that still is', async (t) => {
  t.equal(leadOf({ root, consequences: [route, bridge] }), root)
  const over = { ...root, resolved: 5 }
  t.equal(leadOf({ root: over, consequences: [route, bridge] }), bridge)
  t.equal(leadOf({ root: over, consequences: [route, { ...bridge, resolved: 6 }] }), route)
  t.equal(leadOf({ root: over, consequences: [{ ...bridge, resolved: 6 }], resolved: 6 }), over)
})

t.test('it is called by what is graver than its root, and by what is open before what is over', async (t) => {
  t.equal(titleOf({ root, consequences: [] }), 'k3s was restarted')
  t.equal(titleOf({ root, consequences: [route, bridge] }), 'the pod bridge is gone: k3s was restarted')
  t.equal(
    titleOf({ root: { ...root, resolved: 5 }, consequences: [bridge] }),
    'the pod bridge is gone, after: k3s was restarted',
  )
})

t.test('what its root became in further stages is the same thing', async (t) => {
  const soon = finding({ code: 'certs.expiring', title: 'certificates expire', stage: 1, resolved: 5 })
  const expired = finding({ code: 'certs.expired', title: 'certificates have expired', stage: 9, since: 5 })
  t.strictSame(rootAndOn({ root: soon, consequences: [bridge, expired] }), [soon, expired])
  t.equal(titleOf({ root: soon, consequences: [expired] }), 'certificates have expired')
})
