import t from 'tap'
import { typed } from './typed.ts'

const { agent } = typed(t)

t.test('explain', async (t) => {
  t.match(agent('explain').out, /firewall\.flushed/)
  t.match(agent('explain', 'firewall.flushed').out, /What it means[\s\S]*Fix[\s\S]*Don't/)
  t.match(agent('explain', 'flushed'), { exit: 3, err: /did you mean firewall\.flushed/ })
  t.match(agent('explain', 'memory.oom-kiled'), { exit: 3, err: /did you mean memory\.oom-killed\?/ })
  t.match(agent('explain', 'firewall'), { exit: 0, out: /^firewall\.flushed +critical/m })
  t.match(agent('explain', 'toString'), { exit: 3, err: /^agent: there is no finding called toString/ })
})
