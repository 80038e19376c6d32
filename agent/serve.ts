import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs'
import type { Server } from 'node:http'
import { dirname } from 'node:path'
import { metricsText } from './metrics.ts'
import { longestSilence, type Silence } from './silence.ts'
import type { Snapshot } from './snapshot.ts'
import type { Store } from './store.ts'

// An import of node:http also loads Node's own copy of undici: 13 MB and 50 ms that `agent status` has no use for.
const { createServer, request } = process.getBuiltinModule('node:http')

export interface ServeOptions {
  readonly socket: string
  readonly snapshot: () => Snapshot
  readonly store: Store
  readonly silence: (it: Silence) => void
  readonly now?: () => number
}

/**
 * Answers on a unix socket, for root and its group only. All but silences only reads.
 *
 * - `GET /v1/status`: a Snapshot
 * - `GET /v1/history?since=MS`: findings that were open since then
 * - `GET /v1/sample?collector=NAME`: `{ at, sample }`, what that collector last saw; null before its first look
 * - `GET /v1/series?name=NAME&since=MS`: `[{ at, value }]`
 * - `GET /v1/kept?collector=NAME`: `[{ id, at, about, size }]`, newest first; with `&id=ID` that one's body in base64, or null
 * - `GET /metrics`: the same numbers for Prometheus
 * - `PUT /v1/silence?what=…&for=MS&why=…`: tells nobody of what matches; `for=0` ends it
 */
export async function serve({
  socket,
  snapshot,
  store,
  silence,
  now = Date.now,
}: ServeOptions): Promise<Server> {
  await makeRoom(socket)
  const json = (body: unknown) => ['application/json', JSON.stringify(body)] as const
  const answers: Readonly<
    Record<string, (query: URLSearchParams) => readonly [string, string] | Promise<readonly [string, string]>>
  > = {
    'GET /v1/status': () => json(snapshot()),
    'GET /v1/history': (query) => json(store.history(Number(query.get('since') ?? 0) || 0)),
    'GET /v1/series': (query) =>
      json(store.series(query.get('name') ?? '', Number(query.get('since') ?? 0) || 0)),
    'GET /v1/sample': (query) => json(store.sample(query.get('collector') ?? '') ?? null),
    'GET /v1/kept': (query) => {
      const collector = query.get('collector') ?? ''
      const id = query.get('id')
      if (id === null) return json(store.kept(collector))
      const body = store.keepsake(collector, Number(id))
      return json(body ? Buffer.from(body).toString('base64') : null)
    },
    'GET /metrics': async () => ['text/plain; version=0.0.4; charset=utf-8', await metricsText(snapshot())],
    'PUT /v1/silence': (query) => {
      const it = silenceFrom(query, now())
      silence(it)
      return json(it)
    },
  }
  const server = createServer(async (asked, reply) => {
    // `//` alone is a target that HTTP lets through and a URL cannot hold.
    const url = URL.parse(asked.url ?? '/', 'http://agent')
    if (!url) return void reply.writeHead(400).end('this is no path\n')
    const { pathname, searchParams } = url
    const key = `${asked.method} ${pathname}`
    const answer = Object.hasOwn(answers, key) ? answers[key] : undefined
    try {
      if (!answer) return void reply.writeHead(404).end('there is no such thing here\n')
      const [type, body] = await answer(searchParams)
      reply.writeHead(200, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body)
    } catch (error) {
      reply.writeHead(500).end(`${(error as Error).message}\n`)
    }
  })
  // Whoever asks and does not go on asking must not hold a connection for ever.
  server.requestTimeout = 10_000
  server.maxConnections = 32
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(socket, () => {
      chmodSync(socket, 0o660)
      resolve()
    })
  })
  server.unref()
  return server
}

/** One silence for one thing: asking again changes it. */
function silenceFrom(query: URLSearchParams, now: number): Silence {
  const what = query.get('what') ?? ''
  const length = Number(query.get('for') ?? Number.NaN)
  if (!/^[\x20-\x7e]{1,200}$/.test(what) || !(length >= 0 && length <= longestSilence))
    throw new Error(`a silence needs what and for (0 to ${longestSilence} ms)`)
  const why = query.get('why')?.slice(0, 200)
  return { id: what, what, since: now, until: now + length, ...(why && { why }) }
}

/** Removes a socket nobody answers on. Anything else in the way stays, and is said. */
/** Takes away what a former agent left. Throws where one answers there, or something else is in the way. */
export async function makeRoom(socket: string): Promise<void> {
  mkdirSync(dirname(socket), { recursive: true, mode: 0o750 })
  const there = lstatSync(socket, { throwIfNoEntry: false })
  if (!there) return
  if (!there.isSocket())
    throw new Error(`${socket} is in the way and is no socket; move it aside, then start again`)
  if (await answered(socket))
    throw new Error(
      `another agent is running on this machine (it answers on ${socket}); stop it first: systemctl stop murphy`,
    )
  unlinkSync(socket)
}

async function answered(socket: string): Promise<boolean> {
  try {
    await ask(socket, '/v1/status', 2_000)
    return true
  } catch {
    return false
  }
}

/** Asks a running daemon. Rejects when there is none, or it does not answer within `timeout` ms. */
export function ask(
  socket: string,
  path: string,
  timeout = 5_000,
  method: 'GET' | 'PUT' = 'GET',
): Promise<string> {
  return new Promise((resolve, reject) => {
    const asked = request({ socketPath: socket, path, timeout, method }, (reply) => {
      const parts: Buffer[] = []
      reply.on('data', (part: Buffer) => parts.push(part))
      reply.on('end', () => {
        const body = Buffer.concat(parts).toString('utf8')
        if (reply.statusCode === 200) resolve(body)
        else reject(new Error(`the agent answered ${reply.statusCode}: ${body.trim()}`))
      })
      reply.on('error', reject)
    })
    asked.on('timeout', () =>
      asked.destroy(new Error(`the agent does not answer within ${timeout / 1000} s`)),
    )
    asked.on('error', reject)
    asked.end()
  })
}
