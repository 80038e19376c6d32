import { Agent, Client, type Dispatcher, EnvHttpProxyAgent, request } from 'undici'
import type { Letter, Properties, Reading, Reply, Settings, Sink } from '../model/index.ts'
import { line } from '../text/sanitize.ts'
import { minute } from '../text/times.ts'
import { rememberNames } from './addresses.ts'
import { hidden, redactor } from './redact.ts'
import { readError, readReply, rest, within } from './retry.ts'

/** The result of posting one letter. */
export interface Sent {
  readonly reading: Reading
  /** How long the service asks for no further letter, ms. */
  readonly rest: number
  /** Absent when there was no reply. */
  readonly status?: number
}

/**
 * The only place where notifications go out to the network. Nothing here throws, follows a redirect or outlasts its
 * timeout, and all that a server says is bounded: its headers (16 KiB, by undici), its body, its times, its messages.
 */
export interface Post {
  send(letter: Letter): Promise<Sent>
  /**
   * Sends an OPTIONS request, only to keep the connection open. A letter over an open connection arrives even when no
   * answer can come back, as after a flush with a DROP policy, when no new connection can be made. `wanted`: aborted
   * when a letter is due, so that it waits no longer than `holdGrace`. `recent`: it was used within `holdEvery`, so
   * nothing was sent.
   */
  hold(wanted?: AbortSignal): Promise<'answered' | 'recent' | 'silent'>
  /** Whether the connection is there, as far as this node knows: the server may have closed it unheard. */
  isOpen(): boolean
  /** The text without this sink's secrets. */
  redact(text: string): string
  close(): Promise<void>
}

export interface PostOptions {
  readonly sink: Sink
  readonly settings: Settings<Properties>
  /** How long one request may take in all, ms; default 15 s. */
  readonly timeout?: number | undefined
  /** How long a connection is kept that is not used, ms, if the server does not say that it closes it sooner. */
  readonly idle?: number | undefined
  readonly now?: (() => number) | undefined
  /** Aborts the request under way. */
  readonly signal?: AbortSignal
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** How much of a reply is read, bytes: far more than any service answers. */
const replyLimit = 64 * 1024
/** How much of a server's message is shown, characters. */
const wordsLimit = 240

/** How often a connection is used at least, ms: services and firewalls close idle ones after 60 s or more. */
export const holdEvery = 50_000
/** A connection without an answer after this, ms, is closed as dead, so that the next letter does not wait for it. */
const holdPatience = 3000
/** How long a letter waits for such a request to end, ms. */
const holdGrace = 100
/** How long after its last use a connection that was closed is opened again at the soonest, ms. */
const reopenAfter = 10_000

/** Shared by all sinks. */
const names = rememberNames()

/** Opens the connection of one sink. It is kept between letters for as long as it is used every minute. */
export function openPost({
  sink,
  settings,
  timeout = 15_000,
  idle = minute,
  now = Date.now,
  signal,
  env = process.env,
}: PostOptions): Post {
  const redact = redactor(sink, settings)
  let isOpen = false
  const dispatcher = open(env, idle, (turned) => {
    isOpen = turned
  })
  /** When the connection was last used, by `performance.now()`. */
  let used = Number.NEGATIVE_INFINITY
  /** A reading with `wait` bounded and `why` redacted. Shortened last, as half a secret would not be recognized. */
  const clean = (letter: Letter, reading: Reading): Reading => {
    if (reading.outcome === 'accepted') return reading
    const host = URL.parse(letter.url)?.hostname ?? 'the address'
    const { authorization = '' } = letter.headers
    const credentials = authorization.split(' ').at(-1)
    const said = redact(`${host}: ${reading.why}`)
    const why = line(credentials ? said.replaceAll(credentials, hidden) : said, wordsLimit)
    return reading.outcome === 'again' && reading.wait !== undefined
      ? { ...reading, why, wait: within(reading.wait) }
      : { ...reading, why }
  }
  return {
    async send(letter) {
      const deadline = AbortSignal.timeout(timeout)
      used = performance.now()
      try {
        const { statusCode, headers, body } = await request(letter.url, {
          dispatcher,
          method: letter.method,
          // No compression, so that a small reply cannot unpack to a large one.
          headers: { 'user-agent': 'murphy', 'accept-encoding': 'identity', ...letter.headers },
          body: letter.body,
          signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        })
        const reply: Reply = {
          status: statusCode,
          headers: Object.fromEntries(
            Object.entries(headers).map(([key, it]) => [key, Array.isArray(it) ? it.join(', ') : (it ?? '')]),
          ),
          body: await beginningOf(body),
        }
        return {
          reading: clean(letter, sink.read?.(reply, letter) ?? readReply(reply, now())),
          rest: within(rest(reply)),
          status: statusCode,
        }
      } catch (error) {
        return { reading: clean(letter, readError(error)), rest: 0 }
      }
    },
    async hold(wanted) {
      const url = addressOf(sink, settings)
      const unused = performance.now() - used
      // A second of tolerance, as timers may be early.
      if (!url || unused < (isOpen ? holdEvery - 1000 : reopenAfter)) return isOpen ? 'recent' : 'silent'
      used = performance.now()
      return (await isAnswered(url.origin, dispatcher, signal, wanted)) ? 'answered' : 'silent'
    },
    isOpen: () => isOpen,
    redact,
    close: () => dispatcher.destroy(),
  }
}

/** Whether an answer comes, within `holdPatience`; what is wrong otherwise, the next letter will report. */
async function isAnswered(
  origin: string,
  dispatcher: Dispatcher,
  given: AbortSignal | undefined,
  wanted: AbortSignal | undefined,
): Promise<boolean> {
  const deadline = new AbortController()
  const end = (ms: number) => setTimeout(() => deadline.abort(), ms).unref()
  end(holdPatience)
  wanted?.addEventListener('abort', () => end(holdGrace), { once: true })
  try {
    const { body } = await request(origin, {
      dispatcher,
      method: 'OPTIONS',
      headers: { 'user-agent': 'murphy' },
      signal: given ? AbortSignal.any([given, deadline.signal]) : deadline.signal,
    })
    await body.dump()
    return true
  } catch {
    return false
  }
}

/** Looks up the address of a sink and remembers it, for when lookups fail. */
export function rememberAddress(sink: Sink, settings: Settings<Properties>): void {
  names.keep(addressOf(sink, settings)?.hostname ?? '')
}

/** The URL letters go to, which may differ from the one in the settings. */
function addressOf(sink: Sink, settings: Settings<Properties>): URL | null {
  try {
    const [letter] = sink.compose({ kind: 'test', id: 'murphy', node: '', at: 0 }, settings)
    return URL.parse(letter?.url ?? '')
  } catch {
    return null
  }
}

function open(
  env: Readonly<Record<string, string | undefined>>,
  idle: number,
  turned: (isOpen: boolean) => void,
): Agent | EnvHttpProxyAgent {
  const connect = {
    timeout: 5000,
    lookup: names.lookup,
    // Node's default of 250 ms for each address gives up on slow but working connections.
    autoSelectFamilyAttemptTimeout: 1500,
  }
  // A service that closes sooner says so in `Keep-Alive`, or closes.
  const kept = { keepAliveTimeout: idle, keepAliveMaxTimeout: idle }
  const factory = (origin: string | URL, own: object) =>
    new Client(origin, { ...kept, ...own })
      .on('connect', () => turned(true))
      .on('disconnect', () => turned(false))
  const options = { connect, allowH2: false, connections: 1, ...kept, factory }
  const { HTTP_PROXY, HTTPS_PROXY, NO_PROXY } = env
  const { http_proxy: httpProxy = HTTP_PROXY, https_proxy: httpsProxy = HTTPS_PROXY } = env
  if (!httpProxy && !httpsProxy) return new Agent(options)
  const noProxy = env.no_proxy ?? NO_PROXY ?? ''
  return new EnvHttpProxyAgent({
    ...options,
    ...(httpProxy && { httpProxy }),
    ...(httpsProxy && { httpsProxy }),
    noProxy,
    proxyTls: connect,
    connectTimeout: connect.timeout,
  })
}

/**
 * The beginning of a reply, at most `replyLimit` bytes. A body that breaks off is no error: the status, which says
 * whether the letter was taken, has arrived.
 */
async function beginningOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = []
  let size = 0
  try {
    for await (const part of body) {
      parts.push(part)
      size += part.length
      if (size >= replyLimit) break
    }
  } catch {}
  return Buffer.concat(parts).subarray(0, replyLimit).toString()
}
