import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { Errors } from 'typebox/schema'
import { allRules } from '../agent/cli/commands/explain.ts'
import { validCron } from '../agent/config/cron.ts'
import { defaults } from '../agent/config/defaults.ts'
import { advice } from '../agent/core/cascade/advice.ts'
import { circle } from '../agent/core/cascade.ts'
import { sinks } from '../agent/delivery/sinks/index.ts'
import { recordedNode } from '../agent/host/replay.ts'
import { type Notice, severities } from '../agent/model/index.ts'
import { collectors } from '../collectors/index.ts'
import { finding } from './agent/findings.ts'
import { secret, workingSettings } from './receivers/settings.ts'

/** What every collector and every sink must obey; each line is a promise others rest on. */
const rules = allRules()
const node = (name: string) => recordedNode(join(import.meta.dirname, 'nodes', name))

/** Whoever changes any part of it fails. */
function frozen<T>(it: T): T {
  if (typeof it === 'object' && it !== null) for (const part of Object.values(Object.freeze(it))) frozen(part)
  return it
}

t.test('collectors', async (t) => {
  const names = collectors.map((it) => it.name)
  t.equal(new Set(names).size, names.length, 'each has a name of its own')
  for (const it of collectors)
    t.test(it.name, async (t) => {
      t.ok(validCron(it.every), 'its rhythm is a cron expression')
      t.ok(it.timeout > 0 && it.timeout <= 120_000, 'its rounds end')
      for (const code of Object.keys(it.rules))
        t.ok(code.startsWith(`${it.name}.`), `${code} says whose it is`)
      const settings = defaults(it.settings)
      const schema = { type: 'object', properties: it.settings, additionalProperties: false }
      t.strictSame(Errors(schema as never, settings as never)[1], [], 'its defaults obey its own schema')
      t.equal(it.woken !== undefined, it.watch !== undefined, 'what wakes it is said')
      for (const [key, setting] of Object.entries(it.settings)) {
        t.ok(
          Object.values(it.rules).some((one) => one.settings?.includes(key)),
          `a rule says what ${key} changes`,
        )
        t.ok('default' in setting, `${key} has a default: everything is optional`)
        t.match(setting.description, /\.$/, `${key} is described`)
      }
      for (const name of ['healthy', 'no-k3s', 'flush-535', 'oom-kills', 'cni0-deleted']) {
        const host = node(name)
        const past = { heard: [] }
        const sample = await it.collect(host, settings, past)
        t.strictSame(JSON.parse(JSON.stringify(sample)), sample, `${name}: a sample is plain JSON`)
        t.ok(JSON.stringify(sample).length < 256 * 1024, `${name}: and small`)
        const at = host.now()
        const before = JSON.stringify(sample)
        const seen = it.assess(sample, past, settings, at)
        t.strictSame(
          it.assess(sample, past, settings, at),
          seen,
          `${name}: the same sample gives the same verdict`,
        )
        t.equal(JSON.stringify(sample), before, `${name}: and is not touched`)
        for (const one of seen) t.ok(one.code in it.rules, `${name}: ${one.code} is declared`)
        t.match(it.summary(sample, settings, at), /^[^\n]{1,300}$/, `${name}: one calm line`)
        // It is handed the very sample of its last round, which status shows meanwhile.
        const again = await it.collect(host, settings, { sample: frozen(sample), at, heard: [] })
        t.strictSame(
          it
            .assess(again, { sample, at, heard: [] }, settings, at)
            .map(({ code, subject }) => [code, subject]),
          seen.map(({ code, subject }) => [code, subject]),
          `${name}: a second look at the same node says the same`,
        )
        for (const value of Object.values(it.series?.(sample) ?? {})) t.type(value, 'number')
        for (const one of it.watch?.(settings, sample) ?? [])
          t.ok(
            one.kind === 'paths'
              ? one.paths.every((path) => path.startsWith('/'))
              : one.kind === 'poll'
                ? one.pause >= 1000
                : one.argv.length > 0,
          )
      }
      t.strictSame(
        it.watch?.(settings, undefined) ?? [],
        it.watch?.(settings, undefined) ?? [],
        'it can say what to watch before it has seen anything',
      )
    })
})

t.test('deadlines on every recorded node: what, when, and how far to trust it', async (t) => {
  const recorded = readdirSync(join(import.meta.dirname, 'nodes')).filter((it) => !it.includes('.md'))
  const found: string[] = []
  for (const it of collectors)
    for (const name of it.deadlines ? recorded : []) {
      const host = node(name)
      const settings = defaults(it.settings)
      const sample = await it.collect(host, settings, { heard: [] })
      const at = host.now()
      for (const one of it.deadlines?.(sample, settings, at) ?? []) {
        found.push(it.name)
        t.strictSame(
          new Set(Object.keys(one)),
          new Set(['what', 'at', 'confidence']),
          `${it.name} of ${name}`,
        )
        t.match(one, { what: /^\S.*[^.]$/, confidence: /^(date|likely|rough)$/ })
        t.ok(Number.isFinite(one.at), `${name}: ${one.what}`)
      }
    }
  t.ok(found.includes('certs'), 'some were found')
})

t.test('rules', async (t) => {
  t.equal(circle(rules), undefined, 'no rule explains itself: an incident needs a root')
  for (const [code, it] of Object.entries(rules)) {
    t.match(code, /^[a-z0-9]+\.[a-z0-9-]+$/, code)
    t.ok(severities.includes(it.severity), `${code}: severity`)
    t.match(it.title, /^.{3,69}[^.]$/, `${code}: a title without a full stop`)
    for (const text of [it.meaning, it.measured, it.impact])
      t.match(text, /^\S.*[.:]$/s, `${code}: sentences`)
    t.ok(it.fix.length > 0, `${code}: a next step`)
    const its = collectors.find(({ name }) => code.startsWith(`${name}.`))?.settings ?? {}
    for (const key of it.settings ?? []) t.ok(key in its, `${code}: its setting ${key} exists`)
    for (const text of it.avoid ?? [])
      t.notMatch(text, /(^|[.;,] )(Do not|Delete nothing)\b/i, `${code}: never names what to avoid`)
    for (const cause of it.because ?? []) t.ok(cause.code in rules, `${code}: its cause ${cause.code} exists`)
    for (const text of [...it.fix, ...(it.avoid ?? []), it.meaning, it.measured, it.impact])
      t.equal((text.match(/`/g) ?? []).length % 2, 0, `${code}: backticks come in pairs: ${text}`)
  }
})

/** Ordinary commands pass through bad states for a second or so (`test/real/ordinary.test.ts`), ms. */
const shortestPatience = 2_000

t.test('a rule waits until what it tells cannot be passing, or says why it need not', async (t) => {
  for (const [code, it] of collectors.flatMap(({ rules }) => Object.entries(rules))) {
    const [why] = /Notified at once: .+\./s.exec(it.meaning) ?? []
    const waits = it.pendingFor !== undefined
    t.not(waits, why !== undefined, `${code}: ${why ?? it.pendingFor}`)
    t.ok(!waits || Number(it.pendingFor) >= shortestPatience, `${code}: long enough`)
  }
})

const nasty = [
  'x'.repeat(10_000),
  '@everyone <@&1> <#2> [free](https://evil.example) <t:1:R> ```\n# big\n> quote',
  '\u001b[2J\u0000\u202eabc\r\nX-Header: 1',
  '😀'.repeat(3000),
  '`'.repeat(99),
]

t.test('sinks', async (t) => {
  for (const it of sinks)
    t.test(it.name, async (t) => {
      const settings = workingSettings(it)
      for (const key of it.required) t.ok(key in it.settings, `${key} is declared`)
      t.strictSame(it.check?.(settings) ?? [], [], 'good settings are good')
      for (const text of nasty) {
        const cause = finding({
          code: 'a.b',
          title: text,
          subject: text,
          text,
          impact: text,
          fix: [text, text],
          avoid: [text],
        })
        const affected = Array.from({ length: 60 }, (_, at) => ({ ...cause, id: `${at}` }))
        const incident = {
          id: text,
          cause,
          affected,
          severity: 'critical' as const,
          since: 0,
          notifyAt: 0,
          ...advice(cause, affected),
        }
        const notices: Notice[] = [
          ...(['opened', 'worse', 'grew', 'merged', 'resolved', 'reminder'] as const).map((kind) => ({
            kind,
            id: 'i',
            node: text,
            at: 5,
            incident,
          })),
          {
            kind: 'digest',
            id: 'i',
            node: text,
            at: 5,
            incidents: Array.from({ length: 60 }, () => ({ ...incident, resolved: 4 })),
          },
          { kind: 'test', id: 'i', node: text, at: 5 },
        ]
        for (const notice of notices)
          for (const receipt of [undefined, '1234']) {
            const letters = it.compose(notice, settings, receipt)
            t.strictSame(it.compose(notice, settings, receipt), letters, `${notice.kind}: composing is pure`)
            for (const letter of letters) {
              t.type(JSON.parse(letter.body), 'object', `${notice.kind}: JSON`)
              t.ok(Buffer.byteLength(letter.body) < 24_000, `${notice.kind}: bounded`)
              t.notMatch(letter.body, secret, `${notice.kind}: no secret in the text`)
              for (const value of Object.values(letter.headers))
                t.match(value, /^[\x20-\x7e]*$/, `${notice.kind}: headers cannot be forged`)
            }
          }
      }
    })
})
