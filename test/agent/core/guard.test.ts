import t from 'tap'
import { guarded } from '../../../agent/core/guard.ts'
import { type Collector, type Host, HostError, type Watch } from '../../../agent/model/index.ts'
import { things } from '../small.ts'

const fail = (what: string) => (): never => {
  throw new TypeError(`${what} is not iterable`)
}
const broken: Collector = {
  ...things,
  summary: fail('summary'),
  series: fail('series'),
  deadlines: fail('deadlines'),
  watch: fail('watch'),
}

t.test(
  'a mistake costs what that call was to say, is reported once, and blinds until it is over',
  async (t) => {
    const reports: string[] = []
    const { collector: it, mistakes } = guarded(broken, (text) => reports.push(text))
    const all = () => {
      t.match(it.summary({}, {}, 0), /a fault in Murphy/)
      t.strictSame(it.series?.({}), {})
      t.strictSame(it.deadlines?.({}, {}, 0), [])
      t.strictSame(it.watch?.({}, {}), [])
    }
    all()
    all()
    t.equal(reports.length, 4, 'one report for each')
    t.match(reports[1], /things's series\): series is not iterable/)
    t.equal(mistakes().length, 4)
    t.strictSame(mistakes(), [], 'they were taken')
    all()
    t.match(mistakes()[0], { what: 'things', why: /summary is not iterable/, codes: [] }, 'and come again')
    t.equal(reports.length, 4)
  },
)

t.test('a line that cannot be weighed wakes', async (t) => {
  const watch = () => [{ kind: 'command' as const, argv: ['x'], isRelevant: fail('line') }]
  const { collector: it, mistakes } = guarded({ ...broken, watch }, () => {})
  const [source] = it.watch?.({}, {}) ?? []
  t.equal(source?.kind === 'command' && source.isRelevant('hostile'), true)
  t.match(mistakes(), [{ why: /line is not iterable/ }])
})

const poll = (it: Watch | undefined) => {
  if (it?.kind !== 'poll') throw new Error('no poll')
  return it.ask
}

t.test('a poll that stumbles, at once or later, says nothing, is reported once and blinds', async (t) => {
  const host = {} as Host
  for (const ask of [fail('poll'), async () => fail('poll')()]) {
    const reports: string[] = []
    const watch = () => [{ kind: 'poll' as const, name: 'x', pause: 1, ask }]
    const { collector: it, mistakes, look } = guarded({ ...broken, watch }, (text) => reports.push(text))
    const [source] = it.watch?.({}, {}) ?? []
    for (let times = 0; times < 3; times += 1)
      await t.rejects(poll(source)(host), {
        code: 'failed',
        message: /fault in Murphy/,
      })
    t.match(reports, [/things's poll\): poll is not iterable/])
    look()
    t.match(mistakes(), [{ why: /poll is not iterable/ }], 'also in the look that it woke')
    t.strictSame(mistakes(), [])
  }
  const denied = new HostError('denied', 'not for us')
  const watch = () => [{ kind: 'poll' as const, name: 'x', pause: 1, ask: () => Promise.reject(denied) }]
  const { collector: it, mistakes } = guarded({ ...broken, watch }, () => t.fail('it was no mistake'))
  const [source] = it.watch?.({}, {}) ?? []
  await t.rejects(poll(source)(host), denied)
  t.strictSame(mistakes(), [], 'that the machine does not answer is none')
})

t.test('what a look asks again is forgotten as it begins', async (t) => {
  const { collector: it, mistakes, look } = guarded(broken, () => {})
  it.summary({}, {}, 0)
  look()
  t.strictSame(mistakes(), [])
})

t.test('what works is left as it is', async (t) => {
  const well = { ...broken, summary: () => 'all well', series: () => ({ one: 1 }) }
  const { collector: it, mistakes } = guarded(well, () => t.fail('it was no mistake'))
  t.equal(it.summary({}, {}, 0), 'all well')
  t.strictSame(it.series?.({}), { one: 1 })
  t.strictSame(mistakes(), [])
  const { deadlines: _, ...without } = well
  t.notOk(guarded(without, () => t.fail('it was no mistake')).collector.deadlines)
})
