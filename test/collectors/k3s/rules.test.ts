import t from 'tap'
import { rules } from '../../../collectors/k3s/rules.ts'

t.test('what people do is information, and only that; a crash is a warning of its own', async (t) => {
  const done = ['k3s.restarted', 'k3s.killed', 'k3s.rebooted', 'k3s.certificates-rotated']
  for (const [code, it] of Object.entries(rules)) {
    t.equal(it.event === true, [...done, 'k3s.crashed'].includes(code), code)
    t.equal(it.severity === 'info', done.includes(code), code)
    if (!it.event) t.ok(it.avoid, `${code}: what makes it worse`)
  }
})
