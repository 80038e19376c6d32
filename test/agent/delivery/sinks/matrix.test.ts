import t from 'tap'
import { matrix } from '../../../../agent/delivery/sinks/matrix.ts'
import type { Letter, Notice, Reply } from '../../../../agent/model/index.ts'
import { book, really, until } from '../../../receivers/book.ts'
import { matrixReceiver } from '../../../receivers/matrix.ts'
import { hostile, hostileNotices, incident, notice, over } from '../../../receivers/notices.ts'

const settings = { url: 'https://matrix.example', token: 'syt_abc', room: '!r/o+om:matrix.example' }
const receipt = '$first:matrix.example'
const letters = (of: Notice, about?: string, more: object = {}) =>
  matrix.compose(of, { ...settings, ...more }, about)
const bodyOf = (it: Letter | undefined) => JSON.parse(it?.body ?? '{}')

t.test('what people see', async (t) => {
  const [it] = letters({ ...notice('opened'), runbookUrl: 'https://wiki.example/{code}' })
  t.match(
    it?.url,
    /^https:\/\/matrix\.example\/_matrix\/client\/v3\/rooms\/!r%2Fo%2Bom%3Amatrix\.example\/send\/m\.room\.message\/[0-9a-f]{32}$/,
  )
  t.equal(it?.headers.authorization, 'Bearer syt_abc')
  const { body, formatted_body: html, ...rest } = bodyOf(it)
  t.match(
    body,
    /^🔴 node1: the firewall was flushed\n`iptables` .*\nImpact: .*\nFix\n1\. `systemctl restart k3s`\n/,
  )
  t.match(body, /\nhttps:\/\/wiki\.example\/firewall\.flushed\nMurphy · node1 · firewall\.flushed$/)
  t.match(html, /^🔴 <b>node1: the firewall was flushed<\/b><br><code>iptables<\/code> \(pid/)
  t.match(html, /<br>1\.<pre><code>systemctl restart k3s<\/code><\/pre>2\. delete/)
  t.strictSame(rest, { msgtype: 'm.text', format: 'org.matrix.custom.html', 'm.mentions': {} })
})

t.test('when a message is new, when it is edited, and when it makes a sound', async (t) => {
  const shape = (of: Notice, about?: string) =>
    letters(of, about).map((it) => {
      const { msgtype, 'm.relates_to': relation } = bodyOf(it)
      return [msgtype, it.edit === true, relation?.rel_type ?? (relation ? 'reply' : 'new')]
    })
  t.strictSame(shape(notice('opened')), [['m.text', false, 'new']])
  t.strictSame(shape(notice('grew'), receipt), [['m.notice', true, 'm.replace']])
  t.strictSame(shape(notice('worse'), receipt), [
    ['m.text', false, 'reply'],
    ['m.text', true, 'm.replace'],
  ])
  t.strictSame(shape(notice('merged'), receipt), [['m.notice', true, 'm.replace']])
  t.strictSame(shape(notice('merged')), [])
  const mild = { ...over(), severity: 'warning' as const }
  t.strictSame(shape(notice('resolved', mild), receipt), [
    ['m.notice', true, 'm.replace'],
    ['m.notice', false, 'reply'],
  ])
  t.strictSame(shape(notice('grew'), 'no event')[0]?.[2], 'new')
  const [edit] = letters(notice('grew'), receipt)
  t.match(bodyOf(edit), {
    body: '* 🔴 node1: the firewall was flushed',
    'm.new_content': { body: /^🔴 node1: the firewall was flushed\n/, 'm.mentions': {} },
    'm.relates_to': { event_id: receipt },
  })
})

t.test('the same transaction for every attempt, another for each letter', async (t) => {
  const of = (it: Notice, about?: string) => letters(it, about).map(({ url }) => url.split('/').at(-1))
  const first = notice('worse')
  t.strictSame(of(first, receipt), of({ ...first, at: first.at + 1000 }, receipt))
  t.equal(new Set([...of(first, receipt), ...of(notice('opened')), ...of({ ...first, node: 'b' })]).size, 4)
})

t.test('settings that cannot be', async (t) => {
  const wrong = (more: object) => matrix.check?.({ ...settings, ...more }).map((it) => it.split(':')[0])
  t.strictSame(wrong({}), [])
  t.strictSame(wrong({ room: '!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM' }), [], 'of a room of version 12')
  t.strictSame(wrong({ url: 'https://matrix.example/_matrix/' }), [])
  for (const room of ['#alerts:matrix.example', 'room', '!a b:c'])
    t.strictSame(wrong({ room }), ['room'], room)
  t.strictSame(wrong({ token: 'a\nb' }), ['token'])
  t.strictSame(wrong({ url: 'matrix.example' }), ['url'])
  t.throws(() => letters(notice('opened'), undefined, { room: '#a:b' }))
})

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    for (const of of hostileNotices(text))
      for (const it of [...letters(of), ...letters(of, receipt)]) {
        t.ok(Buffer.byteLength(it.body) < 24_000, `${of.kind}: ${Buffer.byteLength(it.body)}`)
        const { formatted_body: html, body, 'm.new_content': next } = bodyOf(it)
        const left = `${html}${next?.formatted_body ?? ''}`.replace(/<\/?(b|i|code|pre)>|<br>/g, '')
        t.notMatch(left, /[<>]/, `${of.kind}: no tag but its own`)
        t.notMatch(body, /[\u0000-\u0009\u000b-\u001f\u202a-\u202e]/)
      }
  })

t.test('what replies mean', async (t) => {
  const [post] = letters(notice('opened')) as [Letter]
  const read = (status: number, body: unknown, headers = {}) =>
    matrix.read?.(
      { status, headers, body: typeof body === 'string' ? body : JSON.stringify(body) } as Reply,
      post,
    )
  t.strictSame(read(200, { event_id: '$a:b' }), { outcome: 'accepted', receipt: '$a:b' })
  for (const body of ['', '<html>', {}, { event_id: 7 }])
    t.match(read(200, body), { outcome: 'again', why: /perhaps a proxy/ })
  const limited = { errcode: 'M_LIMIT_EXCEEDED', error: 'Too Many Requests', retry_after_ms: 2500 }
  t.match(read(429, limited), { outcome: 'again', wait: 2500 })
  t.equal(read(429, limited, { 'retry-after': '3' }), undefined, 'by the rules of HTTP')
  t.match(read(401, { errcode: 'M_UNKNOWN_TOKEN', error: 'x' }), {
    outcome: 'gone',
    why: /another access token/,
  })
  t.match(read(403, { errcode: 'M_FORBIDDEN', error: 'not in room' }), {
    outcome: 'gone',
    why: /join the room/,
  })
  t.match(read(413, { errcode: 'M_TOO_LARGE', error: 'event too large' }), { outcome: 'refused' })
  t.match(read(404, '<html>'), { outcome: 'again', why: /perhaps a proxy/ })
  t.equal(read(502, '<html>'), undefined)
})

t.test('opened, grew, worse, resolved: edited in place', async (t) => {
  const receiver = await matrixReceiver()
  t.teardown(() => receiver.close())
  const it = book(t, matrix, receiver.settings)
  const { id } = incident()
  const all = [notice('opened'), notice('grew'), notice('worse'), notice('resolved', { ...over(), id })]
  for (const [index, one] of all.entries()) {
    it.tell(one)
    await until(() => it.noted.length === index + 1)
  }
  t.strictSame(
    receiver.shown().map((text) => text.split('\n')[0]),
    [
      '🔴 node1: worse: the firewall was flushed',
      '🟢 node1: resolved after 8 min: the firewall was flushed',
      '🟢 node1: resolved after 8 min: the firewall was flushed',
    ],
  )
})

t.test('an acceptance that was lost is not told twice', async (t) => {
  const receiver = await matrixReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = (_, count) => (count === 1 ? 'lost' : undefined)
  const it = book(t, matrix, receiver.settings)
  it.tell(notice('opened'))
  await until(() => it.noted.length === 1)
  t.equal(receiver.arrived.length, 2)
  t.equal(receiver.events().length, 1, 'the same transaction is the same event')
})

t.test('its limit of messages, said either way; a room that was left; 5xx', async (t) => {
  for (const header of [true, false]) {
    const receiver = await matrixReceiver({ header, rate: { burst: 3, every: 300 } })
    t.teardown(() => receiver.close())
    const it = book(t, matrix, receiver.settings, {
      sleep: (ms, signal) => really(Math.min(ms, 300), signal),
    })
    it.tell(...Array.from({ length: 8 }, (_, at) => notice('opened', incident({ id: `i${at}` }), `n${at}`)))
    await until(() => it.noted.length === 8)
    t.equal(receiver.events().length, 8)
    t.ok(receiver.arrived.length > 8)
  }
  const receiver = await matrixReceiver()
  t.teardown(() => receiver.close())
  receiver.fault = (_, count) => (count === 1 ? { status: 503 } : undefined)
  const it = book(t, matrix, receiver.settings)
  it.tell(notice('opened'))
  await until(() => it.noted.length === 1)
  receiver.trouble = 'left'
  it.tell(notice('grew'))
  await until(() => it.delivery.state().gone !== undefined)
  t.match(it.delivery.state().gone, /M_FORBIDDEN: .*let the bot join the room/)
  const wrong = book(t, matrix, { ...receiver.settings, token: 'wrong-s3cr3t' })
  wrong.tell(notice('opened'))
  await until(() => wrong.delivery.state().gone !== undefined)
  t.notMatch(JSON.stringify([it.logged, wrong.logged, wrong.states]), /s3cr3t/)
})
