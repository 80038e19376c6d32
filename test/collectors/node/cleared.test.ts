import t from 'tap'
import { rules } from '../../../collectors/k3s/rules.ts'
import { cleared } from '../../../collectors/node/cleared.ts'

t.test('each is an event of k3s, and no mere restart is among them', async (t) => {
  for (const { code } of cleared) t.ok(rules[code].event, code)
  t.notOk(cleared.some((it) => (it.code as string) === 'k3s.restarted'))
})
