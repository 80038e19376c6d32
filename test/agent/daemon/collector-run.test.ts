import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { attentive } from '../../../agent/daemon/attention.ts'
import { CollectorRun, type CollectorRunOptions } from '../../../agent/daemon/collector-run.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { type Collector, collector, HostError, opaque, type Sample } from '../../../agent/model/index.ts'
import { openStore } from '../../../agent/state/store.ts'
import { finding, rule } from '../findings.ts'

const machine = openMachine()
t.teardown(() => machine.close())
const silent = { debug() {}, info() {}, warn() {}, error() {} }
const log: string[] = []
interface Count extends Sample {
  readonly many: number
}
const run = (it: Partial<Collector>, more: Partial<CollectorRunOptions> = {}) => {
  const store = openStore(t.testdir(), 0)
  const stopping = new AbortController()
  const one = new CollectorRun({
    collector: {
      ...opaque(
        collector({
          name: 'count',
          title: 'counts',
          every: '0 0 0 1 1 *',
          timeout: 10_000,
          rules: { 'count.high': rule() },
          settings: {},
          collect: async (_, __, { sample }): Promise<Count> => ({ many: (sample?.many ?? 0) + 1 }),
          assess: () => [],
          summary: () => 'some',
          series: (sample) => ({ many: sample.many }),
        }),
      ),
      ...it,
    },
    config: undefined,
    machine,
    store,
    log: silent,
    now: Date.now,
    stopping: stopping.signal,
    seen: (outcome) => log.push(outcome.error === undefined ? 'seen' : 'blind'),
    ...more,
  })
  t.teardown(async () => {
    stopping.abort()
    await one.stop()
    store.close()
  })
  return { one, store, stopping }
}

t.test('a look remembers what it saw, and the next one has it', async (t) => {
  const { one, store } = run({})
  one.rounds.start()
  await one.looked
  t.match(store.sample('count')?.sample, { many: 1 })
  t.match(one.series('many', 0), [{ value: 1 }])
  one.rounds.wake()
  for (let left = 200; left > 0 && one.outcome?.values?.many !== 2; left -= 1) await sleep(10)
  t.match(store.sample('count')?.sample, { many: 2 })
})

t.test('a look that fails is told, and forgets nothing', async (t) => {
  const collect = async () => {
    throw new HostError('denied', 'reading /x: permission denied')
  }
  const { one, store } = run({ collect })
  store.saveSample('count', { many: 7 } as object, 5, true)
  one.rounds.start()
  await one.looked
  t.equal(log.at(-1), 'blind')
  t.match(store.sample('count')?.sample, { many: 7 })
  t.strictSame(one.deadlines(0), [])
})

t.test('its rounds are counted, and it is late once the next one should long have been over', async (t) => {
  let elapsed = 0
  const { one } = run({ every: '0 0 0 1 1 *', timeout: 10_000 }, { elapsed: () => elapsed })
  t.equal(one.isLate(), false, 'not before the first one: whoever starts takes time')
  one.rounds.start()
  await one.looked
  t.match(one.tally.counts(), { outcomes: { seen: 1, failed: 0 }, times: 1 })
  const due = (one.rounds.next() ?? 0) - Date.now() + 10_000 + 60_000
  elapsed = due - 5000
  t.equal(one.isLate(), false)
  elapsed = due + 5000
  t.equal(one.isLate(), true)
})

t.test('that its rounds come sooner for a while makes none of them late', async (t) => {
  let elapsed = 0
  const { one, store } = run({}, { elapsed: () => elapsed })
  store.saveLedger([finding({ code: 'count.high', since: Date.now() })])
  one.rounds.start()
  await one.looked
  // Over before the next look was due: that does not come any more.
  store.saveLedger([])
  one.rounds.wake()
  for (let left = 200; left > 0 && one.outcome?.values?.many !== 2; left -= 1) await sleep(10)
  await sleep(10)
  t.ok((one.rounds.next() ?? 0) - Date.now() > 10 * attentive)
  elapsed = attentive + 10_000 + 60_000 + 5000
  t.equal(one.isLate(), false)
})

t.test('what is seen after the daemon stopped is nobody’s business', async (t) => {
  const before = log.length
  let go = () => {}
  const waiting = new Promise<void>((resolve) => {
    go = resolve
  })
  const { one, stopping, store } = run({
    collect: async () => {
      await waiting
      return { many: 1 } as object
    },
  })
  one.rounds.start()
  stopping.abort()
  go()
  await one.stop()
  t.equal(log.length, before)
  t.equal(store.sample('count'), undefined)
})

t.test('while something of it is open the next round comes soon', async (t) => {
  const next = async (code: string) => {
    const { one, store } = run({})
    store.saveLedger([finding({ code, since: Date.now() })])
    one.rounds.start()
    await one.looked
    await sleep(10)
    return (one.rounds.next() ?? 0) - Date.now()
  }
  t.ok((await next('count.high')) <= attentive)
  t.ok((await next('other.high')) > 2 * attentive, 'what is open of another does not concern it')
})

t.test('what its last look says cannot wait for the schedule does not', async (t) => {
  const next = async (collector: Partial<Parameters<typeof run>[0]>) => {
    const { one, store } = run(collector)
    store.saveLedger([finding({ code: 'count.high', since: Date.now() })])
    one.rounds.start()
    await one.looked
    await sleep(10)
    return (one.rounds.next() ?? 0) - Date.now()
  }
  t.ok((await next({ soon: () => 3_000 })) <= 3_000)
  const later = await next({ soon: () => 60_000 })
  t.ok(later > 3_000 && later <= attentive, 'and what is open is not put off by it')
  const slow = await next({
    soon: () => 100,
    collect: async () => {
      await sleep(300)
      return { many: 1 } as object
    },
  })
  t.ok(slow > 50, 'one that waits rests as long as that')
})
