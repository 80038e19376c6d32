import { join } from 'node:path'
import t from 'tap'
import { waits } from './waits.ts'

const root = join(import.meta.dirname, '..')

t.test('a test that waits, itself or by what it imports of the tests', (t) => {
  const folder = t.testdir({
    test: {
      'pure.test.ts': "import { a } from './a.ts'\nimport { b } from '../agent/b.ts'\nt.setTimeout(60_000)\n",
      'a.ts': 'export const a = 1\n',
      'probe.test.ts': "await node.sh('sleep 0.1')\n",
      'timer.test.ts': 'await new Promise((go) => setTimeout(go, 10))\n',
      'far.test.ts': "import { c } from './c.ts'\n",
      'c.ts': "import { c } from './far.test.ts'\nimport { d } from './d/e.ts'\n",
      d: { 'e.ts': "import { setTimeout } from 'node:timers/promises'\n" },
      'quotes.test.ts': "const text = `import { f } from './not-there.ts'`\n",
    },
    agent: { 'b.ts': 'setTimeout(work, 10)\n' },
  })
  for (const it of ['probe', 'timer', 'far']) t.ok(waits(folder, `test/${it}.test.ts`), it)
  for (const it of ['pure', 'quotes']) t.notOk(waits(folder, `test/${it}.test.ts`), it)
  t.end()
})

t.test('those of Murphy', (t) => {
  for (const it of [
    ...['real/firewall-truth', 'real/systemd', 'real/cni', 'real/kills', 'agent/delivery/postman'],
    ...['agent/delivery/express', 'agent/daemon/daemon', 'agent/daemon/schedule', 'agent/film/camera'],
  ])
    t.ok(waits(root, `test/${it}.test.ts`), it)
  for (const it of ['agent/core/plan', 'agent/text/times', 'collectors/certs/der'])
    t.notOk(waits(root, `test/${it}.test.ts`), it)
  t.end()
})
