import t from 'tap'
import { incidents } from '../../../../agent/core/cascade.ts'
import type { Finding, Rules } from '../../../../agent/model/index.ts'
import { finding, rule } from '../../findings.ts'

const second = 1000
const minute = 60_000
const rules: Rules = {
  'a.restart': rule({ severity: 'info', event: true }),
  'a.flush': rule({ severity: 'info', event: true }),
  'a.gone': rule({
    severity: 'critical',
    because: [
      { code: 'a.restart', takes: 5 * minute },
      { code: 'a.flush', takes: 5 * minute },
    ],
  }),
  'a.crash': rule({ because: [{ code: 'a.gone', proof: (_, { evidence }) => evidence?.says === 'gone' }] }),
}
const restart = (since: number) =>
  finding({ code: 'a.restart', title: 'k3s was restarted', severity: 'info', since })
const gone = (since: number, from: number | undefined = since - 30 * second) =>
  finding({
    code: 'a.gone',
    severity: 'critical',
    since,
    onset: { ...(from !== undefined && { from }), to: since },
  })
const whyOf = (...ledger: readonly Finding[]) => incidents(ledger, rules, 60 * minute).at(-1)?.why

t.test('likely: nothing else that is known to cause it happened in time', async (t) => {
  t.strictSame(whyOf(restart(10 * minute), gone(10 * minute + 20 * second)), {
    certainty: 'likely',
    cause: `a.restart|node|${10 * minute}`,
    text: 'k3s was restarted (20 s earlier; no other known cause)',
  })
})

t.test('unsure: something else did, or nobody looked', async (t) => {
  const flush = finding({
    code: 'a.flush',
    title: 'the firewall was flushed',
    severity: 'info',
    since: 9 * minute,
  })
  t.match(whyOf(flush, restart(10 * minute), gone(10 * minute + 20 * second)), {
    certainty: 'unsure',
    text: 'k3s was restarted (20 s earlier; also possible: the firewall was flushed)',
  })
  t.match(whyOf(restart(30 * minute), gone(30 * minute + second, 0)), {
    certainty: 'unsure',
    text: 'k3s was restarted (1 s earlier; unsure: last seen well 30 min earlier)',
  })
  const never = { ...gone(30 * minute), onset: { to: 30 * minute } }
  t.match(whyOf(restart(30 * minute), never), { certainty: 'unsure', text: /wrong since the first check/ })
})

t.test('what came in stages is no cause of itself, and is named by the last of them', async (t) => {
  const stages: Rules = {
    'a.near': rule({}),
    'a.over': rule({
      severity: 'critical',
      because: [{ code: 'a.near', takes: 60 * minute, restates: true }],
    }),
    'a.refused': rule({ severity: 'critical', because: [{ code: 'a.over', takes: 60 * minute }] }),
  }
  const at = { subject: 'k3s server', severity: 'critical' } as const
  const near = finding({
    ...at,
    code: 'a.near',
    title: 'ends in 7 s',
    since: minute,
    stage: 4,
    resolved: 2 * minute,
  })
  const over = finding({ ...at, code: 'a.over', title: 'ended', since: 2 * minute, stage: 5 })
  const refused = finding({ ...at, code: 'a.refused', since: 3 * minute })
  const why = (...ledger: readonly Finding[]) => incidents(ledger, stages, 60 * minute).at(-1)?.why
  t.equal(why(near, over), undefined)
  t.match(why(near, { ...over, resolved: 4 * minute }, refused)?.text, /^ended \(60 s earlier; /)
})

t.test('unknown: when it was well, and when it was found', async (t) => {
  t.strictSame(whyOf(gone(Date.UTC(2026, 10, 29, 1, 41, 32))), {
    certainty: 'unknown',
    text: 'unknown: last seen well at 01:41:02 UTC, wrong at 01:41:32 UTC',
  })
})

t.test('of what happened at a known time nothing is said, where nothing is known', async (t) => {
  const at = Date.UTC(2026, 10, 29, 18, 41, 28)
  t.equal(whyOf({ ...gone(at), onset: { from: at, to: at } }), undefined)
})

t.test('proven: the evidence of both matches', async (t) => {
  const root = { ...gone(10 * minute), severity: 'info' as const }
  const crash = finding({ code: 'a.crash', since: 10 * minute, evidence: { says: 'gone' } })
  t.match(whyOf(root, crash), { certainty: 'proven', text: /the evidence matches/ })
})

t.test('none is needed by what is known to have no cause', async (t) => {
  t.equal(whyOf(finding({ code: 'a.flush', severity: 'critical' })), undefined)
})

const counted: Rules = {
  'a.full': rule({ severity: 'warning' }),
  'a.storm': rule({ severity: 'warning', because: [{ code: 'a.full' }] }),
  'a.kill': rule({ because: [{ code: 'a.storm', restates: true, proof: () => true }] }),
  'a.kills': rule({ severity: 'critical', because: [{ code: 'a.kill', same: 'subject', restates: true }] }),
}
const at = (code: string, more: Partial<Finding> = {}) =>
  finding({
    ...{ code, since: 10 * minute, onset: { from: 10 * minute, to: 10 * minute }, severity: 'warning' },
    ...more,
  })

t.test('the same, counted otherwise, is no cause', async (t) => {
  const why = (...ledger: readonly Finding[]) => incidents(ledger, counted, 60 * minute).map((it) => it.why)
  const kills = at('a.kills', { severity: 'critical' })
  t.strictSame(why(at('a.kill'), kills), [undefined], 'a kill does not cause its repetition')
  t.strictSame(why(at('a.storm'), at('a.kill'), kills), [undefined], 'nor a storm its kills')
  t.match(
    why(
      { ...at('a.full', { title: 'node full' }), onset: { to: 10 * minute - 10 * second } },
      at('a.storm'),
      at('a.kill'),
      kills,
    ),
    [{ certainty: 'likely', text: /^node full \(10 s earlier; / }],
    'but what causes the first of them is the cause of all',
  )
  const over = { seen: 11 * minute, resolved: 11 * minute }
  const later = at('a.kills', { since: 12 * minute, onset: { from: 10 * minute, to: 12 * minute } })
  for (const it of why(
    at('a.full', { title: 'node full', ...over }),
    at('a.storm', over),
    at('a.kill', over),
    later,
  ))
    t.notMatch(it?.text, /kill|storm/, 'nor once it is over')
})

t.test('what is said of the first of them is said as the cause of what follows', async (t) => {
  const more: Rules = {
    ...counted,
    'a.down': rule({ severity: 'critical', because: [{ code: 'a.kills' }] }),
  }
  const down = at('a.down', {
    severity: 'critical',
    since: 10 * minute + 5 * second,
    onset: { to: 10 * minute + 5 * second },
  })
  const [one] = incidents(
    [at('a.kill', { title: 'killed' }), at('a.kills', { title: 'killed 3x', severity: 'warning' }), down],
    more,
    60 * minute,
  )
  t.match(one?.why, { text: /^killed \(5 s earlier; / }, 'of equals the first')
})
