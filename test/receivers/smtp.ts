import { type AddressInfo, createServer, type Socket } from 'node:net'
import { createServer as createTls, type SecureContextOptions, TLSSocket } from 'node:tls'
import { type MailRead, mailProblems, mailRead } from './mail-text.ts'

export interface MailReceived extends MailRead {
  readonly from: string
  readonly to: readonly string[]
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
    new Talk(socket, { options, receiver, take, heard: (it) => void commands.push(it) })
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

interface Ears {
  readonly options: Parameters<typeof smtpReceiver>[0]
  readonly receiver: SmtpReceiver
  readonly take: (it: MailReceived) => void
  readonly heard: (command: string) => void
}

/** One connection. */
class Talk {
  readonly #first: Socket
  readonly #ears: Ears
  readonly #size: number
  #socket: Socket
  #buffer = ''
  #inData: boolean = false
  #isKnown: boolean
  /** The user of AUTH LOGIN, empty while it is asked for. */
  #login: string | undefined
  #from = ''
  #to: string[] = []

  constructor(socket: Socket, ears: Ears) {
    this.#first = socket
    this.#socket = socket
    this.#ears = ears
    this.#size = ears.options.size ?? 1_000_000
    this.#isKnown = ears.options.user === undefined
    socket.on('data', this.#read)
    if (!this.#fails('CONNECT')) this.#say('220 mail.example ESMTP')
  }

  get #isSecure(): boolean {
    return this.#ears.options.secure === true || this.#socket !== this.#first
  }

  #say(line: string): void {
    this.#socket.write(`${line}\r\n`)
  }

  /** Whether something goes wrong here; then it has been done. */
  #fails(at: MailTrouble['at'], of?: string): boolean {
    const it = this.#ears.receiver.trouble
    if (it?.at !== at || (it.of !== undefined && it.of !== of)) return false
    if (it.says === 'drop' || it.says === 'lost') this.#socket.destroy()
    else if (it.says !== 'hang') this.#say(it.says)
    if (/^421/.test(it.says)) this.#socket.end()
    return true
  }

  /** Says this, unless something goes wrong here. */
  #answer(at: MailTrouble['at'], line: string, of?: string): boolean {
    const fails = this.#fails(at, of)
    if (!fails) this.#say(line)
    return !fails
  }

  #command(line: string): void {
    const verb = line.split(' ')[0]?.toUpperCase() ?? ''
    this.#ears.heard(verb === 'AUTH' ? line.split(' ').slice(0, 2).join(' ') : line)
    const address = /<([^>]*)>/.exec(line)?.[1] ?? ''
    if (Buffer.byteLength(line) > 510) this.#say('500 5.5.2 line too long')
    else if (verb === 'EHLO') this.#greets()
    else if (verb === 'STARTTLS') this.#encrypts()
    else if (verb === 'AUTH') this.#asksWho(line)
    else if (verb === 'MAIL') this.#begins(address, Number(/SIZE=(\d+)/.exec(line)?.[1] ?? 0))
    else if (verb === 'RCPT') {
      if (this.#answer('RCPT', '250 2.1.5 ok', address)) this.#to.push(address)
    } else if (verb === 'DATA' && this.#to.length === 0) this.#say('503 5.5.1 nobody to give it to')
    else if (verb === 'DATA') this.#inData = this.#answer('DATA', '354 go ahead')
    else if (verb === 'QUIT') {
      this.#say('221 2.0.0 bye')
      this.#socket.end()
    } else this.#say('250 2.0.0 ok')
  }

  #greets(): void {
    const { tls, user } = this.#ears.options
    if (!this.#answer('EHLO', '250-mail.example greets you')) return
    this.#say(`250-SIZE ${this.#size}`)
    if (!this.#isSecure && tls) this.#say('250-STARTTLS')
    if (user !== undefined && this.#isSecure) this.#say('250-AUTH PLAIN LOGIN')
    this.#say('250 8BITMIME')
  }

  #encrypts(): void {
    const { tls } = this.#ears.options
    if (!tls || this.#isSecure) {
      this.#say('502 5.5.1 not implemented')
      return
    }
    this.#say('220 2.0.0 go ahead')
    const secure = new TLSSocket(this.#first, { isServer: true, ...tls })
    secure.on('error', () => undefined).on('data', this.#read)
    this.#first.removeListener('data', this.#read)
    this.#buffer = ''
    this.#socket = secure
  }

  #asksWho(line: string): void {
    if (!this.#isSecure) {
      this.#say('538 5.7.11 encryption required')
      return
    }
    if (this.#fails('AUTH')) return
    if (/^AUTH PLAIN \S/i.test(line)) {
      const [, user, pass] = Buffer.from(line.slice(11), 'base64').toString().split('\u0000')
      this.#knows(user, pass, line.slice(11))
      return
    }
    this.#login = ''
    this.#say('334 VXNlcm5hbWU6')
  }

  #proves(line: string): void {
    const said = Buffer.from(line, 'base64').toString()
    if (this.#login === '') {
      this.#login = said
      this.#say('334 UGFzc3dvcmQ6')
      return
    }
    this.#knows(this.#login, said, line)
    this.#login = undefined
  }

  #knows(user: string | undefined, pass: string | undefined, proof: string): void {
    const { options } = this.#ears
    this.#isKnown = user === options.user && pass === options.pass
    // As servers should not, it says what it was told.
    this.#say(this.#isKnown ? '235 2.7.0 welcome' : `535 5.7.8 authentication failed for ${proof}`)
  }

  #begins(from: string, size: number): void {
    if (!this.#isKnown) {
      this.#say('530 5.7.0 authentication required')
      return
    }
    if (size > this.#size) {
      this.#say('552 5.3.4 too big')
      return
    }
    this.#from = from
    this.#to = []
    this.#answer('MAIL', '250 2.1.0 ok')
  }

  #message(text: string): void {
    const { receiver, take } = this.#ears
    const wrong = mailProblems(text, this.#size)
    if (wrong) {
      this.#say(wrong)
      return
    }
    const it = receiver.trouble
    if (it?.at !== 'END' || it.says === 'lost')
      take({ from: this.#from, to: this.#to, ...mailRead(text), encrypted: this.#isSecure })
    this.#answer('END', `250 2.0.0 ok: queued as ${receiver.mails.length}`)
  }

  readonly #read = (part: Buffer): void => {
    this.#buffer += part.toString('latin1')
    for (;;) {
      const mark = this.#inData ? '\r\n.\r\n' : '\r\n'
      const end = this.#buffer.indexOf(mark)
      if (end < 0) return
      const text = this.#buffer.slice(0, this.#inData ? end + 2 : end)
      this.#buffer = this.#buffer.slice(end + mark.length)
      if (this.#inData) {
        this.#inData = false
        this.#message(text)
      } else if (this.#login !== undefined) this.#proves(text)
      else this.#command(text)
    }
  }
}
