import type { IncomingMessage, ServerResponse } from 'node:http'
import type { TLSSocket } from 'node:tls'
import type { WebConfig } from '../model/index.ts'
import { accounts } from './accounts.ts'
import { messageOf } from './answers.ts'
import { crowd } from './crowd.ts'
import { isKnown, openServer } from './listen-tls.ts'

export interface ListenOptions {
  /** `HOST:PORT`, IPv6 in brackets. Port 0: any that is free. */
  readonly address: string
  /** How it is protected now: asked again for each request. May throw; then the request is refused. Absent: not at all. */
  readonly web?: () => WebConfig
  /** What is answered, in Prometheus's text format. */
  readonly metrics: () => Promise<string>
  /** Told once of each fault that is no client's. */
  readonly failed: (text: string) => void
}

export interface Listener {
  /** Where it listens, `http://127.0.0.1:9797`. */
  readonly url: string
  close(): void
}

/** Answers that came within this time are the same for all, ms: nobody who asks again and again makes it work more. */
const fresh = 1000

/** What keeps others out, and its key in the file. */
const protections = [
  ['tls', 'tls_server_config'],
  ['users', 'basic_auth_users'],
] as const

/**
 * Answers `GET /metrics` on a port, and nothing else: what is on the unix socket besides can change the agent. Rejects
 * where it cannot listen there.
 */
export async function listen({ address, web, metrics, failed }: ListenOptions): Promise<Listener> {
  const { host, port } = placeOf(address)
  const first = web?.()
  const server = openServer(
    first?.tls,
    () => web?.().tls,
    (asked, response) => {
      // A client that leaves before the answer is complete is no error.
      response.on('error', () => undefined)
      reply(asked, response).catch(() => asked.socket.destroy())
    },
  )
  const shared = sharing(metrics)
  const users = accounts()
  const guests = crowd()
  const once = onlyNew(failed)
  async function reply(asked: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, type = plain, body, more } = await answer(asked)
    guests.answer(asked.socket, Buffer.byteLength(body))
    response
      .writeHead(status, { ...more, 'content-type': type, connection: 'close' })
      .end(asked.method === 'HEAD' ? '' : body)
  }
  async function answer(asked: IncomingMessage): Promise<Answer> {
    guests.answer(asked.socket, 0)
    let config: WebConfig | undefined
    try {
      config = web?.()
      // Passwords must not go over plain HTTP, nor anybody come in, because a file was changed or emptied after the start.
      for (const [key, name] of protections)
        if ((config?.[key] === undefined) !== (first?.[key] === undefined))
          throw new Error(`${name} was added or removed; restart Murphy: \`systemctl restart murphy\``)
    } catch (error) {
      once(messageOf(error))
      return { status: 500, body: 'its web.config.file cannot be used; see the log of the agent\n' }
    }
    if (config?.tls && !isKnown(asked.socket as TLSSocket, config.tls))
      return { status: 403, body: 'this certificate is not one that may ask here\n' }
    if (config?.users) {
      const known = await users.check(config.users, asked.headers.authorization)
      if (known === 'busy') return { status: 503, body: 'busy\n', more: { 'retry-after': '1' } }
      if (known === 'no')
        return { status: 401, body: 'Unauthorized\n', more: { 'www-authenticate': 'Basic' } }
    }
    const more = config?.headers ?? {}
    if (asked.method !== 'GET' && asked.method !== 'HEAD')
      return { status: 405, body: 'only GET\n', more: { ...more, allow: 'GET, HEAD' } }
    if (URL.parse(asked.url ?? '', 'http://agent')?.pathname !== '/metrics')
      return { status: 404, body: 'Murphy: see /metrics\n', more }
    try {
      return { status: 200, type: 'text/plain; version=0.0.4; charset=utf-8', body: await shared(), more }
    } catch (error) {
      once(messageOf(error))
      return { status: 500, body: 'the metrics cannot be made; see the log of the agent\n', more }
    }
  }
  server.maxRequestsPerSocket = 1
  server.on(first?.tls ? 'secureConnection' : 'connection', (socket) => guests.enter(socket))
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, resolve)
  })
  // Such as too many open files on accept: that client is refused, and the server goes on.
  server.on('error', () => undefined)
  server.unref()
  const at = server.address()
  const bound = typeof at === 'object' && at ? at.port : port
  return {
    url: `${first?.tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

interface Answer {
  readonly status: number
  readonly type?: string
  readonly body: string
  readonly more?: Readonly<Record<string, string>>
}

const plain = 'text/plain; charset=utf-8'

function placeOf(address: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^(.*):(\d{1,5})$/.exec(address) ?? []
  return { host: host.replace(/^\[(.*)\]$/, '$1'), port: Number(port) }
}

/** One making of an answer for all who ask while it is made, and for `fresh` after that. */
function sharing(make: () => Promise<string>): () => Promise<string> {
  let last: { readonly at: number; readonly body: Promise<string> } | undefined
  return () => {
    if (!last || performance.now() - last.at > fresh) last = { at: performance.now(), body: make() }
    return last.body
  }
}

function onlyNew(tell: (text: string) => void): (text: string) => void {
  let last: string | undefined
  return (text) => {
    if (text !== last) tell(text)
    last = text
  }
}
