import { readFileSync } from 'node:fs'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import t from 'tap'
import { openPost } from '../../../agent/delivery/post.ts'
import { email } from '../../../agent/delivery/sinks/email.ts'
import type { Notice } from '../../../agent/model/index.ts'
import { certificates } from '../../collectors/certs/openssl.ts'
import { book, until } from '../../receivers/book.ts'
import { readHeader } from '../../receivers/mail-text.ts'
import { hostile, hostileNotices, incident, notice, over } from '../../receivers/notices.ts'
import { type SmtpReceiver, smtpReceiver } from '../../receivers/smtp.ts'

const { issue } = certificates(t)
const authority = issue({ subject: '/CN=ca', ca: true })
const leaf = issue({ subject: '/CN=localhost', by: authority, names: 'DNS:localhost' })
const tls = { cert: leaf.pem, key: readFileSync(leaf.key) }
setDefaultCACertificates([...getCACertificates('default'), authority.pem])

const credentials = { user: 'murphy', password: 'päss-s3cr3t' }
const known = { user: credentials.user, pass: credentials.password }
async function receives(options: Parameters<typeof smtpReceiver>[0] = {}): Promise<SmtpReceiver> {
  const it = await smtpReceiver(options)
  t.teardown(() => it.close())
  return it
}
const plain = (port: number, more: object = {}) => ({
  ...{
    url: `smtp://127.0.0.1:${port}`,
    starttls: false,
    from: 'murphy@example.org',
    to: ['you@example.org'],
  },
  ...more,
})
const encrypted = (port: number, more: object = {}) =>
  plain(port, { url: `smtp://localhost:${port}`, starttls: true, ...credentials, ...more })

t.test('a mail over STARTTLS, and over TLS from the first byte', async (t) => {
  for (const secure of [false, true]) {
    const receiver = await receives({ tls, secure, ...known })
    const it = book(
      t,
      email,
      encrypted(receiver.port, secure ? { url: `smtps://localhost:${receiver.port}` } : {}),
    )
    it.tell(notice('opened'))
    await until(() => it.noted.length === 1)
    const [mail] = receiver.mails
    t.match(mail, { from: 'murphy@example.org', to: ['you@example.org'], encrypted: true })
    t.equal(mail?.headers.subject, 'node1: the firewall was flushed')
    t.match(mail?.headers.from, /^"?Murphy node1"? <murphy@example\.org>$/)
    t.match(mail?.headers, { 'auto-submitted': 'auto-generated', importance: 'High' })
    t.strictSame(
      mail?.parts.map(({ type }) => type),
      ['text/plain', 'text/html'],
    )
    t.match(mail?.parts[0]?.text, /\n1\. systemctl restart k3s\n/)
    t.match(mail?.parts[1]?.text, '🔴 <b>node1: the firewall was flushed</b>')
    t.equal(`<${it.noted[0]?.[1]}>`, mail?.headers['message-id'], 'its receipt')
  }
})

t.test('one thread for each incident', async (t) => {
  const receiver = await receives()
  const it = book(t, email, plain(receiver.port))
  const { id } = incident()
  for (const [index, one] of [
    notice('opened'),
    notice('worse'),
    notice('resolved', { ...over(), id }),
  ].entries()) {
    it.tell(one)
    await until(() => it.noted.length === index + 1)
  }
  const [first, ...others] = receiver.mails.map(({ headers }) => headers)
  t.equal(first?.references, undefined)
  for (const one of others) {
    t.equal(one['in-reply-to'], first?.['message-id'])
    t.equal(one.references, first?.['message-id'])
  }
  t.equal(readHeader(others[1]?.subject), 'node1: resolved after 8 min: the firewall was flushed')
})

t.test('a server in trouble: tried again, in order, nothing lost, nothing twice', async (t) => {
  const receiver = await receives()
  const it = book(t, email, plain(receiver.port))
  const troubles = [
    { at: 'CONNECT', says: '421 4.3.2 too many connections' },
    { at: 'CONNECT', says: 'drop' },
    { at: 'RCPT', says: '450 4.2.0 greylisted, come back later' },
    { at: 'DATA', says: '451 4.3.0 no room' },
    { at: 'END', says: '452 4.3.1 no room' },
  ] as const
  for (const [index, trouble] of troubles.entries()) {
    receiver.trouble = trouble
    const before = it.states.length
    it.tell(notice('opened', incident({ id: `i${index}` }), `n${index}`))
    await until(() => it.states.slice(before).some(({ failing }) => failing))
    receiver.trouble = undefined
    await until(() => it.noted.length === index + 1)
  }
  t.equal(receiver.mails.length, troubles.length)
  t.equal(receiver.again(), 0)
  t.match(
    it.states.find(({ failing }) => failing?.why.includes('450'))?.failing?.why,
    /greylisted.* to RCPT$/,
  )
})

t.test('an acceptance that was lost: told twice rather than never, with the same Message-ID', async (t) => {
  const receiver = await receives()
  const doubts: string[] = []
  const it = book(t, email, plain(receiver.port), { unconfirmed: ({ id }: Notice) => void doubts.push(id) })
  receiver.trouble = { at: 'END', says: 'lost' }
  it.tell(notice('opened'))
  await until(() => doubts.length > 0)
  receiver.trouble = { at: 'CONNECT', says: 'drop' }
  const known = doubts.length
  await until(() => receiver.connections() > 4)
  t.ok(doubts.length - known <= 1, 'what was not sent is not in doubt')
  receiver.trouble = undefined
  await until(() => it.noted.length === 1)
  t.equal(receiver.mails.length, 1)
  t.ok(receiver.again() >= 1)
})

t.test('a wrong password, nobody to give it to, spam: nothing lost, and it says what to do', async (t) => {
  const receiver = await receives({ tls, ...known })
  const tries = async (
    more: object,
    trouble: SmtpReceiver['trouble'],
    key: 'gone' | 'failing',
    why: RegExp,
  ) => {
    receiver.trouble = trouble
    const it = book(t, email, encrypted(receiver.port, more))
    it.tell(notice('opened'))
    await until(() => it.delivery.state()[key] !== undefined)
    const state = it.delivery.state()
    t.match(state.gone ?? state.failing?.why, why)
    t.equal(it.due.length, 1, 'it is still due')
    t.notMatch(JSON.stringify([it.logged, it.states]), /s3cr3t|AG11cnBoeQ|cMOkc3M/, 'nor as it was sent')
  }
  await tries(
    { password: 'wrong-s3cr3t' },
    undefined,
    'gone',
    /^localhost: .*535 .*: the user or password is wrong$/,
  )
  await tries(
    {},
    { at: 'RCPT', says: '550 5.1.1 no such user' },
    'gone',
    /550 .* to RCPT: correct from or to/,
  )
  await tries({}, { at: 'END', says: '554 5.7.1 looks like spam' }, 'failing', /554 5\.7\.1 looks like spam/)
  await tries({}, { at: 'EHLO', says: 'drop' }, 'failing', /dropped the connection/)
})

t.test('one of two addresses is refused: the other has it once, and it is said', async (t) => {
  const receiver = await receives()
  receiver.trouble = { at: 'RCPT', of: 'gone@example.org', says: '550 5.1.1 no such user' }
  const it = book(t, email, plain(receiver.port, { to: ['gone@example.org', 'you@example.org'] }))
  it.tell(notice('opened'))
  await until(() => it.noted.length === 1)
  t.match(receiver.mails, [{ to: ['you@example.org'] }])
  t.match(it.delivery.state().lacks, /some of the addresses/)
})

t.test('no password without encryption, and none to a stranger', async (t) => {
  const open = await receives({ ...known })
  const it = book(t, email, encrypted(open.port))
  it.tell(notice('opened'))
  await until(() => it.delivery.state().failing !== undefined)
  t.match(it.delivery.state().failing?.why, /it does not encrypt; use smtps:/)
  const alone = issue({ subject: '/CN=localhost', names: 'DNS:localhost' })
  const stranger = await receives({
    tls: { cert: alone.pem, key: readFileSync(alone.key) },
    secure: true,
    ...known,
  })
  const other = book(t, email, encrypted(stranger.port, { url: `smtps://localhost:${stranger.port}` }))
  other.tell(notice('opened'))
  await until(() => other.delivery.state().failing !== undefined)
  t.match(other.delivery.state().failing?.why, /shows a certificate this node does not trust/)
  t.strictSame(
    [...open.commands, ...stranger.commands].filter((line) => /AUTH/.test(line)),
    [],
  )
})

t.test('a port that speaks another protocol', async (t) => {
  const open = await receives()
  const says = async (url: string) => {
    const post = openPost({ sink: email, settings: plain(0, { url }) as never, timeout: 3000 })
    const [letter] = email.compose(notice('opened'), plain(0, { url }) as never)
    const it = letter && (await post.send(letter))
    return it?.reading.outcome === 'again' ? it.reading.why : it?.reading.outcome
  }
  t.match(await says(`smtps://127.0.0.1:${open.port}`), /does not speak TLS there/)
  open.trouble = { at: 'CONNECT', says: 'HTTP/1.1 400 Bad Request' }
  t.match(await says(`smtp://127.0.0.1:${open.port}`), /does not answer as a mail server does/)
  t.match(await says('smtp://127.0.0.1:9'), /refused the connection/)
  t.match(await says('smtp://no-such-host.invalid'), /the name was not found/)
})

t.test('hostile texts are taken at the first try, and begin no header', async (t) => {
  const receiver = await receives()
  const it = book(t, email, plain(receiver.port))
  const all = Object.values(hostile)
    .flatMap((text) => hostileNotices(text).slice(0, 6))
    .map((one, index): Notice => ({ ...one, id: `n${index}`, at: Date.now() }))
  it.tell(...all)
  await until(() => it.noted.length === all.length, 120_000)
  t.strictSame(
    it.states.filter(({ failing }) => failing),
    [],
  )
  const own =
    'auto-submitted content-type date from importance in-reply-to message-id mime-version references subject to x-auto-response-suppress x-priority'
  t.strictSame(
    [...new Set(receiver.mails.flatMap(({ headers }) => Object.keys(headers)))]
      .toSorted((a, b) => a.localeCompare(b))
      .join(' '),
    own,
  )
})

t.test('whatever a server does, a letter ends', async (t) => {
  const receiver = await receives()
  const [letter] = email.compose(notice('opened'), plain(receiver.port) as never)
  for (const at of ['CONNECT', 'EHLO', 'MAIL', 'RCPT', 'DATA', 'END'] as const)
    for (const says of ['hang', `250 ${'x'.repeat(100_000)}`, '999 what', 'SSH-2.0', '\u001b[2J\u0000']) {
      receiver.trouble = { at, says }
      const post = openPost({ sink: email, settings: plain(receiver.port) as never, timeout: 700 })
      const begun = performance.now()
      const it = letter && (await post.send(letter))
      await post.close()
      t.ok(performance.now() - begun < 5000, `${at}: ${says.slice(0, 9)}: ends`)
      if (it?.reading.outcome === 'accepted') continue
      t.match(it?.reading.why, /^[^\u0000-\u001f\u007f-\u009f]{1,240}$/, `${at}: a line`)
    }
})
