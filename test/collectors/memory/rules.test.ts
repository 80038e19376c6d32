import t from 'tap'
import { memory } from '../../../collectors/memory/index.ts'
import { rules } from '../../../collectors/memory/rules.ts'

t.test('rules speak of settings and rules that exist', async (t) => {
  for (const rule of Object.values(rules)) {
    const settings = [...rule.meaning.matchAll(/`(\w+_(?:minutes|percent))`/g)].map(([, it]) => it ?? '')
    for (const it of settings) t.ok(it in memory.settings, it)
  }
  for (const { code } of rules['memory.oom-killed'].because ?? []) t.ok(code in rules, code)
})

t.test('each rule can be acted on', async (t) => {
  for (const [code, rule] of Object.entries(rules)) {
    t.ok(
      rule.fix.some((it) => it.split('`').length === 3),
      `${code} has a command to paste`,
    )
    for (const text of [...rule.fix, rule.impact, rule.meaning, ...(rule.avoid ?? [])])
      t.equal((text.split('`').length - 1) % 2, 0, `backticks come in pairs: ${text.slice(0, 30)}`)
  }
})
