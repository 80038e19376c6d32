import t from 'tap'
import { assess } from '../../../collectors/pods/assess.ts'
import type { Pattern } from '../../../collectors/pods/pattern.ts'
import type { PodsSample, Restarting, Said } from '../../../collectors/pods/sample.ts'

const minute = 60_000
const now = Date.parse('2026-11-23T04:00:00Z')
const pattern = (it: Partial<Pattern> & { name: string }): Pattern => ({
  severity: 'warning',
  says: `${it.name} is wrong`,
  find: ['something'],
  fix: [`look into ${it.name} of {namespace}/{pod}/{container}`],
  ...it,
})
const patterns = new Map(
  [
    pattern({
      name: 'grave',
      severity: 'critical',
      avoid: ['Delete it.'],
      urgent: true,
      impact: 'Data is lost.',
      covers: ['mild'],
    }),
    pattern({ name: 'mild' }),
    pattern({ name: 'calm', severity: 'info' }),
    pattern({ name: 'unreachable', severity: 'info', silent: true }),
  ].map((it) => [it.name, it]),
)
const limits = { restarts: 3, window: 30 * minute, hold: 60 * minute, patterns }
const pod = { namespace: 'shop', name: 'web', container: 'app' }
const said = (it: Partial<Said> & { pattern: string }): Said => ({
  pod,
  lines: 1,
  first: now - 5 * minute,
  last: now - 5 * minute,
  excerpt: 'a line',
  ...it,
})
const restarting = (it: Partial<Restarting> = {}): Restarting => ({
  pod,
  restarts: 3,
  times: [now - 3 * minute, now - 2 * minute, now - minute],
  ...it,
})
const judge = (it: Partial<PodsSample>) =>
  assess({ places: {}, restarting: [], said: [], ...it }, limits, now)
const codes = (it: Partial<PodsSample>) => judge(it).map(({ code, subject }) => `${code} ${subject}`)

t.test('a loop: so often within the window, or down after so many in all', async (t) => {
  const loops = (it: Partial<Restarting>) => judge({ restarting: [restarting(it)] }).length === 1
  t.ok(loops({}))
  t.notOk(loops({ times: [now - 30 * minute, now - 2 * minute, now - minute] }), 'one is a window ago')
  t.ok(loops({ times: [now - 30 * minute + 1, now - 2 * minute, now - minute] }))
  t.ok(loops({ times: [], down: true }), 'somebody looks for the first time')
  t.notOk(loops({ times: [], down: true, restarts: 2 }))
  t.notOk(loops({ times: [], restarts: 99 }), 'long ago, and it runs')
})

t.test('a log says it for as long as it is held, in its own words', async (t) => {
  const one = said({ pattern: 'mild', lines: 2, first: now - 60 * minute, last: now - 5 * minute })
  t.strictSame(judge({ said: [one] }), [
    {
      code: 'pods.log-says',
      subject: 'shop/web/app mild',
      severity: 'warning',
      text: 'mild is wrong: "a line" (2 lines since 03:00, last 03:55 UTC).',
      fix: ['look into mild of shop/web/app'],
      pod,
      at: now - 60 * minute,
      wellAt: now - 60 * minute,
      latest: now - 5 * minute,
      evidence: { pattern: 'mild', lines: 2, last: '2026-11-23T03:55:00.000Z' },
    },
  ])
  t.strictSame(codes({ said: [{ ...one, last: now - 60 * minute }] }), ['pods.log-says shop/web/app mild'])
  t.strictSame(codes({ said: [{ ...one, last: now - 60 * minute - 1 }] }), [])
  t.strictSame(codes({ said: [said({ pattern: 'gone-from-the-settings' })] }), [])
})

t.test('who says more of the same container speaks alone', async (t) => {
  const grave = said({ pattern: 'grave' })
  t.strictSame(codes({ said: [said({ pattern: 'mild' }), grave] }), ['pods.log-says shop/web/app grave'])
  const other = { ...pod, container: 'db' }
  t.strictSame(codes({ said: [said({ pattern: 'mild', pod: other }), grave] }), [
    'pods.log-says shop/web/db mild',
    'pods.log-says shop/web/app grave',
  ])
  t.match(judge({ said: [grave] }), [
    { severity: 'critical', impact: 'Data is lost.', avoid: ['Delete it.'], urgent: true },
  ])
})

t.test('a loop tells why by the gravest that its own log says', async (t) => {
  const [loop] = judge({
    restarting: [restarting()],
    said: [
      said({ pattern: 'calm' }),
      said({ pattern: 'grave' }),
      said({ pattern: 'mild', pod: { ...pod, name: 'other' } }),
    ],
  })
  t.match(loop, {
    code: 'pods.crash-looping',
    severity: 'critical',
    text: /^Restarted 3 times in the last 30 min \(3 in all\), last at 03:59 UTC\. Its log: grave is wrong\.$/,
    fix: ['look into grave of shop/web/app'],
    avoid: ['Delete it.'],
    urgent: true,
    at: now - 3 * minute,
    evidence: { restarts: 3, 'in the window': 3, 'log says': 'grave' },
  })
  const [calm] = judge({ restarting: [restarting()], said: [said({ pattern: 'calm' })] })
  t.match(calm, { text: /Its log: calm is wrong/, fix: [/logs web -c app --previous/, /describe pod web/] })
  t.equal(calm?.severity, undefined, 'what is only information makes nothing graver')
})

t.test('what its log says is evidence, also where it is no finding by itself', async (t) => {
  const excerpt = 'dial tcp 10.43.0.1:443: connect: connection refused'
  const its = [
    said({ pattern: 'unreachable', excerpt }),
    said({ pattern: 'mild', excerpt: 'at 192.0.2.1:80' }),
  ]
  t.strictSame(codes({ said: its }), ['pods.log-says shop/web/app mild'])
  const [loop] = judge({ restarting: [restarting()], said: its })
  t.match(loop?.evidence, { 'log says': 'mild', says: 'mild unreachable', address: '10.43.0.1:443' })
  const [alone] = judge({ restarting: [restarting()], said: its.slice(0, 1) })
  t.match(alone, { text: /Its log: unreachable is wrong\.$/, fix: [/--previous/, /describe/] })
  const [other] = judge({ restarting: [restarting()], said: its.slice(1) })
  t.notOk(other?.evidence?.address, 'an address that another line names is none that was not reached')
  t.notOk(judge({ restarting: [restarting()] })[0]?.evidence?.says)
})

t.test('what happens again is its end, not the start that the kubelet makes minutes later', async (t) => {
  const one = (it: Partial<Restarting>) => judge({ restarting: [restarting(it)] })[0]
  const times = [now - 25 * minute, now - 24 * minute, now]
  t.match(one({ times }), { at: now, wellAt: now, latest: now }, 'how it ended is not known')
  const ended = { code: 1, at: now - 5 * minute }
  t.match(one({ times, ended }), { at: ended.at, wellAt: ended.at, latest: ended.at })
  const down = { code: 1, at: now }
  t.match(one({ ended: down, down: true }), { at: now - 3 * minute, latest: now }, 'ended once more since')
  const old = { code: 1, at: now - 20 * minute }
  t.match(one({ times, ended: old }), { at: now, latest: now }, 'longer ago than the kubelet waits')
})

t.test('a boot starts each container anew, and that is no loop', async (t) => {
  const booted = now - 4 * minute
  const at = (...minutes: readonly number[]) => minutes.map((it) => now - it * minute)
  const loops = (it: Partial<Restarting>, since = booted) =>
    judge({ booted: since, restarting: [restarting(it)] }).length === 1
  const byBoot = now - 3 * minute
  t.notOk(loops({ times: at(25, 24, 3), byBoot }), 'two before it, and its own')
  t.notOk(loops({ times: at(25, 24, 23, 3, 2, 1), byBoot }), 'twice more since')
  t.ok(loops({ times: at(3, 2, 1, 0), byBoot }), 'again and again since')
  t.ok(loops({ times: at(3, 2, 1) }), 'a container that came after it')
  t.ok(loops({ times: at(25, 24, 3), restarts: 3 }, now - 40 * minute), 'before all of them')
  t.ok(loops({ times: at(9, 8, 7) }, now - 20 * minute), 'long after it')
  t.notOk(loops({ times: [], restarts: 9, down: true }), 'ended by the boot, and not yet started')
  t.ok(loops({ times: [], restarts: 9, down: true }, now - 10 * minute))
})

t.test('how grave, and what to do first', async (t) => {
  const one = (it: Partial<Restarting>) => judge({ restarting: [restarting(it)] })[0]
  t.equal(one({})?.severity, undefined, 'as its rule says')
  t.equal(one({ pod: { ...pod, namespace: 'kube-system' } })?.severity, 'critical')
  const killed = one({ ended: { code: 137, reason: 'OOMKilled', at: now - minute }, down: true })
  t.match(killed, {
    text: /Last exit at 03:59 UTC: OOMKilled\. Down now, until the kubelet tries again/,
    fix: [/describe/, /--previous/, /^Raise the memory limit/],
    evidence: {
      'last exit code': 137,
      'last ended': '2026-11-23T03:59:00.000Z',
      reason: 'OOMKilled',
      waiting: true,
    },
  })
  const first = one({ times: [], down: true, restarts: 57 })
  t.match(first?.text, /^Restarted 57 times in all\. Down now/)
  t.equal(first?.at, undefined, 'nobody saw when it began')
  const ended = { code: 143, at: now - 1_000 }
  t.equal(
    one({ times: [now - 20 * minute], restarts: 9, ended, down: true })?.at,
    now - 1_000,
    'a pod that is being deleted: it is down since a second, whatever it did before',
  )
})
