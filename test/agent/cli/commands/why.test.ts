import t from 'tap'
import { finding } from '../../findings.ts'
import { served } from './served.ts'

t.test('each candidate, and why it was taken or not, from the daemon and from the disk', async (t) => {
  const { agent, store, stop } = await served(t)
  const now = Date.now()
  const killed = finding({
    code: 'k3s.killed',
    title: 'k3s and all its containers were killed',
    severity: 'info',
    since: now - 60_000,
  })
  const early = finding({ code: 'k3s.rebooted', severity: 'info', since: now - 3_600_000 })
  const gone = finding({
    code: 'cni.bridge-missing',
    subject: 'cni0',
    title: 'the pod bridge is gone',
    severity: 'critical',
    since: now - 50_000,
    onset: { from: now - 80_000, to: now - 50_000 },
  })
  store.saveLedger([early, killed, gone])
  for (const from of ['the daemon', 'the disk']) {
    const { exit, out } = await agent('why', 'cni0')
    t.equal(exit, 0)
    t.match(out, /Cause: k3s and all its containers were killed \(10 s earlier/, from)
    t.match(out, /cni\.bridge-missing \(cni0\)\n {4}began between .* when last seen well, and /)
    t.match(out, /- k3s\.killed \(node\), 10 s before: taken/)
    t.match(out, /- k3s\.rebooted \(node\), \d+ min before: no: this was still seen well too long\s+after it/)
    const { out: json } = await agent('why', 'cni.bridge-missing', '--json')
    t.match(JSON.parse(json), { why: { certainty: 'likely', cause: killed.id } })
    stop()
  }
  t.equal((await agent('why', 'cni.bridge-missing/cni0', '-o', 'name')).out.split('\n')[0], 'k3s.killed/node')
  const later = finding({ code: 'certs.clock-unsynchronised', severity: 'info', since: now - 5_000 })
  const over = finding({ code: 'memory.oom-storm', severity: 'critical', since: now - 4_000, resolved: now })
  store.saveLedger([early, killed, gone, later, over])
  t.match((await agent('why')).out, /^cni0|^the pod bridge is gone/, 'the gravest, not the newest')
  store.saveLedger([early, killed, { ...gone, resolved: now - 3_000 }, later, over])
  t.match((await agent('why')).out, /certs\.clock-unsynchronised/, 'what is over comes last')
  const { exit, err } = await agent('why', 'nonsense')
  t.equal(exit, 3)
  t.match(err, /no incident about nonsense; see `agent history`/)
})
