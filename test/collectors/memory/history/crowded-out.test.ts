import t from 'tap'
import { crowded, dropped } from '../../../../collectors/memory/history/crowded-out.ts'
import type { Victim } from '../../../../collectors/memory/history/victims.ts'

const hour = 3600_000
const now = Date.parse('2026-11-23T03:40:00Z')
const victim = (subject: string): Victim => ({
  ...{ subject, kills: 1, first: now, last: now, until: now + hour, comm: 'x', pid: 1 },
})

t.test('what was told and is evicted stands for as long as it would have', async (t) => {
  const before = {
    victims: [victim('a/b')],
    leftOut: [{ code: 'memory.oom-killed', subject: 'c/d', until: now + 1 }],
  }
  const second = now / 1000
  const bouts = { 'a/b': [second - 1200, second - 600, second], 'a/once': [second] }
  t.strictSame(dropped(before, [victim('a/b'), victim('c/d'), victim('never/told')], bouts, hour), [
    { code: 'memory.oom-killed', subject: 'a/b', until: now + hour },
    { code: 'memory.oom-killed', subject: 'c/d', until: now + hour },
    { code: 'memory.oom-repeating', subject: 'a/b', until: now + hour },
  ])
  t.strictSame(dropped(undefined, [victim('a/b')], {}, hour), [])
})

t.test('containers that were not judged', async (t) => {
  t.strictSame(crowded(500, []), [])
  t.match(crowded(501, []), [{ codes: ['memory.container-near-limit'], subjects: undefined }])
  t.match(crowded(3, ['a/b/c']), [
    { codes: ['memory.container-near-limit'], subjects: ['a/b/c'], why: /a\/b\/c/ },
  ])
})
