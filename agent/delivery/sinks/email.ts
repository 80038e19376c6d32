import { createHash } from 'node:crypto'
import type { Letter, Mail, Notice, Reading, Reply } from '../../model/index.ts'
import { sink } from '../../model/index.ts'
import { shorten } from '../../text/lengths.ts'
import { line } from '../../text/sanitize.ts'
import { minute } from '../../text/times.ts'
import { fields } from './answers.ts'
import { isSilent, loudness } from './changes.ts'
import { escaped, pieces, signed } from './html.ts'
import { words } from './message.ts'
import { runbook, signature, unsigned, type Words } from './parts.ts'
import { onOwnLine, plainText } from './plain-text.ts'

/** Characters. A line of a header may have 998 (RFC 5322, 2.1.1); it is folded where it is posted. */
const limits = { subject: 300, name: 100 }

const colours = { critical: '#d92d20', warning: '#f79009', info: '#2e90fa', resolved: '#12b76a' }

/**
 * A mail for each change that somebody has to notice, in one thread for each incident. What only changes a message is not
 * sent: a mail cannot be changed. The subject says what is new, as a phone shows little else; Gmail then shows a thread
 * of its own for it, others do not.
 */
export const email = sink({
  name: 'email',
  settings: {
    url: {
      type: 'string',
      description:
        'The mail server: smtps://mail.example.org (port 465), or smtp://mail.example.org (port 587, encrypted by STARTTLS).',
    },
    starttls: {
      type: 'boolean',
      description: 'Whether smtp:// is encrypted; false only for a relay on this machine or network.',
      default: true,
    },
    user: { type: 'string', description: 'A user, where the server asks for a password.' },
    password: { type: 'string', description: 'The password of `user`.', secret: true },
    from: { type: 'string', description: 'The address that it comes from.' },
    to: {
      type: 'array',
      description: 'The addresses that it goes to.',
      items: { type: 'string' },
    },
  },
  required: ['url', 'from', 'to'],
  check: ({ url, starttls, user, password, from, to }) => [
    ...(url !== undefined && !server(url)
      ? ['url: is not that of a mail server: smtps://mail.example.org or smtp://mail.example.org:587']
      : []),
    ...(from !== undefined && !isAddress(from) ? ['from: is not an address: murphy@example.org'] : []),
    ...(to !== undefined && (to.length === 0 || to.length > 20 || !to.every(isAddress))
      ? ['to: must be one to twenty addresses, as in [you@example.org]']
      : []),
    ...((user === undefined) !== (password === undefined)
      ? ['user: a user and a password belong together']
      : []),
    ...(password !== undefined && !starttls && url?.startsWith('smtp:') && !isLoopback(url)
      ? ['starttls: false would show the password to everybody on the way; use smtps://, or leave it out']
      : []),
  ],
  compose(
    notice,
    { url = '', starttls, user, password = '', from = '', to = [] },
    receipt,
  ): readonly Letter[] {
    const base = server(url)
    if (!base || !isAddress(from) || !to.every(isAddress))
      throw new Error('url, from or to are not those of a mail')
    if (isSilent(notice)) return []
    const said = words(notice)
    const domain = from.slice(from.lastIndexOf('@') + 1)
    const first = receipt !== undefined && /^[\w.-]{1,100}@[\w.-]{1,253}$/.test(receipt) ? receipt : undefined
    const mail: Mail = {
      from: { name: line(`Murphy ${notice.node}`, limits.name), address: from },
      to,
      subject: shorten(said.headline.replaceAll('`', ''), limits.subject),
      ...bodies(said, notice),
      id: `murphy.${hash(`${notice.node}\n${notice.id}`)}@${domain}`,
      references: first === undefined ? [] : [first],
      date: notice.at,
      isImportant: loudness(notice) === 'alarm',
      encrypts: starttls,
    }
    const credentials = Buffer.from(`${user}:${password}`).toString('base64')
    return [
      {
        method: 'MAIL',
        url: base,
        headers: user === undefined ? {} : { authorization: `Basic ${credentials}` },
        body: JSON.stringify(mail),
      },
    ]
  },
  lacks: ({ partly }) =>
    partly === true ? 'the mail server does not take mail for some of the addresses in `to`' : undefined,
  read,
})

const hash = (text: string) => createHash('sha256').update(text).digest('hex').slice(0, 32)

/** The same as plain text and as HTML, which holds nothing that a mail client would have to fetch. */
function bodies(said: Words, notice: Notice): Pick<Mail, 'text' | 'html'> {
  const url = runbook(notice.runbookUrl, said.code)
  const foot = signature(notice, said.code, signed)
  const rows = pieces(said).map(({ kind, html }) =>
    kind === 'command'
      ? `<pre style="margin:4px 0;padding:8px;background:#8881;white-space:pre-wrap">${html}</pre>`
      : `<p style="margin:4px 0">${html}</p>`,
  )
  const link = url === undefined ? '' : `<a href="${escaped(url)}">Runbook</a> · `
  return {
    text: `${[said.headline, plainText(unsigned(said), onOwnLine), url, foot].filter(Boolean).join('\n')}\n`,
    html: [
      '<!doctype html><html><head><meta name="color-scheme" content="light dark"></head>',
      `<body style="font-family:sans-serif"><div style="border-left:4px solid ${colours[said.tone]};padding-left:12px">`,
      ...rows,
      `<p style="margin:12px 0 4px;opacity:.7">${link}${escaped(foot)}</p></div></body></html>`,
    ].join('\n'),
  }
}

/** Addresses as people have them: no quotes, comments or names, and no letters outside ASCII. */
const isAddress = (it: string) =>
  /^[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?$/.test(it)

function server(pasted: string): string | undefined {
  const url = URL.parse(pasted)
  const isBare = url && !url.username && !url.password && !url.search && /^\/?$/.test(url.pathname)
  if (!isBare || !/^smtps?:$/.test(url.protocol) || !/^(\[[\da-f:]+\]|[\w.-]+)$/i.test(url.hostname))
    return undefined
  return `${url.protocol}//${url.hostname}:${url.port || (url.protocol === 'smtps:' ? '465' : '587')}`
}

const isLoopback = (url: string) => /^(localhost|127(\.\d+){3}|\[::1\])$/.test(URL.parse(url)?.hostname ?? '')

/**
 * RFC 5321, 4.2: 4yz may succeed later, 5yz will not. What it is about is in the command: a server that refuses the
 * people or the password refuses all mail, one that refuses the message only this. Greylisting asks for some minutes.
 */
function read({ status, headers: { command = '', refused = '0' }, body }: Reply, letter: Letter): Reading {
  if (status >= 200 && status < 300) {
    const { id, references } = fields(letter.body) ?? {}
    const [root = id] = Array.isArray(references) ? references : []
    return {
      outcome: 'accepted',
      ...(typeof root === 'string' && { receipt: root }),
      shows: { partly: refused !== '0' },
    }
  }
  const said = `the mail server answered ${body || status}${command ? ` to ${command.split(' ')[0]}` : ''}`
  if (command === 'STARTTLS')
    return {
      outcome: 'again',
      why: `${said}: it does not encrypt; use smtps://, or starttls: false for a relay on this network`,
    }
  if (status < 500) return { outcome: 'again', why: said, wait: minute }
  if (command.startsWith('AUTH')) return { outcome: 'gone', why: `${said}: the user or password is wrong` }
  if (command === 'RCPT TO' || command === 'MAIL FROM')
    return { outcome: 'gone', why: `${said}: correct from or to, or send by a server that takes them` }
  if (command === 'DATA') return { outcome: 'refused', why: said }
  return { outcome: 'again', why: said, wait: minute }
}
