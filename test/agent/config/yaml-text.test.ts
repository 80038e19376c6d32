import t from 'tap'
import { parse } from 'yaml'
import { yamlText } from '../../../agent/config/yaml-text.ts'

t.test('what is written can be read again, however long or odd it is', async (t) => {
  const value = { a: [1, 'two', null], long: 'word '.repeat(60), odd: 'yes', at: '2026-11-23T03:30:00.000Z' }
  const text = yamlText(value)
  t.strictSame(parse(text), value)
  t.match(text, /\n$/)
  t.ok(
    text.split('\n').some((it) => it.includes(value.long.trim())),
    'nothing is folded',
  )
})
