import t from 'tap'
import { step, tellFrom } from '../../../agent/core/ledger.ts'
import { blindCode, round, rulesOf } from '../../../agent/core/round.ts'
import { collector, type Host, HostError, unseen } from '../../../agent/model/index.ts'
import { rule } from '../findings.ts'

const host = { now: () => 1000 } as unknown as Host
const eye = (collect: () => Promise<object>, assess: () => never[] = () => []) =>
  collector({
    name: 'things',
    title: 'things',
    every: '0 * * * * *',
    timeout: 1000,
    rules: { 'things.broken': rule(), 'things.bent': rule() },
    settings: {},
    collect,
    assess,
    summary: () => '',
  })

t.test('a round that fails learns nothing, says why and judges nothing else', async (t) => {
  const cause = new HostError('denied', 'reading /x: permission denied')
  const it = await round(
    eye(() => Promise.reject(cause)),
    {},
    host,
    { heard: [] },
  )
  t.match(it.observations, [
    { code: 'things.blind', subject: 'things', text: 'reading /x: permission denied.' },
  ])
  t.strictSame(Object.keys(it.rules), ['things.blind'])
  t.equal(it.error, cause)
  t.notOk(it.sample)
})

t.test('how long it took includes what was waited for, whether it failed or not', async (t) => {
  const waits = async () => {
    const begun = performance.now()
    // A timer may ring up to a millisecond early.
    while (performance.now() - begun < 20) await new Promise((resolve) => setTimeout(resolve, 20))
    return {}
  }
  const { took } = await round(eye(waits), {}, host, { heard: [] })
  t.ok(took >= 20, `${took}`)
  const failed = await round(
    eye(() => waits().then(() => Promise.reject(new HostError('denied', 'no')))),
    {},
    host,
    { heard: [] },
  )
  t.ok(failed.took >= 20, `${failed.took}`)
})

t.test('a judge that throws is a round that failed', async (t) => {
  const it = await round(
    eye(
      async () => ({}),
      () => {
        throw new Error('a mistake')
      },
    ),
    {},
    host,
    { heard: [] },
  )
  t.match(it.observations, [{ code: blindCode('things'), text: 'a mistake.' }])
})

t.test('what could not be seen in part keeps the verdicts that rest on it', async (t) => {
  const partly = [unseen('x', new HostError('timeout', 'x: no answer'), ['things.bent'])]
  const it = await round(
    eye(async () => ({ unseen: partly })),
    {},
    host,
    { heard: [] },
  )
  t.strictSame(it.kept, [{ code: 'things.bent' }])
  t.match(it.observations, [{ code: 'things.blind', text: 'x: no answer.' }])
  t.ok(it.sample)
})

t.test('what a recording does not hold is no blindness', async (t) => {
  const gap = [unseen('x', new HostError('unrecorded', 'x: it was not recorded'))]
  const it = await round(
    eye(async () => ({ unseen: gap })),
    {},
    host,
    { heard: [] },
  )
  t.strictSame(it.observations, [])
  t.strictSame(it.kept, [{ code: 'things.broken' }, { code: 'things.bent' }])
})

t.test('a good round heals blindness', async (t) => {
  const it = await round(
    eye(async () => ({})),
    {},
    host,
    { heard: [] },
  )
  t.ok('things.blind' in it.rules)
  t.strictSame(it.observations, [])
  t.strictSame(Object.keys(rulesOf(eye(async () => ({})))), ['things.broken', 'things.bent', 'things.blind'])
})

t.test(
  'the first rounds on a machine under load, each half a minute until it is given up, ring nobody',
  async (t) => {
    const { rules } = await round(
      eye(async () => {
        throw new HostError('timeout', 'not done within 30 s')
      }),
      {},
      host,
      { heard: [] },
    )
    const code = blindCode('things')
    const observations = [{ code, subject: 'things', text: 'not done within 30 s.' }]
    let ledger = step([], { rules, observations }, 0)
    const looks = (...times: readonly number[]) => {
      for (const at of times) ledger = step(ledger, { rules, observations }, at * 1000)
      return ledger.map((it) => tellFrom(it) <= (times.at(-1) ?? 0) * 1000)
    }
    t.strictSame(looks(40, 80), [false])
    t.strictSame(looks(120), [true])
  },
)

t.test('stumbling over what is remembered is said, and costs the memory alone', async (t) => {
  const it = eye(async () => ({}))
  const picky = {
    ...it,
    collect: async (_host: Host, _settings: object, past: { sample?: object }) => {
      if (past.sample) throw new TypeError('an old shape')
      return {}
    },
  }
  const seen = await round(picky, {}, host, { sample: { unseen: [] }, at: 1, heard: [] })
  t.match(seen.error, { message: 'an old shape' })
  t.ok(seen.sample)
  t.match(seen.observations, [{ code: 'things.blind', text: /remembered\): an old shape/ }])
  t.strictSame(seen.kept, [], 'all else was judged')
})

t.test('no collector outlasts its round, whatever it waits for', async (t) => {
  const controller = new AbortController()
  const over = controller.signal
  setTimeout(() => controller.abort(), 30)
  const seen = await round(
    eye(() => new Promise(() => {})),
    {},
    host,
    { heard: [] },
    over,
  )
  t.match(seen.observations, [{ code: 'things.blind', text: /not done within 1 s, so it was given up/ }])
})

t.test('a collector that cannot say what to watch is blind, and harms nobody', async (t) => {
  const it = {
    ...eye(async () => ({})),
    watch: () => {
      throw new Error('a mistake')
    },
  }
  t.match((await round(it, {}, host, { heard: [] })).observations, [
    { code: 'things.blind', text: 'a mistake.' },
  ])
})
