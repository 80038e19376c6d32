import t from 'tap'
import { gotify } from '../../../../agent/delivery/sinks/gotify.ts'
import type { Letter, Notice, Reply } from '../../../../agent/model/index.ts'
import { book, until } from '../../../receivers/book.ts'
import { gotifyReceiver } from '../../../receivers/gotify.ts'
import { hostile, hostileNotices, incident, notice, over } from '../../../receivers/notices.ts'

const settings = { url: 'https://gotify.example', token: 'AbCdEf.1' }
const letters = (of: Notice, more: object = {}) => gotify.compose(of, { ...settings, ...more })
const bodyOf = (of: Notice) => JSON.parse(letters(of)[0]?.body ?? '{}')

t.test('what people see', async (t) => {
  const [it] = letters(notice('opened'))
  t.equal(it?.url, 'https://gotify.example/message')
  t.equal(it?.headers['x-gotify-key'], 'AbCdEf.1')
  t.match(bodyOf({ ...notice('opened'), runbookUrl: 'https://wiki.example/{code}' }), {
    title: 'node1: the firewall was flushed',
    message:
      /^`iptables` .*\nImpact: .*\nFix\n1\. systemctl restart k3s\n(?:.*\n)*Murphy · node1 · firewall\.flushed$/,
    priority: 8,
    extras: { 'client::notification': { click: { url: 'https://wiki.example/firewall.flushed' } } },
  })
  t.equal(letters(notice('opened'), { url: 'http://h/push/message/' })[0]?.url, 'http://h/push/message')
})

t.test('how loud, and what is not sent to a service that cannot edit', async (t) => {
  const priority = (of: Notice) => bodyOf(of).priority
  t.equal(priority(notice('worse')), 8)
  t.equal(priority(notice('opened', incident({ severity: 'warning' }))), 5)
  t.equal(priority(notice('resolved', over())), 5)
  t.equal(priority(notice('resolved', { ...over(), severity: 'warning' })), 2)
  for (const kind of ['grew', 'merged'] as const) t.strictSame(letters(notice(kind)), [])
})

t.test('settings that cannot be', async (t) => {
  const wrong = (more: object) => gotify.check?.({ ...settings, ...more }).map((it) => it.split(':')[0])
  t.strictSame(wrong({}), [])
  t.strictSame(wrong({ token: 'a b' }), ['token'])
  for (const url of ['x', 'https://h/?token=x', 'https://u:p@h/', 'ftp://h/'])
    t.strictSame(wrong({ url }), ['url'], url)
  t.throws(() => letters(notice('opened'), { url: 'x' }))
})

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    for (const of of hostileNotices(text))
      for (const { body } of letters(of)) {
        t.ok(Buffer.byteLength(body) < 6000, of.kind)
        const { title, message } = JSON.parse(body)
        t.notMatch(title + message, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
      }
  })

t.test('what replies mean', async (t) => {
  const [post] = letters(notice('opened')) as [Letter]
  const read = (status: number, body: unknown) =>
    gotify.read?.(
      { status, headers: {}, body: typeof body === 'string' ? body : JSON.stringify(body) } as Reply,
      post,
    )
  t.strictSame(read(200, { id: 5, appid: 1, message: 'x' }), { outcome: 'accepted' })
  t.strictSame(read(200, '{"id":5,"appid":1,"mess'), { outcome: 'accepted' })
  for (const body of ['', '<html>', {}, { id: 'x' }])
    t.match(read(200, body), { outcome: 'again', why: /perhaps a proxy/ })
  const error = (status: number, errorDescription: string) =>
    read(status, { error: 'x', errorCode: status, errorDescription })
  t.match(error(401, 'no token'), {
    outcome: 'gone',
    why: 'Gotify answered 401: no token: give the token of an application, not of a client',
  })
  t.match(error(400, 'too long'), { outcome: 'refused' })
  t.match(read(404, '<html>'), { outcome: 'again', why: /perhaps a proxy/ })
  t.equal(error(500, 'database is locked'), undefined)
})

t.test('5xx, a lost acceptance and a wrong token', async (t) => {
  const receiver = await gotifyReceiver()
  t.teardown(() => receiver.close())
  const faults = [{ status: 500 }, { status: 502 }, 'drop'] as const
  receiver.fault = (_, count) => faults[count - 1]
  const it = book(t, gotify, receiver.settings)
  it.tell(notice('opened', incident({ severity: 'warning' })))
  await until(() => it.noted.length === 1)
  t.equal(receiver.messages.length, 1)
  receiver.fault = (_, count) => (count === 5 ? 'lost' : undefined)
  it.tell(notice('resolved', over()))
  await until(() => it.noted.length === 2)
  t.equal(receiver.messages.length, 3, 'twice rather than never')
  const wrong = book(t, gotify, { ...receiver.settings, token: 'wrong-s3cr3t' })
  wrong.tell(notice('opened'))
  await until(() => wrong.delivery.state().gone !== undefined)
  t.match(wrong.delivery.state().gone, /give the token of an application/)
  t.notMatch(JSON.stringify([it.logged, wrong.logged, wrong.states]), /s3cr3t/)
})
