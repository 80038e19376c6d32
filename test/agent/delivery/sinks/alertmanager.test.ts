import t from 'tap'
import { keyOf } from '../../../../agent/core/standing.ts'
import { alertmanager } from '../../../../agent/delivery/sinks/alertmanager.ts'
import { sinks } from '../../../../agent/delivery/sinks/index.ts'
import type { Incident, Standing } from '../../../../agent/model/index.ts'
import { finding } from '../../findings.ts'

const minute = 60_000
const at = Date.parse('2026-11-23T03:30:00Z')
const urls = ['http://am1.example:9093', 'https://am2.example/alert/']
const settings = { urls, hold_minutes: 60 }
const head = { node: 'node1', cluster: 'home', runbookUrl: 'https://wiki.example/{code}', command: 'murphy' }
const cause = finding({
  code: 'firewall.flushed',
  subject: 'nft',
  severity: 'critical',
  title: 'the firewall was flushed',
  text: '`iptables` removed 91 of 91 rules.',
  impact: 'Services are unreachable.',
  since: at - 10 * minute,
})
const pod = finding({
  ...{
    code: 'pods.crash-looping',
    subject: 'shop/web-0',
    title: 'crash loop',
    fix: ['`agent why shop/web-0`'],
  },
  pod: { namespace: 'shop', name: 'web-0' },
})
const incident: Incident = {
  ...{
    id: cause.id,
    cause,
    affected: [pod],
    severity: 'critical',
    since: cause.since,
    notifyAt: cause.since,
  },
  ...{ fix: ['`systemctl restart k3s`', 'See: `agent status`'], avoid: ["Don't run `iptables -F` again."] },
}
const labels = (role: string, more = {}) => ({ alertname: 'A', node: 'node1', role, ...more })
const standing: Standing[] = [
  { labels: labels('cause'), starts: at - 5 * minute, finding: cause, incident },
  { labels: labels('consequence'), starts: at - 5 * minute, finding: pod, incident },
  { labels: labels('cause', { alertname: 'B' }), starts: at - 9 * minute, ended: at - minute },
]
const said = (all: readonly Standing[] = standing, clock = { at, ahead: 0 }) => {
  const [own] = alertmanager.each?.(settings) ?? []
  return (alertmanager.restate?.(all, own ?? settings, head, clock) ?? []).map((it) => ({
    ...it,
    alerts: JSON.parse(it.body),
  }))
}

t.test(
  'each Alertmanager is told everything, causes one request before what follows from them',
  async (t) => {
    t.strictSame(
      alertmanager.each?.(settings).map((it) => it.urls),
      urls.map((it) => [it]),
    )
    const [causes, rest, ...more] = said()
    t.strictSame(more, [])
    t.match(causes, { method: 'POST', url: 'http://am1.example:9093/api/v2/alerts' })
    t.strictSame(
      causes?.alerts.map((it: Standing) => it.labels.alertname),
      ['A', 'B'],
    )
    t.strictSame(
      rest?.alerts.map((it: Standing) => it.labels.role),
      ['consequence'],
    )
    t.match(alertmanager.restate?.(standing, { ...settings, urls: urls.slice(1) }, head, { at, ahead: 0 }), [
      { url: 'https://am2.example/alert/api/v2/alerts' },
    ])
  },
)

t.test('what is open holds for as long as the settings say, the watchdog for five minutes', async (t) => {
  const watchdog = { labels: { alertname: 'MurphyWatchdog', node: 'node1' }, starts: at }
  const [{ alerts } = { alerts: [] }] = said([...standing, watchdog])
  t.match(alerts[0], { startsAt: '2026-11-23T03:25:00.000Z', endsAt: '2026-11-23T04:30:00.000Z' })
  t.match(alerts[1], { startsAt: '2026-11-23T03:21:00.000Z', endsAt: '2026-11-23T03:29:00.000Z' })
  t.match(alerts[2], {
    endsAt: '2026-11-23T03:35:00.000Z',
    annotations: { summary: 'node1: Murphy watches' },
  })
})

t.test(
  'by its clock: what has ended is past there however wrong this node is, and nothing ends before it begins',
  async (t) => {
    for (const ahead of [-3 * 60 * minute, -minute, 0, minute, 3 * 60 * minute]) {
      // `at` is the service's own time; `starts` and `ended` are by this node's clock.
      const now = at + ahead
      const all = [
        { labels: labels('cause'), starts: now - minute, ended: now },
        { labels: labels('cause', { alertname: 'B' }), starts: now },
        { labels: labels('cause', { alertname: 'C' }), starts: now + 5 * minute, ended: now + 5 * minute },
      ]
      for (const it of said(all, { at, ahead })[0]?.alerts ?? []) {
        const [starts, ends] = [Date.parse(it.startsAt), Date.parse(it.endsAt)]
        t.ok(starts <= ends, `${ahead}: it begins first`)
        t.ok(starts <= at, `${ahead}: and has begun`)
        t.equal(ends < at, it.labels.alertname !== 'B', `${ahead}: ${it.labels.alertname}`)
      }
    }
  },
)

t.test(
  'for people: what, impact, steps of the whole at its cause and its own elsewhere, prohibitions',
  async (t) => {
    const [causes, rest] = said()
    t.strictSame(causes?.alerts[0].annotations, {
      summary: 'node1: the firewall was flushed',
      description: '`iptables` removed 91 of 91 rules.',
      impact: 'Services are unreachable.',
      fix: '1. `systemctl restart k3s`\n2. See: `murphy status`',
      dont: "Don't run `iptables -F` again.",
      also: 'crash loop (shop/web-0)',
      since: '2026-11-23T03:20:00.000Z',
      runbook_url: 'https://wiki.example/firewall.flushed',
    })
    t.match(rest?.alerts[0].annotations, {
      summary: 'node1: crash loop (shop/web-0)',
      fix: '`murphy why shop/web-0`',
      cause: 'the firewall was flushed',
      dont: undefined,
    })
    t.strictSame(causes?.alerts[1].annotations, {}, 'of what is no longer known, nothing is made up')
  },
)

t.test('hostile texts stay text, bounded', async (t) => {
  const text = `\u001b[2J"}]${'x'.repeat(100_000)}`
  const hostile = finding({ code: text, subject: text, title: text, text, impact: text, fix: [text, text] })
  const its = { ...incident, id: hostile.id, cause: hostile, affected: [], fix: [text], avoid: [text] }
  const [letter] = said([{ labels: labels('cause'), starts: at, finding: hostile, incident: its }])
  t.ok((letter?.body.length ?? 0) < 20_000)
  for (const value of Object.values(letter?.alerts[0].annotations)) t.notMatch(value, /\u001b/)
})

t.test('more than 256 are several requests', async (t) => {
  const many = Array.from({ length: 600 }, (_, index) => ({
    labels: labels('cause', { subject: `${index}` }),
    starts: at,
  }))
  t.strictSame(
    said(many).map((it) => it.alerts.length),
    [256, 256, 88],
  )
  t.strictSame(said([]), [], 'and none are none')
  t.equal(new Set(many.map((it) => keyOf(it.labels))).size, 600)
})

t.test(
  'a test is an alert of its own, to each of them, that ends by itself; nothing else is told as it happens',
  async (t) => {
    const letters = alertmanager.compose({ kind: 'test', id: 'i', at, ...head }, settings)
    t.equal(letters.length, 2)
    const [alert] = JSON.parse(letters[0]?.body ?? '')
    t.strictSame(alert.labels, {
      alertname: 'MurphyTest',
      severity: 'warning',
      node: 'node1',
      cluster: 'home',
    })
    t.strictSame([alert.startsAt, alert.endsAt], [undefined, undefined])
    t.strictSame(alertmanager.compose({ kind: 'opened', incident, id: 'i', at, ...head }, settings), [])
  },
)

t.test('how long what is open stays so there', async (t) => {
  t.strictSame(
    [60, 1440].map((it) => alertmanager.holds?.({ ...settings, hold_minutes: it })),
    [3_600_000, 86_400_000],
  )
})

t.test('how it shows who it is', async (t) => {
  const sent = (more: object) =>
    alertmanager.compose({ kind: 'test', id: 'i', at, ...head }, { ...settings, ...more })[0]?.headers
      .authorization
  t.equal(sent({ token: 't0ken' }), 'Bearer t0ken')
  t.equal(sent({ user: 'murphy', password: 's:cret' }), `Basic ${btoa('murphy:s:cret')}`)
  t.equal(sent({}), undefined)
  t.strictSame(alertmanager.tls?.({ ...settings, ca: 'A', cert: 'B', key: 'C', server_name: 'am' }), {
    ...{ ca: 'A', cert: 'B', key: 'C', servername: 'am' },
  })
})

t.test('settings that cannot be right are said', async (t) => {
  const wrong = (more: object) => alertmanager.check?.({ ...settings, ...more })
  t.strictSame(wrong({}), [])
  t.strictSame(wrong({ ca: '-----BEGIN CERTIFICATE-----' }), [])
  t.match(wrong({ urls: [] }), [/^urls: is empty/])
  t.match(wrong({ urls: ['http://u:p@am:9093'] }), [/^urls: may hold no user/])
  t.match(wrong({ urls: ['http://am:9093', 'http://am:9093'] }), [/twice/])
  t.match(wrong({ urls: ['http://'] }), [/not a URL/])
  t.match(wrong({ user: 'a' }), [/belong together/])
  t.match(wrong({ user: 'a', password: 'b', token: 'c' }), [/either/])
  t.match(wrong({ token: 'a b' }), [/no token has/])
  t.match(wrong({ cert: '-----BEGIN CERTIFICATE-----' }), [/belong together/])
  t.match(wrong({ ca: '/etc/ca.pem' }), [/^ca: is not PEM/])
  t.ok(sinks.includes(alertmanager as never))
})

t.test('an answer tells its time', async (t) => {
  const reply = { status: 200, headers: { date: 'Mon, 23 Nov 2026 03:30:00 GMT' }, body: '' }
  t.strictSame(alertmanager.read?.(reply, said()[0] as never), {
    outcome: 'accepted',
    receipt: reply.headers.date,
  })
  t.equal(alertmanager.read?.({ ...reply, status: 400 }, said()[0] as never), undefined)
})
