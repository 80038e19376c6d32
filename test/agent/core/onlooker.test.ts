import t from 'tap'
import { onlooker } from '../../../agent/core/onlooker.ts'
import { rulesOf } from '../../../agent/core/round.ts'
import { collector, type Host, opaque, type Sample } from '../../../agent/model/index.ts'
import { machine } from '../../collectors/node/machine.ts'
import { rule } from '../findings.ts'

interface Count extends Sample {
  readonly count: number
  readonly bad: readonly string[]
}

const minute = 60_000
const one = (name: string) =>
  opaque(
    collector({
      ...{ name, title: name, every: '* * * * * *', timeout: 1000, settings: {} },
      rules: { [`${name}.bad`]: rule({ severity: 'critical', pendingFor: minute }) },
      collect: async (host, _, past): Promise<Count> => ({
        count: ((past.sample as Count | undefined)?.count ?? 0) + 1,
        bad: (await host.text('/bad')).split('\n').filter(Boolean),
      }),
      assess: ({ bad }) =>
        bad.map((subject) => ({ code: `${name}.bad`, subject, text: `${subject} is bad.` })),
      summary: ({ count }) => `${count}`,
      series: ({ count }) => ({ count }),
    }),
  )
const collectors = [one('a'), one('b')]
const at = (t: Parameters<typeof machine>[0], now: number, bad = ''): Host => ({
  ...machine(t, { '/bad': bad }),
  now: () => now,
})
const begun = () =>
  onlooker({
    ...{ collectors, rules: Object.assign({}, ...collectors.map(rulesOf)), settingsOf: () => ({}) },
    ...{ node: 'n', since: 0, min: 'warning', remind: 0 },
  })

t.test('nothing is told before all have looked, and a finding when its patience is over', async (t) => {
  const it = begun()
  t.strictSame(await it.look('a', at(t, 1000, 'x\n')), [])
  t.equal(it.nextDue(1000), 1000 + minute)
  t.strictSame(it.settle(1000 + minute), [], 'b has not looked')
  await it.look('b', at(t, 1000))
  t.strictSame(it.wanted(1000 + minute), ['a'], 'a round has to confirm it')
  const told = await it.look('a', at(t, 1000 + minute, 'x\n'), [], () => 1010 + minute)
  t.match(told, [{ kind: 'opened', at: 1010 + minute, incident: { cause: { code: 'a.bad', since: 1000 } } }])
  t.strictSame(it.settle(2000 + minute), [], 'once')
  t.match(await it.look('a', at(t, 3 * minute)), [{ kind: 'resolved' }])
  t.match(it.lookers(), [{ known: { sample: { count: 3 } } }, { known: { sample: { count: 1 } } }])
  t.equal(it.lookers()[0]?.series('count', 0).length, 3)
})

t.test('a round that fails leaves what was known, and is told as blindness', async (t) => {
  const it = begun()
  await it.look('a', at(t, 1000))
  await it.look('b', at(t, 1000))
  const blind = { ...at(t, 2000), text: async () => Promise.reject(new Error('no')) }
  await it.look('a', blind)
  t.match(it.ledger(), [{ code: 'a.blind' }])
  t.match(it.lookers()[0]?.known, { at: 1000 })
  await t.rejects(it.look('c', blind), /no collector c/)
})
