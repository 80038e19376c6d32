import t from 'tap'
import { gathering, longestGathering } from '../../../../agent/core/plan/groups.ts'
import type { Finding, Severity } from '../../../../agent/model/index.ts'
import { finding } from '../../findings.ts'
import { crash, lockout, rings, sinkWith } from './sink.ts'

const second = 1000
const minute = 60 * second
const at = (now: number, all: readonly Finding[]) => all.filter((it) => it.since <= now)

t.test('what happened while nobody looked is one message, also with what is of another kind', async (t) => {
  const firstLook = { from: 1000, to: 3000 }
  const kills = Array.from({ length: 14 }, (_, count) => crash(2000, `web-${count}`))
  const it = sinkWith({ firstLook })
  t.strictSame(it.hear(kills, 3000), ['14 opened'])
  t.strictSame(it.hear(kills, 4000), [])

  const mixed = sinkWith({ firstLook, since: 5 })
  const others = [...kills, finding({ code: 'other.1', since: 2500 })]
  t.match(mixed.due(others, 3000), [{ kind: 'several', group: { of: 'away' } }])
  t.strictSame(mixed.hear(others, 3000), ['15 opened'])
  t.match(
    sinkWith({ firstLook, since: 1500 }).due(others, 3000),
    [{ group: { of: 'start' } }],
    'it was never away',
  )
  t.strictSame(sinkWith({ firstLook }).hear(kills.slice(0, 1), 3000), ['opened'], 'one is itself')
})

t.test('what is critical and the only one of its kind is itself, and comes first', async (t) => {
  const it = sinkWith({ firstLook: { from: 1000, to: 3000 } })
  const all = [crash(2000, 'a'), crash(2000, 'b'), lockout(2000)]
  t.match(it.due(all, 3000), [{ kind: 'opened', incident: { severity: 'critical' } }, { kind: 'several' }])
  t.strictSame(it.hear(all, 3000), ['opened', '2 opened'])
  t.strictSame(
    it.hear([...all, finding({ code: 'other.1', since: 3500 })], 3500),
    ['opened'],
    'later is not before',
  )
})

t.test('forty pods that crash-loop within a minute are one message that grows', async (t) => {
  const pods = Array.from({ length: 40 }, (_, count) => crash(minute + count * 1500, `web-${count}`))
  const it = sinkWith()
  const heard: string[] = []
  for (let now = minute; now <= 3 * minute; now += second) heard.push(...it.hear(at(now, pods), now))
  t.equal(heard[0], 'opened', 'the first one is not delayed')
  t.strictSame(rings(heard), ['opened'], heard.join())
  t.equal(heard.at(-1), `40 grew of message ${minute} 0`, 'all in the message of the first')
  t.equal(new Set(it.told().map(({ receipt }) => receipt)).size, 1)
  const [one, ...others] = pods as [Finding, ...Finding[]]
  t.strictSame(it.hear([{ ...one, resolved: 4 * minute }, ...others], 4 * minute), [
    `40 grew of message ${minute} 0`,
  ])
  const over = pods.map((pod) => ({ ...pod, resolved: 4 * minute }))
  t.strictSame(it.hear(over, 5 * minute), [`40 resolved of message ${minute} 0`])
  t.strictSame(it.hear(over, 6 * minute), [])
})

t.test('a restart in the middle neither repeats nor loses', async (t) => {
  const pods = Array.from({ length: 10 }, (_, count) => crash(minute + count * 2000, `web-${count}`))
  const it = sinkWith()
  const heard: string[] = []
  for (let now = minute; now <= 2 * minute; now += second) {
    if (now === minute + 9000) it.restart({ from: now, to: now + 1500 })
    heard.push(...it.hear(at(now, pods), now))
  }
  t.strictSame(rings(heard), ['opened'])
  t.equal(it.told().length, 10)
})

t.test('graver ones ring, and so does what comes later', async (t) => {
  const it = sinkWith({ most: 100 })
  const [a, b] = [crash(1000, 'a'), crash(2000, 'b')]
  const c = crash(3000, 'c', 'critical')
  t.strictSame(it.hear([a], 1000), ['opened'])
  t.strictSame(it.hear([a, b], 2000), ['2 grew of message 1000 0'])
  t.strictSame(it.hear([a, b, c], 3000), ['3 worse'])
  const worse = { ...a, severity: 'critical' as const }
  t.strictSame(
    it.hear([worse, b, c], 4000),
    ['3 grew of message 3000 0'],
    'another of its kind has just rung',
  )
  const late = crash(3001 + gathering, 'late')
  t.strictSame(it.hear([worse, b, c, late], late.since), ['opened'], 'nobody expects it in the old message')
})

t.test('a message does not take in others of its kind without end', async (t) => {
  const it = sinkWith()
  const pods = Array.from({ length: 45 }, (_, count) => crash(count * 20 * second, `web-${count}`))
  const heard: string[] = []
  for (let now = 0; now <= 15 * minute; now += 20 * second) heard.push(...it.hear(at(now, pods), now))
  t.strictSame(rings(heard), ['opened', 'opened'], `a new one after ${longestGathering} ms`)
})

t.test('a cause found later takes over some of them, or all', async (t) => {
  const effect = (subject: string) => finding({ code: 'a.effect', subject, since: 100 })
  const effects = [effect('x'), effect('y')]
  const it = sinkWith()
  t.strictSame(it.hear(effects, 100), ['2 opened'])
  const cause = finding({ code: 'a.cause', since: 150, severity: 'critical' })
  t.strictSame(it.hear([...effects, cause], 200), ['opened', '1 merged of message 100 0'])
  t.strictSame(it.hear([...effects, cause], 300), [])
  const over = [...effects, cause].map((one) => ({ ...one, resolved: 400 }))
  t.strictSame(it.hear(over, 400), ['resolved of message 200 0'])
})

t.test('what may have arrived is sent again as the same, and its end is', async (t) => {
  const it = sinkWith()
  const pods = [crash(1000, 'a'), crash(1000, 'b')]
  const [first] = it.due(pods, 1000)
  t.equal(it.mishear(pods, 1000), '2 opened')
  t.equal(it.due(pods, 2000)[0]?.id, first?.id)
  t.strictSame(it.hear(pods, 3000), ['2 opened'])
  t.strictSame(it.hear(pods, 4000), [])
  const gone = sinkWith()
  gone.mishear(pods, 1000)
  t.strictSame(
    gone.hear(
      pods.map((one) => ({ ...one, resolved: 2000 })),
      2000,
    ),
    ['2 resolved'],
  )
})

t.test('one that comes back is new', async (t) => {
  const it = sinkWith()
  const pods = [crash(1000, 'a'), crash(1000, 'b')]
  it.hear(pods, 1000)
  const over = pods.map((one) => ({ ...one, resolved: 2000 }))
  t.strictSame(it.hear(over, 2000), ['2 resolved of message 1000 0'])
  t.strictSame(it.hear([...over, crash(4 * minute, 'a')], 4 * minute), ['opened'])
})

t.test('a reminder is one for all of them', async (t) => {
  const it = sinkWith({ remind: 24 * 60 * minute })
  const pods = [crash(1000, 'a'), crash(1000, 'b')]
  it.hear(pods, 1000)
  t.strictSame(it.hear(pods, 24 * 60 * minute), [])
  t.strictSame(it.hear(pods, 24 * 60 * minute + 1000), ['2 reminder of message 1000 0'])
  t.strictSame(it.hear(pods, 24 * 60 * minute + 2000), [])
})

t.test('logs that miss the same address within minutes are one message, others are not', async (t) => {
  const missing = (since: number, name: string, address: string) => ({
    ...crash(since, name),
    evidence: { 'log says': 'dns', address },
  })
  const told = (other: Finding) => {
    const it = sinkWith()
    it.hear([missing(1000, 'api', '10.43.0.10:53')], 1000)
    return it.hear([missing(1000, 'api', '10.43.0.10:53'), other], other.since)
  }
  t.strictSame(told(missing(2 * minute, 'cart', '10.43.0.10:53')), ['2 grew of message 1000 0'])
  t.strictSame(told(missing(2 * minute, 'cart', '10.43.7.7:5432')), ['opened'], 'another address')
  t.strictSame(told(crash(2 * minute, 'cart')), ['opened'], 'no address')
  t.strictSame(told(missing(5 * minute, 'cart', '10.43.0.10:53')), ['opened'], 'later')
})

t.test('four pods are killed three times each: what was rung for is not rung for again', async (t) => {
  const kill = (name: string, severity: Severity) =>
    finding({ code: 'memory.oom-killed', subject: `shop/${name}`, since: 70 * second, severity })
  const names = ['a', 'b', 'c', 'd']
  const kills = (critical: number) =>
    names.map((name, which) => kill(name, which < critical ? 'critical' : 'warning'))
  const others = [1, 2].map((which) => finding({ code: `other.${which}`, since: 0, severity: 'critical' }))
  const it = sinkWith()
  t.strictSame(it.hear(others, 0), ['opened', 'opened'])
  t.strictSame(it.hear([...others, ...kills(0)], 70 * second), ['4 opened'])
  const heard = [1, 2, 3, 4].map((count) =>
    it.hear([...others, ...kills(count)], 108 * second + count * 200).map((one) => one.slice(0, 7)),
  )
  t.strictSame(heard, [['4 worse'], ['4 grew '], ['4 grew '], ['4 grew ']])
  const later: string[] = []
  for (let now = 2 * minute; now < 30 * minute; now += 10 * second)
    later.push(...it.hear([...others, ...kills(4)], now))
  t.strictSame(later, [], 'nothing has changed since')
})

t.test('what is critical and could not ring does so once, also for two of a kind', async (t) => {
  const it = sinkWith()
  const others = [1, 2, 3].map((which) => finding({ code: `other.${which}`, since: 0 }))
  it.hear(others, 0)
  const pods = (severity: Severity) => [crash(0, 'a', severity), crash(0, 'b', severity)]
  const rest = finding({ code: 'other.4', since: 0 })
  t.strictSame(rings(it.hear([...others, rest, ...pods('warning')], second)), ['3 opened'])
  const worse = [...others, rest, ...pods('critical')]
  const heard: string[] = []
  for (let now = 2 * second; now < 30 * minute; now += 10 * second) heard.push(...it.hear(worse, now))
  t.strictSame(rings(heard), ['3 worse'], heard.join())
})

t.test('what gets worse later than ten minutes after another of its kind rings', async (t) => {
  const it = sinkWith()
  const [a, b] = [crash(1000, 'a'), crash(1000, 'b')]
  const worse = (one: Finding): Finding => ({ ...one, severity: 'critical' })
  t.strictSame(it.hear([a, b], 1000), ['2 opened'])
  t.strictSame(it.hear([worse(a), b], 2000), ['2 worse'])
  t.strictSame(it.hear([worse(a), worse(b)], 11 * minute), ['2 worse'])
})
