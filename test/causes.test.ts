import t from 'tap'
import { allRules } from '../agent/cli/commands/explain.ts'
import { incidents } from '../agent/core/cascade.ts'
import { type Judgements, judgedIn } from '../agent/core/last-well.ts'
import { type Ledger, step } from '../agent/core/ledger.ts'
import { rulesOf } from '../agent/core/round.ts'
import type { Incident, Observation } from '../agent/model/index.ts'
import { minute, second } from '../agent/text/times.ts'
import { collectors } from '../collectors/index.ts'

/**
 * What real nodes with k3s v1.36.3 were told wrongly, in the order in which it was done there: nobody had scripted it.
 */
const rules = allRules()
const noon = Date.parse('2026-11-29T12:00:00Z')

/** Looks of all collectors at one moment, each told what it sees; what is not named is well. */
function node() {
  let ledger: Ledger = []
  let judged: Judgements = new Map()
  return (after: number, ...seen: readonly Observation[]): readonly Incident[] => {
    const at = noon + after
    for (const it of collectors) {
      const observations = seen.filter(({ code }) => code.startsWith(`${it.name}.`))
      const look = { rules: rulesOf(it), observations }
      ledger = step(ledger, look, at, judged)
      judged = judgedIn(judged, look, at)
    }
    return incidents(ledger, rules, at)
  }
}

const restarted = (after: number): Observation => ({
  code: 'k3s.restarted',
  subject: 'k3s',
  text: 'k3s was restarted.',
  at: noon + after,
})
const bridge: Observation = {
  code: 'cni.bridge-missing',
  subject: 'cni0',
  text: 'The bridge cni0 is gone.',
  evidence: { link: 'cni0' },
}
const overlay: Observation = { code: 'cni.overlay-missing', subject: 'flannel.1', text: 'It is gone.' }
const expired = (more = {}): Observation => ({
  code: 'certs.expired',
  subject: 'k3s server',
  text: 'Expired.',
  at: noon - 24 * 60 * minute,
  ...more,
})
/** What hangs on another incident, by code. */
const pairs = (all: readonly Incident[]) =>
  all.flatMap(({ cause, affected }) => affected.map((it) => `${it.code} <- ${cause.code}`))

t.test('a bridge that was seen well after a restart has another cause', async (t) => {
  const look = node()
  look(0)
  for (let after = 10 * second; after <= minute; after += 10 * second) look(after, restarted(5 * second))
  const all = look(70 * second, restarted(5 * second), bridge)
  t.strictSame(pairs(all), [])
  t.match(all.find((it) => it.cause.code === bridge.code)?.why, { certainty: 'unknown' })
})

t.test('certificates that expired yesterday caused nothing that was over before they came', async (t) => {
  const look = node()
  look(0)
  look(minute, bridge, overlay)
  look(2 * minute)
  t.strictSame(pairs(look(20 * minute, expired())), [])
})

t.test('certificates that were repaired cause nothing later', async (t) => {
  const look = node()
  look(0)
  look(minute, expired())
  look(2 * minute)
  look(21 * minute)
  t.strictSame(pairs(look(22 * minute, overlay)), [])
  const [it] = look(22 * minute, overlay).filter(({ cause }) => cause.code === overlay.code)
  t.equal(it?.since, noon + 22 * minute, 'and what comes then is as old as it is')
})

t.test('a restart that went well three minutes ago has not broken the API', async (t) => {
  const look = node()
  look(0)
  for (let after = 10 * second; after < 3 * minute; after += 10 * second) look(after, restarted(5 * second))
  const api: Observation = {
    code: 'k3s.api-unhealthy',
    subject: 'api',
    text: 'It does not answer.',
    at: noon + 3 * minute,
  }
  t.strictSame(pairs(look(3 * minute, restarted(5 * second), api)), [])
})

t.test('each of nine starts is an event of its own', async (t) => {
  const look = node()
  look(0)
  let all: readonly Incident[] = []
  for (let start = 1; start <= 9; start += 1)
    all = look(start * 5 * minute, { ...restarted(start * 5 * minute), text: `Start ${start}.` })
  const starts = all.flatMap((it) => [it.cause, ...it.affected]).filter((it) => it.code === 'k3s.restarted')
  for (const it of starts)
    t.equal(it.text, `Start ${(it.since - noon) / (5 * minute)}.`, 'none took another over')
  t.ok(starts.length > 1)
  t.strictSame(starts.filter((it) => it.resolved === undefined).length, 1)
})
