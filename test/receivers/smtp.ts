import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTls, type SecureContextOptions, TLSSocket } from 'node:tls'

export interface MailReceived {
  readonly from: string
  readonly to: readonly string[]
  /** Each header by its name in small letters, unfolded. */
  readonly headers: Readonly<Record<string, string>>
  /** Each part's type and text. */
  readonly parts: readonly { readonly type: string; readonly text: string }[]
  readonly encrypted: boolean
}

/** What goes wrong, and where: an answer in place of its own, no answer at all, or the socket dropped. */
export interface MailTrouble {
  readonly at: 'CONNECT' | 'EHLO' | 'AUTH' | 'MAIL' | 'RCPT' | 'DATA' | 'END'
  /** Of `RCPT`, only for this address. */
  readonly of?: string
  /** `lost`: the message is taken, and the answer is not sent. */
  readonly says: string | 'hang' | 'drop' | 'lost'
}

export interface SmtpReceiver {
  readonly port: number
  /** Each Message-ID once. */
  readonly mails: readonly MailReceived[]
  /** How many came again with a known Message-ID. */
  readonly again: () => number
  /** Each command, without what proves who one is. */
  readonly commands: readonly string[]
  readonly connections: () => number
  trouble: MailTrouble | undefined
  close(): Promise<void>
}

/**
 * A mail server as RFC 5321 asks for: commands of at most 512 bytes, lines of at most 1000 that end in CR LF and nothing
 * else, dots doubled, SIZE, AUTH PLAIN and LOGIN only over TLS, STARTTLS; ASCII headers, as it offers no SMTPUTF8.
 */
export async function smtpReceiver(options: {
  readonly tls?: SecureContextOptions
  /** From the first byte, as on port 465. */
  readonly secure?: boolean
  readonly user?: string
  readonly pass?: string
  readonly size?: number
}): Promise<SmtpReceiver> {
  const mails: MailReceived[] = []
  const commands: string[] = []
  const open = new Set<Socket>()
  let again = 0
  let connections = 0
  const take = (it: MailReceived) => {
    const id = it.headers['message-id']
    if (mails.some((one) => one.headers['message-id'] === id)) again += 1
    else mails.push(it)
  }
  const begin = (socket: Socket) => {
    connections += 1
    open.add(socket)
    socket.on('close', () => open.delete(socket)).on('error', () => undefined)
    talk(socket, { options, receiver, take, heard: (it) => void commands.push(it) })
  }
  const server = options.secure ? createTls({ ...options.tls }, begin) : createServer(begin)
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const receiver: SmtpReceiver = {
    port: (server.address() as AddressInfo).port,
    ...{ mails, commands, trouble: undefined, again: () => again, connections: () => connections },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const it of open) it.destroy()
      }),
  }
  return receiver
}

interface Talk {
  readonly options: Parameters<typeof smtpReceiver>[0]
  readonly receiver: SmtpReceiver
  readonly take: (it: MailReceived) => void
  readonly heard: (command: string) => void
}

function talk(first: Socket, { options, receiver, take, heard }: Talk): void {
  const { size = 1_000_000 } = options
  let socket = first
  let buffer = ''
  let inData = false
  let known = options.user === undefined
  let login: string | undefined
  let from = ''
  let to: string[] = []
  const isSecure = () => options.secure === true || socket !== first
  const say = (line: string) => void socket.write(`${line}\r\n`)

  /** Whether something goes wrong here; then it has been done. */
  function fails(at: MailTrouble['at'], of?: string): boolean {
    const it = receiver.trouble
    if (it?.at !== at || (it.of !== undefined && it.of !== of)) return false
    if (it.says === 'drop' || it.says === 'lost') socket.destroy()
    else if (it.says !== 'hang') say(it.says)
    if (/^421/.test(it.says)) socket.end()
    return true
  }

  function command(line: string): unknown {
    const verb = line.split(' ')[0]?.toUpperCase() ?? ''
    if (login !== undefined) return proves(line)
    heard(verb === 'AUTH' ? line.split(' ').slice(0, 2).join(' ') : line)
    if (Buffer.byteLength(line) > 510) return say('500 5.5.2 line too long')
    switch (verb) {
      case 'EHLO':
        if (fails('EHLO')) return
        say('250-mail.example greets you')
        say(`250-SIZE ${size}`)
        if (!isSecure() && options.tls) say('250-STARTTLS')
        if (options.user !== undefined && isSecure()) say('250-AUTH PLAIN LOGIN')
        return say('250 8BITMIME')
      case 'STARTTLS':
        if (!options.tls || isSecure()) return say('502 5.5.1 not implemented')
        say('220 2.0.0 go ahead')
        return encrypt()
      case 'AUTH':
        if (!isSecure()) return say('538 5.7.11 encryption required')
        if (fails('AUTH')) return
        if (/^AUTH PLAIN \S/i.test(line)) {
          const [, user, pass] = Buffer.from(line.slice(11), 'base64').toString().split('\u0000')
          known = user === options.user && pass === options.pass
          return say(known ? '235 2.7.0 welcome' : `535 5.7.8 authentication failed for ${line.slice(11)}`)
        }
        login = ''
        return say('334 VXNlcm5hbWU6')
      case 'MAIL':
        if (!known) return say('530 5.7.0 authentication required')
        if (fails('MAIL')) return
        from = /<([^>]*)>/.exec(line)?.[1] ?? ''
        to = []
        if (Number(/SIZE=(\d+)/.exec(line)?.[1] ?? 0) > size) return say('552 5.3.4 too big')
        return say('250 2.1.0 ok')
      case 'RCPT': {
        const address = /<([^>]*)>/.exec(line)?.[1] ?? ''
        if (fails('RCPT', address)) return
        to.push(address)
        return say('250 2.1.5 ok')
      }
      case 'DATA':
        if (to.length === 0) return say('503 5.5.1 nobody to give it to')
        if (fails('DATA')) return
        inData = true
        return say('354 go ahead')
      case 'QUIT':
        say('221 2.0.0 bye')
        return void socket.end()
      default:
        return say('250 2.0.0 ok')
    }
  }

  function proves(line: string): unknown {
    if (login === '') {
      login = Buffer.from(line, 'base64').toString()
      return say('334 UGFzc3dvcmQ6')
    }
    known = login === options.user && Buffer.from(line, 'base64').toString() === options.pass
    login = undefined
    return say(known ? '235 2.7.0 welcome' : '535 5.7.8 authentication failed')
  }

  function message(text: string): unknown {
    const wrong = mailProblems(text, size)
    if (wrong) return say(wrong)
    const it = receiver.trouble
    if (it?.at !== 'END' || it.says === 'lost') take({ from, to, ...parsed(text), encrypted: isSecure() })
    return fails('END') || say(`250 2.0.0 ok: queued as ${receiver.mails.length}`)
  }

  function encrypt(): void {
    const secure = new TLSSocket(first, { isServer: true, ...options.tls })
    secure.on('error', () => undefined).on('data', read)
    first.removeListener('data', read)
    buffer = ''
    socket = secure
  }

  function read(part: Buffer): void {
    buffer += part.toString('latin1')
    for (;;) {
      const mark = inData ? '\r\n.\r\n' : '\r\n'
      const end = buffer.indexOf(mark)
      if (end < 0) return
      const text = buffer.slice(0, inData ? end + 2 : end)
      buffer = buffer.slice(end + mark.length)
      if (inData) {
        inData = false
        message(text)
      } else command(text)
    }
  }

  first.on('data', read)
  if (!fails('CONNECT')) say('220 mail.example ESMTP')
}

/** What is wrong with a message as it comes over the line, as the server says it. */
function mailProblems(text: string, size: number): string | undefined {
  if (text.length > size) return '552 5.3.4 too big'
  if (/(^|[^\r])\n|\r(?!\n)/.test(text)) return '550 5.6.11 a line ends in a bare CR or LF'
  if (text.split('\r\n').some((it) => it.length > 998)) return '500 5.5.2 line too long'
  const [head = ''] = text.split('\r\n\r\n')
  if (/[^\x00-\x7f]/.test(head)) return '550 5.6.7 no SMTPUTF8 was asked for'
  for (const name of ['From', 'To', 'Date', 'Message-ID', 'Subject'])
    if (head.split('\r\n').filter((it) => it.startsWith(`${name}: `)).length !== 1)
      return `550 5.6.0 not one ${name}`
  return undefined
}

function parsed(text: string): Pick<MailReceived, 'headers' | 'parts'> {
  const { headers, body } = part(text.replaceAll('\r\n..', '\r\n.'))
  const [, boundary] = /boundary="?([^";]+)/.exec(String(headers['content-type'])) ?? []
  const parts = boundary === undefined ? [] : body.split(`--${boundary}`).slice(1, -1)
  return {
    headers,
    parts: parts.map((it) => {
      const { headers: own, body: coded } = part(it.replace(/^\r\n/, ''))
      return { type: String(own['content-type']).split(';')[0] ?? '', text: decoded(coded, own) }
    }),
  }
}

function part(text: string): { headers: Record<string, string>; body: string } {
  const at = text.indexOf('\r\n\r\n')
  const lines = text
    .slice(0, at)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n')
  const headers = lines.map((it) => [
    it.slice(0, it.indexOf(':')).toLowerCase(),
    it.slice(it.indexOf(':') + 2),
  ])
  return { headers: Object.fromEntries(headers), body: text.slice(at + 4) }
}

function decoded(text: string, headers: Readonly<Record<string, string>>): string {
  const how = headers['content-transfer-encoding']
  if (how === 'base64') return Buffer.from(text, 'base64').toString()
  if (how !== 'quoted-printable') return text.replaceAll('\r\n', '\n')
  const bytes = text
    .replace(/=\r\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString().replaceAll('\r\n', '\n')
}

/** A header with its encoded words (RFC 2047) as people read it. */
export function readHeader(text = ''): string {
  const bytes = text
    .replace(/\?=\s+=\?/g, '?==?')
    .replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_, how: string, it: string) =>
      how.toLowerCase() === 'b'
        ? Buffer.from(it, 'base64').toString('latin1')
        : it
            .replaceAll('_', ' ')
            .replace(/=([0-9A-F]{2})/gi, (_all, hex: string) =>
              String.fromCharCode(Number.parseInt(hex, 16)),
            ),
    )
  return Buffer.from(bytes, 'latin1').toString()
}
