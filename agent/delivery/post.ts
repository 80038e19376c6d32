import { Agent, Client, type Dispatcher, EnvHttpProxyAgent } from 'undici'
import type { Properties, Settings, Sink, Tls } from '../model/index.ts'
import { minute } from '../text/times.ts'
import { aborted } from './aborted.ts'
import { names } from './addresses.ts'
import { cleaner } from './clean.ts'
import type { Post, PostOptions } from './delivery.ts'
import { openMail } from './mail.ts'
import { placeOf } from './place.ts'
import { answersIn, proxiesOf } from './proxies.ts'
import { received } from './received.ts'
import { redactor } from './redact.ts'
import { readError, readReply, rest, within } from './retry.ts'

export type { Post, PostOptions, Sent } from './delivery.ts'

/** How much of a reply is read, bytes: far more than any service answers. */
const replyLimit = 64 * 1024
/** How often a connection is used at least, ms: services and firewalls close idle ones after 60 s or more. */
export const holdEvery = 50_000
/** A connection without an answer after this, ms, is closed as dead, so that the next letter does not wait for it. */
const holdPatience = 3000
/** How long a letter waits for such a request to end, ms. */
const holdGrace = 100
/** How long after its last use a connection that was closed is opened again at the soonest, ms. */
const reopenAfter = 10_000

/** Opens the way of one sink: to a mail server, or else by HTTP. */
export const openPost = (options: PostOptions): Post =>
  /^smtps?:$/.test(addressOf(options.sink, options.settings)?.protocol ?? '')
    ? openMail(options)
    : openHttp(options)

/** Opens the connection of one sink. It is kept between letters for as long as it is used every minute. */
function openHttp({
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
  const dispatcher = open(env, { idle, timeout, tls: sink.tls?.(settings) ?? {} }, (turned) => {
    isOpen = turned
  })
  /** When the connection was last used, by `performance.now()`. */
  let used = Number.NEGATIVE_INFINITY
  const clean = cleaner(sink, settings)
  return {
    async send(letter) {
      const deadline = AbortSignal.timeout(timeout)
      used = performance.now()
      try {
        const answer = await dispatcher.request({
          ...placeOf(letter.url),
          method: letter.method === 'MAIL' ? 'POST' : letter.method,
          // No compression, so that a small reply cannot unpack to a large one.
          headers: { 'user-agent': 'murphy', 'accept-encoding': 'identity', ...letter.headers },
          body: letter.body,
          signal: signal ? AbortSignal.any([signal, deadline]) : deadline,
        })
        const reply = await received(answer, replyLimit)
        return {
          reading: clean(letter, sink.read?.(reply, letter) ?? readReply(reply, now())),
          rest: within(rest(reply)),
          status: reply.status,
        }
      } catch (error) {
        return { reading: clean(letter, readError(error)), rest: 0 }
      }
    },
    async hold(wanted) {
      const unused = performance.now() - used
      // A second of tolerance, as timers may be early.
      const isEarly = unused < (isOpen ? holdEvery - 1000 : reopenAfter)
      const url = isEarly ? undefined : addressOf(sink, settings)
      if (!url) return isOpen ? 'recent' : 'silent'
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
  const signal = given ? AbortSignal.any([given, deadline.signal]) : deadline.signal
  try {
    const headers = { 'user-agent': 'murphy' }
    const asked = dispatcher.request({ ...placeOf(origin), method: 'OPTIONS', headers, signal })
    const { body } = await Promise.race([asked, aborted(signal)])
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
  { idle, timeout, tls }: { readonly idle: number; readonly timeout: number; readonly tls: Tls },
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
  const options = { connect: { ...connect, ...tls }, allowH2: false, connections: 1, ...kept, factory }
  const proxies = proxiesOf(env)
  if (!proxies.httpProxy && !proxies.httpsProxy) return new Agent(options)
  return new EnvHttpProxyAgent({
    ...options,
    ...proxies,
    proxyTls: { ...connect, allowH2: false },
    requestTls: tls,
    connectTimeout: connect.timeout,
    // It may have to wait for the service itself.
    clientFactory: answersIn(Math.min(2 * connect.timeout, timeout)),
  })
}
