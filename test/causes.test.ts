import t from 'tap'
import { allRules } from '../agent/cli/commands/explain.ts'
import { incidents } from '../agent/core/cascade.ts'
import { type Judgements, judgedIn } from '../agent/core/last-well.ts'
import { type Ledger, step } from '../agent/core/ledger.ts'
import { plan, recordSent } from '../agent/core/plan.ts'
import { rulesOf } from '../agent/core/round.ts'
import type { Incident, NotificationRecord, Observation } from '../agent/model/index.ts'
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
/** A sink that hears of every look: the kind and the root of each message. */
function sink() {
  let told: readonly NotificationRecord[] = []
  return (all: readonly Incident[], after: number): readonly string[] => {
    const at = noon + after
    const notices = plan(all, told, { min: 'warning', remind: 0, since: 0 }, 'node1', at)
    for (const it of notices) {
      const changed = recordSent(told, it, '1', at)
      told = [...told.filter((one) => !changed.some((it) => it.incident === one.incident)), ...changed]
    }
    return notices.map((it) => `${it.kind}${'incident' in it ? ` ${it.incident.cause.code}` : ''}`)
  }
}
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

t.test('a kill of another pod rings beside an old storm, and behind one', async (t) => {
  const [look, hears] = [node(), sink()]
  const kill = (subject: string, after: number): Observation => ({
    code: 'memory.oom-killed',
    subject,
    text: `${subject} was killed.`,
    at: noon + after,
    latest: noon + after,
    evidence: { process: 'app' },
  })
  const storm: Observation = {
    code: 'memory.oom-storm',
    subject: 'node',
    text: '23 kills in 1 min.',
    at: noon + minute,
    evidence: { containers: 'shop/web' },
  }
  hears(look(0), 0)
  const hit = kill('shop/web', minute)
  t.strictSame(hears(look(minute, storm, hit), minute), ['opened memory.oom-storm'])
  const early = kill('default/oomer', 4 * minute)
  t.strictSame(hears(look(4 * minute, storm, hit, early), 4 * minute), ['opened memory.oom-killed'])
  hears(look(12 * minute), 12 * minute)
  const late = kill('default/oomer', 24 * minute)
  const all = look(24 * minute, late)
  t.strictSame(hears(all, 24 * minute), ['opened memory.oom-killed'], 'and not as more of what is over')
  t.strictSame(pairs(all), ['memory.oom-killed <- memory.oom-storm'], "the storm's own")
})

t.test('k3s-killall.sh after certificates that were repaired is of nobody', async (t) => {
  const look = node()
  look(0)
  look(minute, expired())
  look(2 * minute)
  const route: Observation = { code: 'cni.routes-missing', subject: 'node2', text: 'No route.' }
  t.strictSame(pairs(look(22 * minute, route)), [])
  const killall: Observation = { ...restarted(30 * minute), code: 'k3s.killed', text: 'All is gone.' }
  const all = look(30 * minute + 5 * second, route, killall, bridge, overlay)
  t.notMatch(pairs(all), /<- certs/)
  t.ok(pairs(all).includes('cni.bridge-missing <- k3s.killed'))
  t.ok(all.every((it) => it.cause.code === 'certs.expired' || it.since >= noon + 22 * minute))
})

t.test('a host port follows from the flush that took it, not from one that was repaired', async (t) => {
  const [look, hears] = [node(), sink()]
  const flush = (after: number): Observation => ({
    code: 'firewall.flushed',
    subject: 'ipv4 nat',
    text: `68 of 68 rules gone at ${after}.`,
    at: noon + after,
    evidence: { family: 'ipv4', table: 'nat' },
  })
  const port: Observation = {
    code: 'firewall.hostport-rules-missing',
    subject: 'kube-system/ingress',
    text: 'Port 80 leads nowhere.',
    evidence: { family: 'ipv4', table: 'nat', port: '80' },
  }
  hears(look(0), 0)
  hears(look(minute, flush(minute), port), minute)
  hears(look(2 * minute), 2 * minute)
  const all = look(13 * minute, flush(13 * minute), port)
  const its = all.filter(({ affected }) => affected.some((it) => it.code === port.code && !it.resolved))
  t.strictSame(
    its.map(({ cause }) => cause.since),
    [noon + 13 * minute],
  )
  t.ok(hears(all, 13 * minute).includes('opened firewall.flushed'), 'and rings')
})

t.test('rules that flap are as grave as they are now, and no message says they are gone', async (t) => {
  const look = node()
  const rulesGone: Observation = {
    code: 'firewall.flannel-rules-missing',
    subject: 'ipv4',
    text: "Flannel's rules are gone.",
  }
  const flaps = (after: number, ...seen: readonly Observation[]) =>
    look(after, ...seen).filter((it) => it.cause.code === rulesGone.code && it.resolved === undefined)
  const patience = rules[rulesGone.code]?.pendingFor ?? 0
  look(0)
  let now: readonly Incident[] = []
  for (let times = 1; times <= 5; times += 1) {
    const at = times * 8 * minute
    look(at, rulesGone)
    t.match(flaps(at + patience, rulesGone), [{ severity: 'critical' }], `${times}`)
    now = flaps(at + patience + 10 * second)
  }
  t.match(now, [{ severity: 'info', cause: { text: /^Flapping: back 3 times in 1 h, now gone\. / } }])
})

t.test('SSH that is locked out for the moment of `ufw disable` rings nobody', async (t) => {
  const [look, hears] = [node(), sink()]
  const lockout: Observation = { code: 'firewall.lockout', subject: 'ssh', text: 'Port 22 is dropped.' }
  hears(look(0), 0)
  const heard = [430, minute, 20 * minute].flatMap((lasts, times) => {
    const at = (times + 1) * 30 * minute
    return [
      hears(look(at, lockout), at),
      hears(look(at + 430), at + 430),
      hears(look(at + lasts), at + lasts),
    ]
  })
  t.strictSame(heard.flat(), [])
  for (const after of [0, 2, 4])
    hears(look(200 * minute + after * second, lockout), 200 * minute + after * second)
  const at = 200 * minute + 6 * second
  t.strictSame(hears(look(at, lockout), at), ['opened firewall.lockout'], 'but one that lasts does')
})

t.test('a lockout comes before the end of what was open, and before what is milder', async (t) => {
  const [look, hears] = [node(), sink()]
  const risk: Observation = { code: 'firewall.ufw-drift', subject: 'ufw', text: 'Its files differ.' }
  const lockout: Observation = { code: 'firewall.lockout', subject: 'ssh', text: 'Port 22 is dropped.' }
  const kill: Observation = {
    code: 'memory.oom-killed',
    subject: 'a/b',
    text: 'Killed.',
    at: noon + 19 * minute,
  }
  hears(look(0), 0)
  hears(look(minute, risk), minute)
  t.strictSame(hears(look(9 * minute, risk), 9 * minute), ['opened firewall.ufw-drift'])
  look(19 * minute, risk, kill)
  look(20 * minute - 6 * second, risk, kill, lockout)
  t.strictSame(hears(look(20 * minute, kill, lockout), 20 * minute), [
    'opened firewall.lockout',
    'opened memory.oom-killed',
    'resolved firewall.ufw-drift',
  ])
})

t.test('k3s that panics as its link vanishes is said to have crashed, and why', async (t) => {
  const [look, hears] = [node(), sink()]
  const crash = (reason: string): Observation => ({
    code: 'k3s.crashed',
    subject: 'k3s',
    text: 'k3s ended with exit code 2.',
    at: noon + minute + 900,
    evidence: { exit: 2, reason },
  })
  const start = restarted(minute + 6 * second)
  const seen = [overlay, crash('panic: runtime error: index out of range (vxlan_network.go:217)')]
  look(0)
  hears(look(minute, overlay), minute)
  const all = look(minute + 7 * second, ...seen, start)
  t.ok(pairs(all).includes('k3s.crashed <- cni.overlay-missing'))
  t.match(all.find((it) => it.cause.code === overlay.code)?.cause.title, /flannel\.1/)
  const other = node()
  other(0)
  other(minute, overlay)
  const panics = other(minute + 7 * second, overlay, crash('panic: assignment to entry in nil map'), start)
  t.notOk(
    pairs(panics).some((it) => it.startsWith('k3s.crashed')),
    'another panic is not of the link',
  )
})
