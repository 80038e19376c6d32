import t from 'tap'
import { jsonText } from '../../../agent/cli/json.ts'
import { finding } from '../findings.ts'
import { picture } from '../small.ts'

t.test('moments are ISO 8601, whatever else is a number stays one', async (t) => {
  const it = finding({ code: 'a.b', since: 0, count: 3, evidence: { now: 5, least: 7 } })
  const json = JSON.parse(jsonText({ ...picture, took: 12, incidents: [{ cause: it, affected: [] }] }))
  t.match(json.incidents[0].cause, {
    since: '1970-01-01T00:00:00.000Z',
    count: 3,
    evidence: { now: 5, least: 7 },
  })
  t.equal(json.took, 12)
  t.equal(json.at, new Date(picture.at).toISOString())
})

t.test('whatever a socket answers', async (t) => {
  for (const it of [null, 7, 'x', [], { at: 'x', since: null, next: 1e300 }])
    t.doesNotThrow(() => JSON.parse(jsonText(it)))
})

t.test('it ends with its line', async (t) => {
  t.equal(jsonText({ a: 1 }), '{\n  "a": 1\n}\n')
})
