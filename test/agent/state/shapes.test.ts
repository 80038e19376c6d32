import t from 'tap'
import {
  findingShape,
  plain,
  type Shape,
  sampleShape,
  silenceShape,
  toldShape,
} from '../../../agent/state/shapes.ts'
import { finding } from '../findings.ts'

const whole: readonly (readonly [string, Shape, Record<string, unknown>, readonly string[]])[] = [
  [
    'finding',
    findingShape,
    {
      ...finding({ code: 'a.b' }),
      avoid: ['Don’t.'],
      urgent: true,
      stage: 3,
      pod: { namespace: 'prod', name: 'db-0', uid: 'u', container: 'c' },
      evidence: { exit: 1, oom: true, comm: 'x', none: null },
      flaps: 4,
      resolved: 7,
    },
    ['avoid', 'urgent', 'stage', 'pod', 'evidence', 'flaps', 'resolved'],
  ],
  [
    'told',
    toldShape,
    {
      incident: 'i',
      severity: 'critical',
      stage: 2,
      findings: ['i'],
      lead: 'i',
      said: '0123456789abcdef',
      at: 5,
      reminded: 5,
      unconfirmed: true,
      receipt: 'm',
      resolved: 9,
    },
    ['stage', 'lead', 'said', 'unconfirmed', 'receipt', 'resolved'],
  ],
  ['silence', silenceShape, { id: 's', what: 'all', since: 1, until: 50, why: 'known' }, ['why']],
]

t.test('every field is needed unless it is optional, and none may be of another type', async (t) => {
  for (const [name, shape, it, optional] of whole) {
    t.equal(shape(it), undefined, name)
    t.equal(shape({ ...it, later: { any: 'thing' } }), undefined, 'a later version may add to it')
    for (const key of Object.keys(it)) {
      const { [key]: _, ...less } = it
      t.equal(shape(less) === undefined, optional.includes(key), `${name} without ${key}`)
      for (const value of [
        null,
        [],
        [[]],
        {},
        Number.NaN,
        Number.POSITIVE_INFINITY,
        1e16,
        false,
        { a: {} },
      ]) {
        const fits =
          ['evidence', 'fix', 'avoid', 'findings'].includes(key) &&
          JSON.stringify(value) === JSON.stringify(key === 'evidence' ? {} : [])
        t.equal(
          shape({ ...it, [key]: value }) === undefined,
          fits,
          `${name}.${key}: ${JSON.stringify(value)}`,
        )
      }
    }
    for (const value of [null, undefined, 7, 'x', [], [it]]) t.ok(shape(value), `${name}: ${value}`)
  }
  t.match(toldShape({ incident: 'i', severity: 'critical' }), /findings is missing/, 'and it says which')
})

t.test('a silence is no longer than anyone may ask for', async (t) => {
  const day = 24 * 3600_000
  const of = (since: number, until: number) => silenceShape({ id: 's', what: 'all', since, until })
  t.equal(of(5, 5 + 30 * day), undefined)
  t.match(of(5, 6 + 30 * day), /out of its range/)
  t.match(of(5, 4), /out of its range/)
})

t.test('JSON that nothing could be made of is refused before anyone tries', async (t) => {
  const deep = (depth: number) => JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`)
  t.equal(plain(deep(50)), undefined)
  t.match(plain(deep(100_000)), /too deep/)
  t.equal(sampleShape({ unseen: [], anything: { at: [1] } }), undefined)
  t.ok(sampleShape({ unseen: [{ what: 'x' }] }))
  t.ok(sampleShape([]))
})
