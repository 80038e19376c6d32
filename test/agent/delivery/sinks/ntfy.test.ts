import t from 'tap'
import { ntfy } from '../../../../agent/delivery/sinks/ntfy.ts'
import type { Abilities, Notice, Reply } from '../../../../agent/model/index.ts'
import { hostile, hostileNotices, incident, notice, over, since } from '../../../receivers/notices.ts'

const url = 'https://ntfy.example/Alerts_1'
const letter = (of: Notice, settings: object = {}, receipt?: string) =>
  ntfy.compose(of, { url, ...settings }, receipt)[0]
const body = (of: Notice, receipt?: string) =>
  JSON.parse(letter(of, {}, receipt)?.body ?? '{}') as {
    topic: string
    title: string
    message: string
    priority: number
    tags: string[]
    sequence_id: string
  }
const reply = (status: number, it: unknown, headers = {}): Reply => ({
  status,
  headers,
  body: typeof it === 'string' ? it : JSON.stringify(it),
})

t.test('what people see', async (t) => {
  const it = body(notice('opened'))
  t.equal(it.title, 'node1: the firewall was flushed')
  t.equal(
    it.message,
    [
      '`iptables` (pid 25978) removed 91 of 91 rules at 03:12:07.',
      'Impact: Services and network policies do not work.',
      'Fix',
      '1. systemctl restart k3s',
      '2. delete the ingress pod so that its port is mapped again',
      "Don't run `iptables -F` again: ufw would then lock out SSH.",
      'Also affected: ingress is unreachable (kube-system/ingress)',
      'critical since 03:12 UTC (4 min)',
    ].join('\n'),
  )
  t.same([it.priority, it.tags], [5, ['rotating_light']])
})

t.test('JSON goes to the root of the server, the topic stands inside', async (t) => {
  t.equal(letter(notice('opened'))?.url, 'https://ntfy.example/')
  t.equal(body(notice('opened')).topic, 'Alerts_1')
  t.equal(letter(notice('opened'), { url: 'http://h:80/push/topic/' })?.url, 'http://h/push/')
})

t.test('one notification an incident', async (t) => {
  const kinds = ['opened', 'worse', 'grew', 'resolved', 'reminder'] as const
  t.equal(new Set(kinds.map((kind) => body(notice(kind)).sequence_id)).size, 1)
  t.not(body(notice('opened')).sequence_id, body(notice('opened', incident({ id: 'other' }))).sequence_id)
  t.match(body(notice('opened')).sequence_id, /^[-_A-Za-z0-9]{1,64}$/)
  t.equal(letter(notice('merged')), undefined)
  t.equal(body(notice('merged'), 'abc123').sequence_id, 'abc123', 'replaces what was told before')
})

t.test('a server that cannot update a notification is sent no silent changes', async (t) => {
  const sent = (of: Notice, abilities: Abilities) => ntfy.compose(of, { url }, 'abc', abilities).length
  for (const kind of ['opened', 'worse', 'reminder', 'resolved'] as const)
    t.equal(sent(notice(kind), { edits: false }), 1, kind)
  for (const kind of ['grew', 'merged'] as const) {
    t.equal(sent(notice(kind), { edits: false }), 0, kind)
    t.equal(sent(notice(kind), {}), 1, kind)
  }
  t.match(ntfy.lacks?.({ edits: false }), /older than 2\.16/)
  t.equal(ntfy.lacks?.({ edits: true }), undefined)
  t.equal(ntfy.lacks?.({}), undefined)
})

t.test('a button that copies the first step, where the server knows it', async (t) => {
  const copy = { action: 'copy', label: 'Copy step 1', value: 'systemctl restart k3s' }
  const mild = notice('opened', incident({ severity: 'warning' }))
  const offered = (of: Notice, abilities: Abilities) => {
    const [it] = ntfy.compose(of, { url }, undefined, abilities)
    return { it, actions: JSON.parse(it?.body ?? '{}').actions }
  }
  t.equal(offered(mild, {}).actions, undefined)
  t.strictSame(offered(mild, { edits: true, copies: true }).actions, [copy])
  t.strictSame(offered(notice('opened'), { edits: true, copies: true }).actions, [copy])
  t.equal(offered(mild, { edits: true, copies: false }).actions, undefined)
  t.equal(offered(notice('opened'), { edits: true }).actions, undefined, 'not tried with what is critical')
  const { it, actions } = offered(mild, { edits: true })
  t.strictSame(actions, [copy], 'tried')
  const read = (answer: Reply) => it && ntfy.read?.(answer, it)
  t.match(read(reply(400, { code: 40018 })), { outcome: 'refused', shows: { copies: false } })
  t.match(read(reply(200, { id: 'x' })), { shows: { copies: true } })
  const linked = { ...mild, runbookUrl: 'https://wiki.example/{code}' }
  t.strictSame(offered(linked, {}).actions, [
    { action: 'view', label: 'Runbook', url: 'https://wiki.example/firewall.flushed' },
  ])
})

t.test('only what someone must see now rings', async (t) => {
  const warning = incident({ severity: 'warning' })
  t.equal(body(notice('opened', warning)).priority, 4)
  t.same(body(notice('opened', warning)).tags, ['warning'])
  t.equal(body(notice('opened', incident({ severity: 'info' }))).priority, 3)
  t.equal(body(notice('grew')).priority, 2)
  t.equal(body(notice('resolved', over())).priority, 3)
  t.same(body(notice('resolved', over())).tags, ['white_check_mark'])
})

t.test('access', async (t) => {
  t.equal(letter(notice('opened'))?.headers.authorization, undefined)
  t.equal(letter(notice('opened'), { token: 'tk_x' })?.headers.authorization, 'Bearer tk_x')
  t.equal(
    letter(notice('opened'), { user: 'phil', password: 'mypass' })?.headers.authorization,
    'Basic cGhpbDpteXBhc3M=',
  )
})

t.test('settings that cannot be', async (t) => {
  const wrong = (settings: object) => ntfy.check?.({ url, ...settings }).map((it) => it.split(':')[0])
  t.same(wrong({}), [])
  t.same(wrong({ token: 'a', user: 'b', password: 'c' }), ['token'])
  t.same(wrong({ token: 'a\nb' }), ['token'])
  t.same(wrong({ user: 'b' }), ['user'])
  for (const it of [
    'x',
    'https://ntfy.sh',
    'https://ntfy.sh/',
    'https://u:p@h/t',
    'https://h/t?auth=x',
    'ftp://h/t',
  ])
    t.same(wrong({ url: it }), ['url'], it)
})

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    for (const of of hostileNotices(text)) {
      const sent = letter(of, {}, 'abc')
      const { title, message, sequence_id: sequence } = body(of, 'abc')
      t.ok(Buffer.byteLength(message) <= 4096, of.kind)
      t.ok(Buffer.byteLength(sent?.body ?? '') <= 8192)
      t.ok(Buffer.byteLength(title) <= 250)
      t.notMatch(title + message, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
      t.match(sequence, /^[-_A-Za-z0-9]{1,64}$/)
    }
  })

t.test('what replies mean', async (t) => {
  const sent = letter(notice('opened'))
  const read = (it: Reply) => sent && ntfy.read?.(it, sent)
  const sequence = body(notice('opened')).sequence_id
  const accepted = { outcome: 'accepted', receipt: sequence }
  t.same(read(reply(200, { id: 'x', event: 'message' })), { ...accepted, shows: { edits: false } })
  t.same(read(reply(200, { id: 'x', sequence_id: sequence })), { ...accepted, shows: { edits: true } })
  t.equal(read(reply(400, { code: 40018, error: 'actions invalid' }))?.outcome, 'refused')
  t.same(read(reply(200, '{"id":"x","ti')), accepted, 'it broke off: nothing is known of it')
  for (const body of ['', '<html>', '{"error":"blo', {}, [], { code: 40301, error: 'forbidden' }])
    t.match(read(reply(200, body)), { outcome: 'again', why: /perhaps a proxy/ }, JSON.stringify(body))
  t.equal(read(reply(200, '<html>'))?.outcome, 'again')
  t.match(read(reply(429, { code: 42901 })), { outcome: 'again', wait: 5000 })
  t.match(read(reply(429, { code: 42909 })), { outcome: 'again', wait: 60_000 })
  const date = new Date(since).toUTCString()
  const midnight = Date.UTC(2026, 2, 6) - since + 1000
  t.match(read(reply(429, { code: 42908, error: 'limit reached' }, { date })), {
    outcome: 'again',
    wait: midnight,
    why: 'ntfy answered 429 (42908: limit reached)',
  })
  t.match(read(reply(403, { code: 40301, error: 'forbidden' })), { outcome: 'gone', why: /another token/ })
  t.equal(read(reply(401, { code: 40101, error: 'unauthorized' }))?.outcome, 'gone')
  t.match(read(reply(401, {})), { outcome: 'again', why: /perhaps a proxy/ })
  t.equal(read(reply(400, { code: 40009 }))?.outcome, 'refused')
  t.equal(read(reply(507, { code: 50701 })), undefined, 'by the rules of HTTP')
  t.equal(read(reply(502, 'Bad Gateway')), undefined)
})
