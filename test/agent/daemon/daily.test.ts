import { createTask } from 'node-cron'
import t from 'tap'
import { daily } from '../../../agent/daemon/daily.ts'
import { collectors } from '../../../collectors/index.ts'
import { chances } from '../api/requests.ts'

const chance = chances(7)
const field = (below: number): string => {
  const [a, b] = [chance(below), chance(below)].sort((one, other) => one - other) as [number, number]
  const step = 1 + chance(below - 1)
  const one = () =>
    [`${a}`, `${a}-${b}`, '*', `*/${step}`, ...(a < b ? [`${a}-${b}/${step}`] : [])][chance(5)] ?? `${b}`
  return chance(3) === 0 ? `${one()},${one()}` : one()
}

t.test('it comes when the library says', async (t) => {
  for (let round = 0; round < 300; round += 1) {
    const expression = `${field(60)} ${field(60)} ${field(24)} * * *`
    const next = daily(expression)
    const cron = createTask(expression, () => {})
    const before = Date.now()
    const expected = cron.getNextRuns(3).map((it) => it.getTime())
    // Nobody knows which second the library took for now.
    if (Math.floor(before / 1000) !== Math.floor(Date.now() / 1000)) continue
    const times: (number | undefined)[] = []
    for (let at: number | undefined = before; times.length < 3 && at !== undefined; times.push(at))
      at = next?.(at)
    t.strictSame(times, expected, expression)
  }
})

t.test('the times of all checks are of this kind', async (t) => {
  for (const { name, every } of collectors) t.type(daily(every), 'function', `${name}: ${every}`)
})

t.test('what it does not know it leaves to the library', async (t) => {
  for (const other of [
    '* * * * *',
    '0 0 0 1 * *',
    '0 0 0 * * 1',
    '0 0 0 * jan *',
    '5/10 * * * * *',
    '60 * * * * *',
    '* * 24 * * *',
    '20-10 * * * * *',
    '*/0 * * * * *',
    ', * * * * *',
    'x * * * * *',
    '',
  ])
    t.equal(daily(other), undefined, other)
})

t.test('over the change to and from summer time', async (t) => {
  const { TZ } = process.env
  t.teardown(() => {
    if (TZ === undefined) delete process.env.TZ
    else process.env.TZ = TZ
  })
  process.env.TZ = 'Europe/Berlin'
  const after = (expression: string, from: string) => {
    const next = daily(expression)?.(Date.parse(from))
    return next === undefined ? undefined : new Date(next).toISOString()
  }
  t.equal(after('0 30 * * * *', '2026-03-29T00:45:00Z'), '2026-03-29T01:30:00.000Z', 'an hour is left out')
  t.equal(after('0 30 2 * * *', '2026-03-29T00:00:00Z'), '2026-03-30T00:30:00.000Z', 'and it on that day')
  t.equal(after('0 30 * * * *', '2026-10-25T00:30:00Z'), '2026-10-25T01:30:00.000Z', 'an hour comes twice')
  // Chatham's clocks are set at 2:45.
  process.env.TZ = 'Pacific/Chatham'
  t.equal(after('0 50 3 * * *', '2026-09-26T12:00:00Z'), '2026-09-26T14:05:00.000Z')
  t.equal(after('0 50 2 * * *', '2026-04-04T13:30:00Z'), '2026-04-04T14:05:00.000Z')
})
