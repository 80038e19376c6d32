import { chmodSync, lstatSync, mkdirSync, unlinkSync } from 'node:fs'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { dirname } from 'node:path'
import { longestSilence, type Silence } from '../core/silence.ts'
import { type Answers, json, messageOf, Wrong } from './answers.ts'
import type { Archive } from './archive.ts'
import { ask } from './ask.ts'
import { crowd } from './crowd.ts'
import { type Films, filmAnswers } from './films.ts'
import { ledgerView } from './ledger-view.ts'
import { metricsText, type Numbers } from './metrics.ts'
import type { Snapshot } from './snapshot.ts'

// An import of node:http also loads Node's own copy of undici: 13 MB and 50 ms that `agent status` has no use for.
const { createServer } = process.getBuiltinModule('node:http')

export interface ServeOptions {
  readonly socket: string
  readonly snapshot: () => Snapshot
  readonly store: Archive
  readonly silence: (it: Silence) => void
  /** What is counted beside the snapshot. */
  readonly numbers?: () => Numbers
  /** Absent where it makes no films. */
  readonly films?: Films
  readonly now?: () => number
}

/**
 * Answers on a unix socket, for root and its group only, one request a connection. All but silences and films only read.
 *
 * - `GET /v1/status`: a Snapshot
 * - `GET /v1/history?since=MS`: findings that were open since then
 * - `GET /v1/sample?collector=NAME`: `{ at, sample }`, that collector's last sample; null before its first round
 * - `GET /v1/view?collector=NAME&series=NAME`: a `LedgerView`, all that a page shows; null before the first round
 * - `GET /v1/series?name=NAME&since=MS`: `[{ at, value }]`
 * - `GET /v1/artifacts?collector=NAME`: its artifacts as `[{ id, at, about, size }]`, newest first; with `&id=ID` the body
 *   of that one in base64, or null
 * - `GET /metrics`: the same numbers for Prometheus
 * - `PUT /v1/silence?what=…&for=MS&why=…`: mutes notifications of what matches; `for=0` ends it
 * - `PUT /v1/film?for=MS&logs=1`: begins a film, and answers its number; with `&id=ID&for=0` ends it
 * - `GET /v1/film?id=ID`: the lines of it since the last time; the last one of a film is `{"end":…}`
 */
export async function serve({
  socket,
  snapshot,
  store,
  silence,
  films,
  numbers,
  now = Date.now,
}: ServeOptions): Promise<Server> {
  await makeRoom(socket)
  const answers: Answers = {
    'GET /v1/status': () => json(snapshot()),
    'GET /v1/history': (query) => json(store.history(Number(query.get('since') ?? 0) || 0)),
    'GET /v1/series': (query) =>
      json(store.series(query.get('name') ?? '', Number(query.get('since') ?? 0) || 0)),
    'GET /v1/sample': (query) => json(store.sample(query.get('collector') ?? '') ?? null),
    'GET /v1/view': (query) =>
      json(ledgerView(store, snapshot(), query.get('collector') ?? '', query.get('series') ?? '')),
    'GET /v1/artifacts': (query) => {
      const collector = query.get('collector') ?? ''
      const id = query.get('id')
      if (id === null) return json(store.kept(collector))
      const body = store.artifact(collector, Number(id))
      return json(body ? Buffer.from(body).toString('base64') : null)
    },
    'GET /metrics': async () => [
      'text/plain; version=0.0.4; charset=utf-8',
      await metricsText(snapshot(), numbers?.()),
    ],
    'PUT /v1/silence': (query) => {
      const it = silenceFrom(query, now())
      silence(it)
      return json(it)
    },
    ...filmAnswers(films),
  }
  const guests = crowd()
  async function reply(asked: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, type: string, body: string) => {
      const length = Buffer.byteLength(body)
      guests.answer(asked.socket, length)
      response
        .writeHead(status, { 'content-type': type, 'content-length': length, connection: 'close' })
        .end(body)
    }
    guests.answer(asked.socket, 0)
    try {
      const target = URL.parse(asked.url ?? '', 'http://agent')
      if (!target) throw new Wrong('that is no path')
      const answer = answers[`${asked.method} ${target.pathname}`]
      if (!answer) return send(404, plain, 'there is no such thing here\n')
      const [type, body] = await answer(target.searchParams)
      send(200, type, body)
    } catch (error) {
      send(error instanceof Wrong ? 400 : 500, plain, `${messageOf(error)}\n`)
    }
  }
  const server = createServer({ maxHeaderSize: 8192 }, (asked, response) => {
    // A client that leaves before the answer is complete is no error.
    response.on('error', () => undefined)
    reply(asked, response).catch(() => asked.socket.destroy())
  })
  // One request a connection: none stays open, and no client can queue up many requests.
  server.maxRequestsPerSocket = 1
  server.on('connection', (socket) => guests.enter(socket))
  // Such as too many open files on accept: that client is refused, and the server goes on.
  server.on('error', () => undefined)
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

const plain = 'text/plain; charset=utf-8'

/** The silence a request asks for. There is one for each `what`: asking again changes it. */
function silenceFrom(query: URLSearchParams, now: number): Silence {
  const what = query.get('what') ?? ''
  const length = Number(query.get('for') ?? Number.NaN)
  if (!/^[\x20-\x7e]{1,300}$/.test(what) || !(length >= 0 && length <= longestSilence))
    throw new Wrong(`a silence needs what and for (0 to ${longestSilence} ms)`)
  const why = query.get('why')?.slice(0, 200)
  return { id: what, what, since: now, until: now + length, ...(why && { why }) }
}

/** Removes the socket of a former agent. Throws where an agent answers on it, or where it is no socket. */
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
