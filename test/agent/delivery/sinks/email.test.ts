import t from 'tap'
import { email } from '../../../../agent/delivery/sinks/email.ts'
import type { Letter, Mail, Notice, Reply } from '../../../../agent/model/index.ts'
import { hostile, hostileNotices, incident, notice, over, since } from '../../../receivers/notices.ts'

const settings = {
  ...{ url: 'smtps://mail.example.org', starttls: true, user: 'murphy', password: 'päss' },
  ...{ from: 'murphy@example.org', to: ['you@example.org'] },
}
const letters = (of: Notice, about?: string, more: object = {}) =>
  email.compose(of, { ...settings, ...more }, about)
const mailOf = (of: Notice, about?: string, more: object = {}) =>
  JSON.parse(letters(of, about, more)[0]?.body ?? '{}') as Mail

t.test('what people see', async (t) => {
  const [it] = letters(notice('opened'))
  t.match(it, { method: 'MAIL', url: 'smtps://mail.example.org:465' })
  t.equal(it?.headers.authorization, `Basic ${Buffer.from('murphy:päss').toString('base64')}`)
  const { text, html, id, ...rest } = mailOf({
    ...notice('opened'),
    runbookUrl: 'https://wiki.example/{code}',
  })
  t.strictSame(rest, {
    ...{ from: { name: 'Murphy node1', address: 'murphy@example.org' }, to: ['you@example.org'] },
    ...{ subject: 'node1: the firewall was flushed', references: [], date: since + 240_000 },
    ...{ isImportant: true, encrypts: true },
  })
  t.match(id, /^murphy\.[0-9a-f]{32}@example\.org$/)
  t.match(
    text,
    /^node1: the firewall was flushed\n`iptables` .*\nImpact: .*\nFix\n1\. systemctl restart k3s\n/,
  )
  t.match(text, /\nhttps:\/\/wiki\.example\/firewall\.flushed\nMurphy · node1 · firewall\.flushed\n$/)
  t.match(html, '<p style="margin:4px 0">🔴 <b>node1: the firewall was flushed</b></p>')
  t.match(html, />systemctl restart k3s<\/pre>/)
  t.match(html, '<a href="https://wiki.example/firewall.flushed">Runbook</a> · Murphy')
  t.notMatch(html, /<(img|script|link|style|iframe)|url\(/, 'nothing is fetched')
})

t.test('one thread for each incident, one id for each notice', async (t) => {
  const first = mailOf(notice('opened'))
  t.equal(mailOf({ ...notice('opened'), at: 9 }).id, first.id, 'the same at every attempt')
  const second = mailOf(notice('worse'), first.id)
  t.not(second.id, first.id)
  t.strictSame(second.references, [first.id])
  t.strictSame(mailOf(notice('worse'), 'a>\r\nBcc: b@c').references, [], 'only an id is one')
  t.equal(mailOf(notice('resolved', over()), first.id).isImportant, false)
  for (const kind of ['grew', 'merged'] as const) t.strictSame(letters(notice(kind), first.id), [])
})

t.test('settings that cannot be', async (t) => {
  const wrong = (more: object) => email.check?.({ ...settings, ...more }).map((it) => it.split(':')[0])
  t.strictSame(wrong({}), [])
  t.strictSame(wrong({ url: 'smtp://[::1]:25', starttls: false }), [])
  t.strictSame(wrong({ to: ['a@b.example', 'c+d@e.example'] }), [])
  for (const url of [
    'mail.example.org',
    'https://mail.example.org',
    'smtp://u:p@h',
    'smtp://h/x',
    'smtp://h?x=1',
  ])
    t.strictSame(wrong({ url }), ['url'], url)
  for (const to of [[], ['you'], ['You <you@example.org>'], ['a@b\r\nBcc: c@d']])
    t.strictSame(wrong({ to }), ['to'], to.join())
  t.strictSame(wrong({ from: 'Murphy <m@example.org>' }), ['from'])
  t.strictSame(wrong({ user: undefined }), ['user'])
  t.strictSame(
    wrong({ url: 'smtp://mail.example.org', starttls: false }),
    ['starttls'],
    'a password for everybody',
  )
  t.equal(letters(notice('opened'), undefined, { url: 'smtp://h' })[0]?.url, 'smtp://h:587')
  t.throws(() => letters(notice('opened'), undefined, { url: 'x' }))
})

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    for (const of of hostileNotices(text))
      for (const it of letters(of)) {
        t.ok(Buffer.byteLength(it.body) < 20_000, `${of.kind}: ${Buffer.byteLength(it.body)}`)
        const { subject, from, id, html } = JSON.parse(it.body) as Mail
        for (const head of [subject, from.name, id]) {
          t.notMatch(head, /[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/, `${of.kind}: no header can be forged`)
          t.ok(head.length <= 300)
        }
        const left = html.replace(/<\/?(!doctype|html|head|meta|body|div|p|pre|b|i|code)\b[^<>]*>/g, '')
        t.notMatch(left, /[<>]/, `${of.kind}: no tag but its own`)
      }
  })

t.test('what replies mean', async (t) => {
  const [post] = letters(notice('opened')) as [Letter]
  const read = (status: number, command: string, body = `${status} no`, more: object = {}, letter = post) =>
    email.read?.({ status, headers: { command, ...more }, body } as Reply, letter)
  const { id } = JSON.parse(post.body) as Mail
  t.strictSame(read(250, 'DATA'), { outcome: 'accepted', receipt: id, shows: { partly: false } })
  t.match(read(250, 'DATA', 'ok', { refused: '1' }), { shows: { partly: true } })
  const [answer] = letters(notice('worse'), 'root@example.org') as [Letter]
  t.match(read(250, 'DATA', 'ok', {}, answer), { receipt: 'root@example.org' }, 'the thread keeps its root')
  t.match(read(450, 'RCPT TO', '450 4.2.0 greylisted'), { outcome: 'again', wait: 60_000 })
  t.match(read(421, 'CONN'), { outcome: 'again' })
  t.match(read(535, 'AUTH PLAIN', '535 5.7.8 no'), {
    outcome: 'gone',
    why: 'the mail server answered 535 5.7.8 no to AUTH: the user or password is wrong',
  })
  t.match(read(550, 'RCPT TO', '550 5.1.1 unknown'), { outcome: 'gone', why: /correct from or to/ })
  t.match(read(530, 'MAIL FROM'), { outcome: 'gone' })
  t.match(read(554, 'DATA', '554 5.7.1 spam'), { outcome: 'refused' })
  t.match(read(502, 'STARTTLS'), { outcome: 'again', why: /use smtps:\/\/, or starttls: false/ })
  t.match(read(554, 'CONN', '554 no service'), { outcome: 'again' })
})

t.test('what some do not get is said', async (t) => {
  t.match(email.lacks?.({ partly: true }), /some of the addresses in `to`/)
  t.equal(email.lacks?.({}), undefined)
  t.equal(mailOf(notice('opened', incident({ severity: 'warning' }))).isImportant, false)
})
