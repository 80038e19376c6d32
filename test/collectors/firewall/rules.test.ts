import t from 'tap'
import { rebuildUfw, rules } from '../../../collectors/firewall/rules.ts'

t.test('every rule says what to do and what not to do', (t) => {
  for (const [code, rule] of Object.entries(rules)) {
    t.ok(rule.fix.length > 0, code)
    t.ok(rule.avoid, code)
    t.notMatch(rule.title, /[.!]$/, code)
    t.equal(
      [...rule.fix, rule.meaning, rule.avoid].join(' ').split('`').length % 2,
      1,
      'backticks come in pairs',
    )
    for (const { code: cause } of rule.because ?? [])
      if (cause.startsWith('firewall.')) t.ok(Object.hasOwn(rules, cause), cause)
  }
  t.notMatch(rebuildUfw, /`/, 'it stands between backticks')
  t.end()
})
