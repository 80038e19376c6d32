import t from 'tap'
import { importsOf } from './sources.ts'

t.test('an import is seen wherever it stands', async (t) => {
  const it = t.testdir({
    agent: {
      'a.ts':
        "import './b.ts'\nimport type { C } from '../c.ts'\nexport * from 'd'\nconst e = import('./e.ts')\n",
    },
  })
  t.strictSame(importsOf(it, 'agent/a.ts'), [
    { name: 'agent/b.ts', typeOnly: false },
    { name: 'c.ts', typeOnly: true },
    { name: 'd', typeOnly: false },
    { name: 'agent/e.ts', typeOnly: false },
  ])
})
