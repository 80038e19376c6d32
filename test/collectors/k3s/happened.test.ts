import t from 'tap'
import { whatHappened } from '../../../collectors/k3s/happened.ts'
import type { K3sSample } from '../../../collectors/k3s/sample.ts'
import { minute, noon, server, startedAt, stopped } from './samples.ts'

const looked = noon - minute
const codes = (...it: Parameters<typeof whatHappened>) => whatHappened(...it).map(({ code }) => code)

t.test('nothing happened, or nobody knows what was before', async (t) => {
  t.strictSame(codes(server(), server(), looked, noon), [])
  t.strictSame(codes(undefined, server(), undefined, noon), [])
  t.strictSame(codes({}, server(), looked, noon), [], 'k3s was just installed')
  t.strictSame(codes(server(), stopped(noon), looked, noon), [], 'a stop is told otherwise')
})

t.test('a restart, with its time, its length and the new version', async (t) => {
  const [it, ...more] = whatHappened(
    server(),
    startedAt(noon - 5_000, { version: 'v1.33.2+k3s1' }),
    looked,
    noon,
  )
  t.strictSame(more, [])
  t.match(it, { code: 'k3s.restarted', at: noon - 5_000 })
  t.equal(
    it?.text,
    'k3s was restarted at 2026-11-23 11:59:55 UTC (process 11), after running for 59 min; version v1.33.2+k3s1, before that v1.33.1+k3s1.',
  )
  t.strictSame(
    codes(stopped(noon - minute), startedAt(noon), looked, noon),
    ['k3s.restarted'],
    'after a stop too',
  )
  t.strictSame(
    codes(server(), startedAt(noon - 6 * minute), looked - 20 * minute, noon),
    [],
    'a restart while nobody looked, and long ago, explains nothing new',
  )
})

t.test('a boot is one event, whatever else is new after it', async (t) => {
  const booted = {
    ...startedAt(noon - 5_000),
    boot: 'b',
    booted: noon - 20_000,
    links: {},
    tasks: { count: 0, some: [] },
  }
  const [it, ...more] = whatHappened(server(), booted, looked, noon)
  t.strictSame(more, [])
  t.match(it, {
    code: 'k3s.rebooted',
    at: noon - 20_000,
    text: /^The node booted at .* last saw it before that at 2026-11-23 11:59:00 UTC/,
  })
})

t.test('what happened stays before now when the clock is set back', async (t) => {
  const happened = [{ code: 'k3s.crashed' as const, at: noon + 120 * minute, text: 'k3s crashed.' }]
  t.match(whatHappened(server({ happened }), server(), looked, noon), [{ at: noon }])
  t.strictSame(
    codes(server({ happened: [{ ...happened[0], at: noon } as never] }), server(), looked, noon + 6 * minute),
    [],
  )
})

t.test('a boot ends what happened before it', async (t) => {
  const happened = [{ code: 'k3s.crashed' as const, at: noon - minute, text: 'k3s crashed.' }]
  t.strictSame(codes(server({ happened }), server(), looked, noon), ['k3s.crashed'])
  t.strictSame(codes(server({ happened }), server({ boot: 'b', booted: noon }), looked, noon), [
    'k3s.rebooted',
  ])
})

t.test('a boot by a clock that was wrong is still one, of now', async (t) => {
  const booted = server({ boot: 'boot-2', booted: noon - 90 * 24 * 3600_000 })
  t.match(whatHappened(server(), booted, looked, noon), [{ code: 'k3s.rebooted', at: noon }])
})

t.test('certificates written anew', async (t) => {
  t.match(whatHappened(server(), server({ rotated: noon - 20_000 }), looked, noon), [
    { code: 'k3s.certificates-rotated', at: noon - 20_000 },
  ])
  const { rotated: _, ...unknown } = server()
  t.strictSame(codes(unknown, server(), looked, noon), [])
})

t.test('it is remembered for five minutes, each start by itself', async (t) => {
  const first = startedAt(noon)
  const happened = whatHappened(server(), first, looked, noon)
  const then = { ...first, happened }
  t.equal(whatHappened(then, first, noon, noon + 4 * minute).length, 1)
  t.equal(whatHappened(then, first, noon, noon + 5 * minute).length, 0)
  const again = startedAt(noon + 4 * minute)
  t.match(whatHappened(then, again, noon, noon + 4 * minute), [{ at: noon }, { at: noon + 4 * minute }])
})

const unit = (restarts: number) => ({
  ...(server().unit as NonNullable<K3sSample['unit']>),
  restarts,
})

t.test('a crash is told from a restart', async (t) => {
  const ended = {
    at: noon - 5_000,
    exit: 2,
    result: 'exit-code',
    reason: 'panic: runtime error: index out of range [0] with length 0 (vxlan_network.go:217)',
  }
  const [it, ...more] = whatHappened(server(), startedAt(noon, { unit: unit(1), ended }), looked, noon)
  t.strictSame(more, [], 'and is no restart beside it')
  t.match(it, {
    code: 'k3s.crashed',
    at: noon - 5_000,
    evidence: { exit: 2, result: 'exit-code', reason: /vxlan_network\.go:217/ },
  })
  t.equal(
    it?.text,
    'k3s crashed at 2026-11-23 11:59:55 UTC (exit 2): "panic: runtime error: index out of range [0] with length 0 (vxlan_network.go:217)". systemd started it again 5 s later (process 11).',
  )
  const by = (more: object) =>
    whatHappened(server(), startedAt(noon, { unit: unit(1), ended: { at: noon, ...more } }), looked, noon)[0]
  t.match(by({ signal: 9, result: 'signal' }), { text: /\(signal 9\)\. systemd/, evidence: { signal: 9 } })
  t.match(by({ signal: 9, result: 'oom-kill' }), { text: /\(OOMKilled\)/ })
  t.match(by({ signal: 6, result: 'watchdog' }), { text: /no longer answered systemd/ })
})

t.test('a crash that the journal tells of later', async (t) => {
  const first = startedAt(noon, { unit: unit(1), owed: 1 })
  const [it, ...more] = whatHappened(server(), first, looked, noon)
  t.strictSame(more, [])
  t.match(it, { code: 'k3s.restarted', text: /; the journal did not say how it ended before\.$/ })
  const then = { ...first, happened: [it as NonNullable<typeof it>] }
  t.strictSame(codes(then, first, noon, noon + 10_000), ['k3s.restarted'], 'not yet')
  const { owed: _, ...last } = first
  t.strictSame(codes(then, last, noon, noon + 10_000), ['k3s.restarted'], 'it was asked to end')
  const ended = { at: noon - 5_000, exit: 2 }
  t.match(whatHappened(then, { ...last, ended }, noon, noon + 10_000), [
    {
      code: 'k3s.crashed',
      at: noon - 5_000,
      text: /^k3s crashed at .* \(exit 2\)\. systemd started it again 5 s later/,
    },
    { code: 'k3s.restarted' },
  ])
})

t.test('more starts than looks are counted', async (t) => {
  const ended = { at: noon - 5_000, exit: 1 }
  const crashed = startedAt(noon, { unit: unit(4), ended })
  t.match(whatHappened(server({ unit: unit(1) }), crashed, looked, noon), [
    { code: 'k3s.crashed', text: /^k3s crashed 3 times, last at /, evidence: { starts: 3 } },
  ])
  t.match(whatHappened(server({ unit: unit(7) }), startedAt(noon, { unit: unit(2) }), looked, noon), [
    { code: 'k3s.restarted', text: /, 2 times since the last round\.$/, evidence: { 'by systemd': 2 } },
  ])
})
