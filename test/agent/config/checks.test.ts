import t from 'tap'
import { group, openChecks } from '../../../agent/config/checks.ts'
import { type Read, readDocument } from '../../../agent/config/document.ts'

const schema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    warn_days: { type: 'integer' },
    below: { type: 'object', properties: { on: { type: 'boolean' } } },
  },
}
const checked = (text: string) => {
  const read = readDocument(text) as Read
  const checks = openChecks('c.yaml', read)
  checks.check(schema, read.raw, [])
  return checks
}

t.test('what a schema refuses is named with its place', async (t) => {
  t.strictSame(checked('warn_days: 3\n').problems, [])
  t.match(checked('warn_days: 3\nbelow:\n  on: perhaps\n').problems, [
    { file: 'c.yaml', line: 3, column: 3, key: 'below.on', text: 'must be true or false' },
  ])
  t.match(checked('warn_day: 3\n').problems, [{ key: 'warn_day', text: /did you mean warn_days/ }])
})

t.test('every flaw is said, not the first few', async (t) => {
  const many = Array.from({ length: 30 }, (_, at) => `x${at}: 1`).join('\n')
  t.equal(checked(many).problems.length, 30)
})

t.test('whoever goes through the file adds what no schema can say', async (t) => {
  const checks = checked('warn_days: 3\n')
  checks.problem(['warn_days'], 'too few')
  t.match(checks.problems, [{ line: 1, key: 'warn_days', text: 'too few' }])
})

t.test('what is no group has no keys', async (t) => {
  for (const it of [undefined, null, 'x', 7, ['a']]) t.strictSame(group(it), {})
  t.strictSame(group({ a: 1 }), { a: 1 })
})
