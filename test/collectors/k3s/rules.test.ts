import t from 'tap'
import { rules } from '../../../collectors/k3s/rules.ts'

t.test('events are information, and only they', async (t) => {
  const events = ['k3s.restarted', 'k3s.killed', 'k3s.rebooted', 'k3s.certificates-rotated']
  for (const [code, it] of Object.entries(rules)) {
    t.equal(it.event === true, events.includes(code), code)
    t.equal(it.severity === 'info', events.includes(code), code)
    if (it.severity !== 'info') t.ok(it.avoid, `${code}: what makes it worse`)
  }
})
