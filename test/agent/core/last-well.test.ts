import t from 'tap'
import { type Judgements, judgedIn, lastWell, ofRules } from '../../../agent/core/last-well.ts'
import { step } from '../../../agent/core/ledger.ts'
import { observation, rule } from '../findings.ts'

const rules = { 'a.one': rule(), 'a.two': rule() }
const none: Judgements = new Map()
const look = (more: object = {}) => ({ rules, observations: [], ...more })

t.test('a rule was well when it was last judged, and a new subject with it', async (t) => {
  t.equal(lastWell(none, 'a.one', 'x'), undefined, 'never judged, never well')
  const first = judgedIn(none, look(), 100)
  t.equal(lastWell(first, 'a.one', 'x'), 100)
  t.equal(lastWell(judgedIn(first, look(), 200), 'a.one', 'x'), 200)
})

t.test('what could not be judged keeps its time: the whole rule, or single subjects', async (t) => {
  const first = judgedIn(none, look(), 100)
  const blind = judgedIn(first, look({ kept: [{ code: 'a.one' }] }), 200)
  t.equal(lastWell(blind, 'a.one', 'x'), 100)
  t.equal(lastWell(blind, 'a.two', 'x'), 200)
  const partly = judgedIn(first, look({ kept: [{ code: 'a.one', subjects: ['x'] }] }), 200)
  t.equal(lastWell(partly, 'a.one', 'x'), 100)
  t.equal(lastWell(partly, 'a.one', 'y'), 200)
  const still = judgedIn(partly, look({ kept: [{ code: 'a.one', subjects: ['x'] }] }), 300)
  t.equal(lastWell(still, 'a.one', 'x'), 100, 'as long as it is left out')
  const again = judgedIn(still, look(), 400)
  t.equal(lastWell(again, 'a.one', 'x'), 400)
  t.notOk(again.get('a.one')?.left, 'and nothing is kept of it then')
})

t.test('more subjects than can be kept count as the whole rule', async (t) => {
  const subjects = Array.from({ length: 1_001 }, (_, at) => `${at}`)
  const first = judgedIn(none, look(), 100)
  t.equal(lastWell(judgedIn(first, look({ kept: [{ code: 'a.one', subjects }] }), 200), 'a.one', 'x'), 100)
})

t.test('a rule that is no more is forgotten', async (t) => {
  t.strictSame([...ofRules(judgedIn(none, look(), 1), { 'a.two': rule() }).keys()], ['a.two'])
})

t.test('what is found began after it was last seen well, whatever date it has of itself', async (t) => {
  const judged = judgedIn(none, look(), 100)
  const onset = (at: number | undefined, known = judged, it = rule()) =>
    step(
      [],
      {
        rules: { 'a.one': it },
        observations: [observation({ code: 'a.one', ...(at !== undefined && { at }) })],
      },
      200,
      known,
    )[0]
  t.match(onset(undefined), { since: 200, found: 200, onset: { from: 100, to: 200 } })
  t.match(onset(150), { since: 150, onset: { from: 100, to: 150 } }, 'its date ends the interval')
  t.match(onset(5), { since: 5, onset: { from: 100, to: 200 } }, 'a date before that is only shown')
  t.strictSame(onset(5, none)?.onset, { to: 200 }, 'never seen well: it may have begun at any time')
  t.strictSame(
    onset(150, judged, rule({ event: true }))?.onset,
    { from: 150, to: 150 },
    'an event is a moment',
  )
  t.strictSame(onset(undefined, judgedIn(none, look(), 900))?.onset, { to: 200 }, 'a clock that was set back')
})

t.test('what happens again is told anew: another event, or one after ten quiet minutes', async (t) => {
  const minute = 60_000
  const event = { 'a.one': rule({ event: true }) }
  const seen = (at: number, now: number, ledger: ReturnType<typeof step> = []) =>
    step(ledger, { rules: event, observations: [observation({ code: 'a.one', at })] }, now)
  const one = seen(0, 1000)
  t.equal(seen(0, 2000, one).length, 1, 'the same event')
  t.match(seen(minute, 2 * minute, one), [{ resolved: 2 * minute }, { since: minute, resolved: undefined }])
  const kill = (latest: number, ledger: ReturnType<typeof step> = []) =>
    step(ledger, { rules, observations: [observation({ code: 'a.one', latest })] }, latest)
  const killed = kill(1000)
  t.equal(kill(9 * minute, killed).length, 1, 'goes on')
  t.match(kill(10 * minute + 1000, killed), [{ resolved: 10 * minute + 1000 }, { resolved: undefined }])
})
