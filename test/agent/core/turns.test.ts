import t from 'tap'
import { turnsAfter } from '../../../agent/core/turns.ts'

const hour = 3_600_000
const at = (text: string) => Date.parse(text)
const night = { days: [0, 1, 2, 3, 4, 5, 6], from: 22 * hour, to: 7 * hour, zone: 'UTC' }

t.test('when what comes and goes by the clock is over', async (t) => {
  const now = at('2026-11-30T23:00Z')
  const nothing = { quiet: [], maintenance: [], sinks: [{ name: 'ops' }] }
  t.strictSame(turnsAfter(nothing, now), [])
  const quiet = [{ ...night, passes: 'critical' as const }]
  t.strictSame(turnsAfter({ ...nothing, quiet }, now), [at('2026-12-01T07:00Z')])
  const other = [{ ...night, passes: 'critical' as const, sinks: ['phone'] }]
  t.strictSame(turnsAfter({ ...nothing, quiet: other }, now), [], 'of another sink')
  t.strictSame(turnsAfter({ ...nothing, quiet }, at('2026-11-30T12:00Z')), [], 'not now')
  const weekly = { weekday: 1, at: 9 * hour, zone: 'UTC' }
  t.strictSame(turnsAfter({ ...nothing, sinks: [{ name: 'ops', weekly }] }, now), [at('2026-12-07T09:00Z')])
  t.ok(
    turnsAfter({ ...nothing, maintenance: [{ ...night, what: 'all' }] }, now).includes(
      at('2026-12-01T07:00Z'),
    ),
  )
})
