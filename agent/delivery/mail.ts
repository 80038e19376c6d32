import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { Letter, Mail, Reply } from '../model/index.ts'
import { names } from './addresses.ts'
import { cleaner, userIn } from './clean.ts'
import type { Post, PostOptions } from './delivery.ts'
import { redactor } from './redact.ts'
import { readError, readReply } from './retry.ts'

/** How much of what a mail server says is read, characters. */
const replyLimit = 4096
/** A server that writes more than this without an end is left, bytes. */
const longestReply = 64 * 1024

/**
 * The way to a mail server: a connection for each letter, as these close idle ones, and since no answer means no
 * delivery there. So mail does not get out where a firewall drops new connections. As `Post`, it never throws, never
 * outlasts its timeout, and all that a server says is bounded.
 */
export function openMail({ sink, settings, timeout = 60_000, now = Date.now, signal }: PostOptions): Post {
  const clean = cleaner(sink, settings)
  return {
    async send(letter) {
      const deadline = AbortSignal.timeout(timeout)
      let isWritten: boolean = false
      try {
        const reply = await handOver(letter, signal ? AbortSignal.any([signal, deadline]) : deadline, () => {
          isWritten = true
        })
        const reading = sink.read?.(reply, letter) ?? readReply(reply, now())
        return { reading: clean(letter, reading), rest: 0, status: reply.status }
      } catch (error) {
        const { why } = readError(error)
        const unconfirmed = isWritten ? ({ unconfirmed: true } as const) : {}
        return { reading: clean(letter, { outcome: 'again', why, ...unconfirmed }), rest: 0 }
      }
    },
    hold: async () => 'silent',
    isOpen: () => false,
    redact: redactor(sink, settings),
    close: async () => {},
  }
}

/** An error of nodemailer's (its errors.js). */
interface SmtpError extends Error {
  readonly code?: string
  /** That of the system, where nodemailer has put its own in its place. */
  readonly originalCode?: string
  readonly response?: string
  readonly responseCode?: number
  readonly command?: string
}

/**
 * Posts one message. Resolves with what the server said last, be it good or bad; rejects where it said nothing.
 * `written`: called when the message itself begins to be sent.
 */
async function handOver(letter: Letter, signal: AbortSignal, written: () => void): Promise<Reply> {
  const message = await encoded(JSON.parse(letter.body) as Mail)
  const socket = await connected(new URL(letter.url), signal)
  try {
    return await session(letter, message, socket, signal, written)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    const it = error as SmtpError
    const { command = '', response = '' } = it
    if (it.responseCode)
      return { status: it.responseCode, headers: { command }, body: response.slice(0, replyLimit) }
    // It offers no way to say who one is.
    if (it.code === 'EAUTH')
      return { status: 535, headers: { command: 'AUTH' }, body: it.message.slice(0, replyLimit) }
    throw Object.assign(new Error('no answer'), { code: it.originalCode ?? codeOf(it) })
  } finally {
    socket.destroy()
  }
}

/** RFC 5322 and MIME, with a `.` at the beginning of no line doubled yet. */
async function encoded(mail: Mail): Promise<Buffer> {
  const { default: MailComposer } = await import('nodemailer/lib/mail-composer')
  const { from, to, subject, text, html, id, references, date, isImportant } = mail
  const composer = new MailComposer({
    ...{ from, to: [...to], subject, text, html, date: new Date(date), messageId: `<${id}>` },
    ...(references.length > 0 && {
      inReplyTo: `<${references.at(-1)}>`,
      references: references.map((it) => `<${it}>`),
    }),
    // So that nobody's absence is answered (RFC 3834).
    headers: {
      ...{ 'Auto-Submitted': 'auto-generated', 'X-Auto-Response-Suppress': 'All' },
      ...(isImportant && { Importance: 'High', 'X-Priority': '1 (Highest)' }),
    },
    ...{ disableFileAccess: true, disableUrlAccess: true, newline: 'windows' },
  })
  return composer.compile().build()
}

async function connected({ hostname, port, protocol }: URL, signal: AbortSignal): Promise<Socket> {
  const socket = connect({
    host: hostname.replace(/^\[|\]$/g, ''),
    port: Number(port) || (protocol === 'smtps:' ? 465 : 587),
    lookup: names.lookup,
    autoSelectFamilyAttemptTimeout: 1500,
  })
  try {
    await once(socket, 'connect', { signal })
    return socket
  } catch (error) {
    socket.destroy()
    throw signal.aborted ? signal.reason : error
  }
}

async function session(
  letter: Letter,
  message: Buffer,
  socket: Socket,
  signal: AbortSignal,
  written: () => void,
): Promise<Reply> {
  const { default: SMTPConnection } = await import('nodemailer/lib/smtp-connection')
  const { hostname, protocol } = new URL(letter.url)
  const { from, to, encrypts } = JSON.parse(letter.body) as Mail
  const isSecure = protocol === 'smtps:'
  const smtp = new SMTPConnection({
    ...{ connection: socket, host: hostname.replace(/^\[|\]$/g, ''), secure: isSecure, logger: false },
    ...(isSecure ? {} : encrypts ? { requireTLS: true } : { ignoreTLS: true }),
    ...{ maxResponseSize: longestReply },
  })
  const ended = new Promise<never>((_, reject) => {
    smtp.on('error', reject)
    smtp.once('end', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  ended.catch(() => undefined)
  const step = <T>(run: (done: (error: Error | null | undefined, value?: T) => void) => void) =>
    Promise.race([
      ended,
      new Promise<T | undefined>((resolve, reject) =>
        run((error, value) => (error ? reject(error) : resolve(value))),
      ),
    ])
  try {
    await step((done) => smtp.connect(done))
    const { authorization = '' } = letter.headers
    if (authorization) await step((done) => smtp.login({ credentials: userIn(authorization) }, done))
    const envelope = { from: from.address, to: [...to], size: message.length }
    const body = Readable.from(
      (async function* () {
        // The server has said that it wants the message.
        written()
        yield message
      })(),
    )
    const info = await step<{ response?: string; rejected?: readonly unknown[] }>((done) =>
      smtp.send(envelope, body, done),
    )
    const { response = '', rejected = [] } = info ?? {}
    return {
      status: Number(/^\d{3}/.exec(response)?.[0] ?? 250),
      headers: { command: 'DATA', refused: String(rejected.length) },
      body: response.slice(0, replyLimit),
    }
  } finally {
    smtp.close()
  }
}

/** Why a connection could not be encrypted: nodemailer only keeps OpenSSL's words. */
const failures: readonly (readonly [RegExp, string])[] = [
  [/certificate has expired/i, 'CERT_HAS_EXPIRED'],
  [/altnames|hostname\/ip/i, 'ERR_TLS_CERT_ALTNAME_INVALID'],
  [/wrong version number|packet length too long/i, 'ERR_SSL_WRONG_VERSION_NUMBER'],
  [/self[- ]signed/i, 'DEPTH_ZERO_SELF_SIGNED_CERT'],
  [/unable to (verify|get)/i, 'UNABLE_TO_VERIFY_LEAF_SIGNATURE'],
]

const codeOf = ({ message, code = '' }: SmtpError) =>
  failures.find(([said]) => said.test(message))?.[1] ??
  { ECONNECTION: 'ECONNRESET', ESOCKET: 'ECONNRESET' }[code] ??
  code
