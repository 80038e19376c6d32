import t from 'tap'
import { whatHappened } from '../../../collectors/k3s/happened.ts'
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
    'k3s was restarted at 2026-11-23 11:59:55 UTC (process 11), after 59 min; it is v1.33.2+k3s1 now and was v1.33.1+k3s1.',
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
    text: /booted at .* last seen at 2026-11-23 11:59:00 UTC/,
  })
})

t.test('a boot by a clock that was wrong is still one, of now', async (t) => {
  const booted = server({ boot: 'boot-2', booted: noon - 90 * 24 * 3600_000 })
  t.match(whatHappened(server(), booted, looked, noon), [{ code: 'k3s.rebooted', at: noon }])
})

t.test('killall: containers and links went at once, whether k3s came back meanwhile or not', async (t) => {
  const gone = { tasks: { count: 0, some: [] }, links: {} }
  t.match(whatHappened(server(), stopped(noon - 10_000, gone), looked, noon), [
    {
      code: 'k3s.killed',
      at: noon - 10_000,
      text: /^All 3 containers and cni0 and flannel\.1 went between .* as `k3s-killall\.sh` does\.$/,
    },
  ])
  const back = { tasks: { count: 2, some: ['d4', 'e5'] }, links: { cni0: 9, 'flannel.1': 8 } }
  t.strictSame(codes(server(), startedAt(noon - 5_000, back), looked, noon), ['k3s.killed', 'k3s.restarted'])
})

t.test('what only looks like killall', async (t) => {
  const none = { count: 0, some: [] }
  t.strictSame(
    codes(server(), stopped(noon, { tasks: none }), looked, noon),
    [],
    'drained and stopped: cni0 stays',
  )
  t.strictSame(codes(server(), server({ tasks: none, links: {} }), looked, noon), [], 'k3s never stopped')
  t.strictSame(
    codes(server(), stopped(noon, { links: {} }), looked, noon),
    [],
    'links deleted by hand: containers run',
  )
  t.strictSame(
    codes(server(), startedAt(noon, { tasks: { count: 3, some: ['a1', 'd4'] } }), looked, noon),
    ['k3s.restarted'],
    'one container outlived it',
  )
})

t.test('certificates written anew', async (t) => {
  t.match(whatHappened(server(), server({ rotated: noon - 20_000 }), looked, noon), [
    { code: 'k3s.certificates-rotated', at: noon - 20_000 },
  ])
  const { rotated: _, ...unknown } = server()
  t.strictSame(codes(unknown, server(), looked, noon), [])
})

t.test('it is remembered for five minutes, the newest of each kind', async (t) => {
  const first = startedAt(noon)
  const happened = whatHappened(server(), first, looked, noon)
  const then = { ...first, happened }
  t.equal(whatHappened(then, first, noon, noon + 4 * minute).length, 1)
  t.equal(whatHappened(then, first, noon, noon + 5 * minute).length, 0)
  const again = startedAt(noon + 4 * minute)
  t.match(whatHappened(then, again, noon, noon + 4 * minute), [{ at: noon + 4 * minute }])
})
