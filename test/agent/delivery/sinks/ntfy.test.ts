import t from 'tap'
import { ntfy } from '../../../../agent/delivery/sinks/ntfy.ts'
import type { Notice, Reply } from '../../../../agent/model/index.ts'
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
      'critical, since 03:12 UTC, 4 min',
      '`iptables` (pid 25978) removed 91 of 91 rules at 03:12:07.',
      'So: Services and network policies do not work. Also: ingress is unreachable (kube-system/ingress).',
      'Next:',
      '1. `systemctl restart k3s`',
      '2. delete the ingress pod so that its port is mapped again',
      'Never: `iptables -F` again: ufw drops by default and it would cut SSH.',
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
  t.same(read(reply(200, { id: 'x', event: 'message' })), { outcome: 'accepted', receipt: sequence })
  t.equal(read(reply(200, '{"id":"x","ti'))?.outcome, 'accepted', 'it broke off')
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
