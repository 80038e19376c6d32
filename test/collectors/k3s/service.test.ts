import t from 'tap'
import type { K3sSample, UnitState } from '../../../collectors/k3s/sample.ts'
import { down, restarting } from '../../../collectors/k3s/service.ts'
import { minute, noon, server, startedAt, stopped } from './samples.ts'

const unit = (it: Partial<UnitState>): UnitState => ({
  ...{ active: 'inactive', sub: 'dead', restarts: 0, result: 'success', status: 0, enabled: true },
  ...it,
})

t.test('what ended by itself is told, with why', async (t) => {
  const it = stopped(noon, { unit: unit({ active: 'failed', result: 'start-limit-hit', status: 1 }) })
  t.match(down(it, 15, noon), [
    {
      code: 'k3s.down',
      subject: 'k3s',
      at: noon,
      text: /failed at 2026-11-23 12:00:00 UTC \(start limit hit: systemd gave up\)\. 3 containers still running\./,
    },
  ])
  t.match(down(it, 15, noon)[0]?.fix, [/journalctl -u k3s/, /systemctl start k3s/])
  t.notOk(down(it, 15, noon)[0]?.severity, 'critical, as the rule says')
})

t.test('what was stopped by hand gets its time, and is a warning then', async (t) => {
  const it = stopped(noon, { unit: unit({}), tasks: { count: 0, some: [] } })
  t.match(down(it, 15, noon + 14 * minute), [{ severity: 'info' }], 'until then it only explains')
  t.match(down(it, 15, noon + 15 * minute), [
    {
      severity: 'warning',
      text: /was stopped at .* and has not been started since\. No container is running\./,
    },
  ])
  t.match(down(it, 60, noon + 15 * minute), [{ severity: 'info' }], 'as long as the settings say')
  t.strictSame(
    down(stopped(noon, { unit: unit({ enabled: false }) }), 15, noon + 99 * minute),
    [],
    'and disabled: meant',
  )
})

t.test('what was stopped by hand and left with an error was stopped all the same', async (t) => {
  const left = unit({ active: 'failed', result: 'exit-code', status: 1 })
  const always = { ...(server().k3s as NonNullable<K3sSample['k3s']>), always: true as const }
  const it = stopped(noon, { unit: left, k3s: always })
  t.match(down(it, 15, noon + minute), [
    { severity: 'info', text: /was stopped at .* \(exit code 1\) and/, evidence: { state: 'inactive' } },
  ])
  t.match(down(stopped(noon, { unit: left }), 15, noon), [{ severity: undefined, text: /failed at/ }])
  const restarts = [0, 1].map((count) => ({ at: noon - minute, count }))
  t.match(down({ ...it, restarts }, 15, noon), [{ text: /failed at/ }], 'systemd has given up')
  const limit = { ...left, result: 'start-limit-hit' }
  t.match(down({ ...it, unit: limit }, 15, noon), [{ text: /failed at/ }])
  t.match(down({ ...it, unit: { ...left, result: 'resources' } }, 15, noon), [{ text: /failed at/ }])
})

t.test('between two tries it is not down; a start that takes for ever is', async (t) => {
  const it = stopped(noon, { unit: unit({ active: 'activating', sub: 'auto-restart' }) })
  t.match(down(it, 15, noon + minute), [{ starting: true }])
  t.match(down(it, 15, noon + 3 * minute), [{ text: /systemd is starting it \(auto-restart\)/ }])
})

t.test('root runs something of its name elsewhere: then only systemd can say that it is down', async (t) => {
  const lost = stopped(noon, { unit: null, doubted: true })
  t.strictSame(down(lost, 15, noon + 99 * minute), [])
  t.equal(down({ ...lost, unit: unit({ active: 'failed' }) }, 15, noon + 99 * minute).length, 1)
  t.equal(down({ ...lost, unit: unit({}) }, 15, noon + 99 * minute).length, 1)
})

t.test('without systemd: what was seen, or would start, is missed', async (t) => {
  const { seen: _, ...fresh } = stopped(noon, { unit: null })
  t.strictSame(down(fresh, 15, noon + 99 * minute), [], 'only its files are left')
  t.equal(down({ ...fresh, enabled: true }, 15, noon + 15 * minute).length, 1)
  t.equal(down({ ...fresh, seen: true }, 15, noon + 15 * minute).length, 1)
  t.strictSame(
    down(stopped(noon, { unit: unit({ active: 'active' }) }), 15, noon + 99 * minute),
    [],
    'systemd sees a process that Murphy does not',
  )
  t.strictSame(down(server(), 15, noon), [])
  t.strictSame(down({}, 15, noon), [])
})

t.test('restarts by systemd itself, and k3s not yet steady', async (t) => {
  const restarts = [
    { at: noon - 90 * minute, count: 2 },
    { at: noon - 4 * minute, count: 3 },
    { at: noon - minute, count: 5 },
  ]
  const state = unit({ active: 'activating', sub: 'auto-restart', result: 'exit-code', status: 1 })
  t.match(restarting(stopped(noon, { restarts, unit: state }), noon), [
    {
      code: 'k3s.restarting',
      at: noon - 4 * minute,
      text: 'k3s was restarted 3 times since 2026-11-23 11:56:00 UTC, last 60 s ago (exit code 1).',
      evidence: { restarts: 3, status: 1 },
    },
  ])
  t.equal(restarting(startedAt(noon - minute, { restarts }), noon).length, 1)
  t.strictSame(
    restarting(startedAt(noon - minute, { restarts }), noon + 4 * minute),
    [],
    'it has got over it',
  )
  t.strictSame(
    restarting(startedAt(noon, { restarts: restarts.slice(0, 2) }), noon),
    [],
    'once is no more than once',
  )
  t.strictSame(
    restarting(startedAt(noon, { unit: null, restarts }), noon),
    [],
    'without systemd three starts may be a person',
  )
  t.strictSame(restarting({}, noon), [])
})
