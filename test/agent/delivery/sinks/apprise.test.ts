import t from 'tap'
import { apprise } from '../../../../agent/delivery/sinks/apprise.ts'
import { webhook } from '../../../../agent/delivery/sinks/webhook.ts'
import type { Letter, Notice, Reply } from '../../../../agent/model/index.ts'
import { appriseReceiver } from '../../../receivers/apprise.ts'
import { book, until } from '../../../receivers/book.ts'
import { hostile, hostileNotices, incident, notice, over } from '../../../receivers/notices.ts'

const settings = { url: 'https://apprise.example/notify/murphy' }
const letters = (of: Notice, more: object = {}) => apprise.compose(of, { ...settings, ...more })
const bodyOf = (of: Notice, more: object = {}) => JSON.parse(letters(of, more)[0]?.body ?? '{}')

t.test('what it is given', async (t) => {
  t.match(bodyOf({ ...notice('opened'), runbookUrl: 'https://wiki.example/{code}' }, { tag: 'phone' }), {
    title: 'node1: the firewall was flushed',
    body: /^`iptables` .*\nImpact: .*\nFix\n1\. systemctl restart k3s\n(?:.*\n)*https:\/\/wiki\.example\/firewall\.flushed\nMurphy · node1/,
    type: 'failure',
    format: 'text',
    tag: 'phone',
  })
  t.equal(bodyOf(notice('resolved', over())).type, 'success')
  t.equal(bodyOf(notice('opened', incident({ severity: 'warning' }))).type, 'warning')
  for (const kind of ['grew', 'merged'] as const) t.strictSame(letters(notice(kind)), [])
  const { authorization } = letters(notice('opened'), { user: 'phil', password: 'mypass' })[0]?.headers ?? {}
  t.equal(authorization, 'Basic cGhpbDpteXBhc3M=')
})

t.test('settings that cannot be', async (t) => {
  const wrong = (more: object) => apprise.check?.({ ...settings, ...more }).map((it) => it.split(':')[0])
  t.strictSame(wrong({}), [])
  t.strictSame(wrong({ url: 'http://h:8000/apprise/notify/my-key/' }), [])
  t.strictSame(wrong({ user: 'a' }), ['user'])
  for (const url of [
    'x',
    'https://h/notify/',
    'https://h/add/key',
    'discord://a/b',
    'https://u:p@h/notify/k',
  ])
    t.strictSame(wrong({ url }), ['url'], url)
  t.throws(() => letters(notice('opened'), { url: 'x' }))
})

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    for (const of of hostileNotices(text))
      for (const { body } of letters(of)) {
        t.ok(Buffer.byteLength(body) < 6000, of.kind)
        t.notMatch(body, /\\u00[01]|\u202e/)
      }
  })

t.test('what replies mean', async (t) => {
  const [post] = letters(notice('opened')) as [Letter]
  const read = (status: number, body: unknown = '') =>
    apprise.read?.(
      { status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) } as Reply,
      post,
    )
  t.strictSame(read(200, { error: null, details: [] }), { outcome: 'accepted', shows: { partly: false } })
  t.match(read(200, '<html>'), { outcome: 'again', why: /perhaps a proxy/ })
  t.match(read(204), { outcome: 'gone', why: /no configuration under this KEY, and nothing was sent/ })
  const details = (...lines: string[]) => ({
    error: 'One or more',
    details: lines.map((it) => [it.startsWith('Failed') ? 'WARNING' : 'INFO', 'now', it]),
  })
  t.strictSame(read(424, details('Sent Discord notification.', 'Failed to send ntfy notification')), {
    outcome: 'accepted',
    shows: { partly: true },
  })
  const failed = 'Failed to send ntfy notification'
  // As the plugins of caronc/apprise word it that do not say "Sent X notification".
  for (const sent of [
    'Sent Email to me@example.org',
    'Sent 800.com SMS to +1.',
    'Sent Rocket.Chat webhook:notification.',
    'Lark notification sent successfully.',
    'Send 1 Plivo notification',
    `Sent ntfy notification to 'https://ntfy.example/${'x'.repeat(80)}'.`,
  ])
    t.match(read(424, details(sent, failed)), { outcome: 'accepted' }, sent)
  t.match(read(424, details(failed)), { outcome: 'again' }, 'nobody got it')
  for (const before of [
    'Notifying 2 service(s) with threads.',
    'Authenticated to Twist as a@b',
    'No Jira notification sent due to (nothing to close) condition',
  ])
    t.match(read(424, details(before, failed)), { outcome: 'again' }, `nobody got it yet: ${before}`)
  t.match(read(424, 'One or more'), { outcome: 'refused' }, 'somebody may have got it: once an hour')
  t.match(read(400, { error: 'Payload lacks minimum requirements' }), { outcome: 'refused' })
  t.match(read(401, { error: 'x' }), { outcome: 'gone' })
  t.match(read(403, '<html>'), { outcome: 'again', why: /perhaps a proxy/ })
  t.equal(read(500, { error: 'x' }), undefined)
  t.equal(read(429), undefined)
})

t.test('one of two services fails: told once, and said', async (t) => {
  const receiver = await appriseReceiver({ authorization: 'Basic YTpi' })
  t.teardown(() => receiver.close())
  const its = { url: receiver.url, user: 'a', password: 'b' }
  receiver.services = [
    { name: 'Discord', works: true },
    { name: 'SMS', works: false },
  ]
  const it = book(t, apprise, its)
  it.tell(notice('opened'))
  await until(() => it.noted.length === 1)
  t.equal(receiver.passedOn.length, 1, 'the one that works got it once')
  t.match(it.delivery.state().lacks, /some of the services behind it/)
  receiver.services = [{ name: 'Discord', works: true }]
  it.tell(notice('resolved', over()))
  await until(() => it.noted.length === 2)
  t.equal(it.delivery.state().lacks, undefined)
})

t.test('a server that logs only warnings says who took it all the same: told once', async (t) => {
  const receiver = await appriseReceiver()
  t.teardown(() => receiver.close())
  receiver.logLevel = 'WARNING'
  receiver.services = [
    { name: 'E-mail', works: true, says: 'Sent Email to me@example.org' },
    { name: 'SMS', works: false },
  ]
  const it = book(t, apprise, { url: receiver.url })
  it.tell(notice('opened'))
  await until(() => it.noted.length === 1 || receiver.passedOn.length > 1)
  t.equal(receiver.passedOn.length, 1)
})

t.test('all fail, 5xx, no configuration: nothing lost', async (t) => {
  const receiver = await appriseReceiver()
  t.teardown(() => receiver.close())
  receiver.services = [{ name: 'SMS', works: false }]
  receiver.fault = (_, count) => (count === 2 ? { status: 500 } : undefined)
  const it = book(t, apprise, { url: receiver.url })
  it.tell(notice('opened'))
  await until(() => receiver.arrived.length > 3)
  receiver.services = [{ name: 'SMS', works: true }]
  await until(() => it.noted.length === 1)
  t.equal(receiver.passedOn.length, 1)
  receiver.configured = false
  it.tell(notice('resolved', over()))
  await until(() => it.delivery.state().gone !== undefined)
  t.notMatch(JSON.stringify([it.logged, it.states]), /s3cr3t/)
})

t.test('a webhook as it is, with its fields renamed, also of a digest and a test', async (t) => {
  const receiver = await appriseReceiver()
  t.teardown(() => receiver.close())
  const it = book(t, webhook, { url: `${receiver.url}?:text=body&:type=info` })
  const all: readonly Notice[] = [
    notice('opened'),
    { kind: 'digest', id: 'd', node: 'node1', at: 5, incidents: [over()] },
    { kind: 'test', id: 't', node: 'node1', at: 5 },
  ]
  it.tell(...all)
  await until(() => it.noted.length === 3)
  t.strictSame(receiver.passedOn.map(({ title, body }) => [title, body.split('\n')[0]]).sort(), [
    ['node1: 1 missed incident (resolved)', '🔵 node1: 1 missed incident (resolved)'],
    ['node1: test message', '🔵 node1: test message'],
    ['node1: the firewall was flushed', '🔴 node1: the firewall was flushed'],
  ])
})
