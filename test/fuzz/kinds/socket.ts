import { mkdtempSync, rmSync } from 'node:fs'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask } from '../../../agent/api/ask.ts'
import { serve } from '../../../agent/api/serve.ts'
import { openStore, type Store } from '../../../agent/state/store.ts'
import { picture } from '../../agent/small.ts'
import { bytesOf, kind, must, part } from '../kind.ts'
import { mutated } from '../mutate.ts'
import { remember } from '../remembered.ts'

const request = (line: string, ...headers: readonly string[]) =>
  Buffer.from([`${line} HTTP/1.1`, 'Host: agent', ...headers, '', ''].join('\r\n'))
const requests: readonly Buffer[] = [
  request('GET /v1/status'),
  request('GET /v1/history?since=1700000000000'),
  request('GET /v1/series?name=memory.available&since=0'),
  request('GET /v1/sample?collector=certs'),
  request('GET /v1/artifacts?collector=firewall&id=1'),
  request('GET /metrics', 'Accept-Encoding: gzip'),
  request('PUT /v1/silence?what=firewall.flushed&for=3600000&why=work'),
  request('POST /v1/status', 'Content-Length: 5', 'Expect: 100-continue'),
  request('GET //'),
  request('OPTIONS *'),
  request('CONNECT a:1'),
  request('GET http://agent:99999/v1/status'),
  request('GET /v1/status', 'Connection: Upgrade', 'Upgrade: h2c', 'Transfer-Encoding: chunked'),
]
const most = 16 * 1024 * 1024

let folder = ''
let store: Store | undefined
let server: Server | undefined
/** What nobody caught would have ended the daemon. */
const stray: unknown[] = []
const note = (error: unknown) => void stray.push(error)

export const socket = kind({
  name: 'socket',
  cases: 125,
  make: (luck) => [
    part(
      'request',
      luck.odds(0.1)
        ? luck.pick(requests)
        : mutated(luck, luck.pick(requests), requests).subarray(0, 64 * 1024),
    ),
  ],
  async hold(parts) {
    const size = await answered(bytesOf(parts, 'request'))
    must(size < most, 'an answer is bounded', () => `${size} bytes`)
    const snapshot = JSON.parse(await ask(join(folder, 'agent.sock'), '/v1/status')) as { node: string }
    must(snapshot.node === picture.node, 'the next one is answered', () => JSON.stringify(snapshot))
    const [error] = stray.splice(0)
    if (error) throw error
  },
  async begin() {
    folder = mkdtempSync(join(tmpdir(), 'murphy-fuzz-'))
    store = openStore(folder, picture.at)
    await remember(store)
    const kept = store
    server = await serve({
      socket: join(folder, 'agent.sock'),
      snapshot: () => picture,
      store,
      silence: (it) => kept.silence(it),
      now: () => picture.at,
    })
    process.on('unhandledRejection', note).on('uncaughtException', note)
  },
  async end() {
    process.off('unhandledRejection', note).off('uncaughtException', note)
    server?.closeAllConnections()
    await new Promise((resolve) => server?.close(resolve))
    store?.close()
    rmSync(folder, { recursive: true })
  },
})

/** Sends it, hangs up, and counts what came back until the other side has hung up too, or for a moment. */
function answered(bytes: Buffer): Promise<number> {
  return new Promise((resolve) => {
    let size = 0
    const it = connect(join(folder, 'agent.sock'))
    const done = () => {
      it.destroy()
      resolve(size)
    }
    it.setTimeout(300, done)
    it.on('data', (more) => {
      size += more.length
    })
    it.on('error', done).on('close', done)
    it.end(bytes)
  })
}
