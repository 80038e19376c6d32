import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'
import type { DeliveryState } from '../../../agent/delivery/delivery.ts'
import { deliver } from '../../../agent/delivery/postman.ts'
import type { Notice } from '../../../agent/model/index.ts'
import { notice } from '../../receivers/notices.ts'
import { localSettings, messengers, secret } from '../../receivers/settings.ts'
import { bytesOf, kind, must, part, textOf } from '../kind.ts'
import { raw } from '../looks.ts'
import { mutated } from '../mutate.ts'

const hour = 3600_000

const reply = (status: string, body: string, ...headers: readonly string[]) =>
  Buffer.from(
    [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body].join('\r\n'),
  )
const json = (status: string, value: unknown, ...headers: readonly string[]) =>
  reply(status, JSON.stringify(value), 'Content-Type: application/json', ...headers)

const replies: readonly Buffer[] = [
  json(
    '200 OK',
    { id: '1100000000000000001', channel_id: '1', content: 'x' },
    'X-RateLimit-Limit: 5',
    'X-RateLimit-Remaining: 0',
    'X-RateLimit-Reset-After: 1.5',
  ),
  reply('204 No Content', ''),
  json(
    '429 Too Many Requests',
    { message: 'You are being rate limited.', retry_after: 0.3, global: false },
    'Retry-After: 1',
    'X-RateLimit-Scope: user',
  ),
  json('404 Not Found', { message: 'Unknown Webhook', code: 10015 }),
  json('401 Unauthorized', { message: 'Invalid Webhook Token', code: 50027 }),
  json('400 Bad Request', { message: 'Invalid Form Body', code: 50035 }),
  json('200 OK', { id: 'm00000000001', time: 1, event: 'message', topic: 'topic', sequence_id: 'a' }),
  json(
    '429 Too Many Requests',
    { code: 42908, http: 429, error: 'limit reached: daily message quota reached' },
    'Date: Mon, 23 Nov 2026 00:29:47 GMT',
  ),
  json('403 Forbidden', { code: 40301, http: 403, error: 'forbidden' }),
  reply(
    '503 Service Unavailable',
    'later',
    'Retry-After: Mon, 23 Nov 2026 01:29:47 GMT',
    'Date: Mon, 23 Nov 2026 00:29:47 GMT',
  ),
  json('200 OK', { ok: true, result: { message_id: 7, chat: { id: -1001234567890 } } }),
  json('429 Too Many Requests', { ok: false, error_code: 429, parameters: { retry_after: 35 } }),
  json('400 Bad Request', { ok: false, error_code: 400, parameters: { migrate_to_chat_id: -1009999999999 } }),
  reply('200 OK', 'ok', 'Content-Type: text/html'),
  reply('404 Not Found', 'no_service'),
  json('200 OK', { event_id: '$YUwRidLecu:example.com' }),
  json('429 Too Many Requests', {
    errcode: 'M_LIMIT_EXCEEDED',
    error: 'Too many requests',
    retry_after_ms: 2000,
  }),
  json('403 Forbidden', { errcode: 'M_FORBIDDEN', error: 'not in room' }),
  json('401 Unauthorized', { error: 'Unauthorized', errorCode: 401, errorDescription: 'no token' }),
  json('424 Failed Dependency', {
    error: 'One failed',
    details: [['INFO', 'now', 'Sent Discord notification.']],
  }),
  reply('302 Found', '', 'Location: https://evil.example/'),
  reply(
    '404 Not Found',
    '<html><body>no such page</body></html>',
    'Content-Type: text/html',
    'Server: proxy',
  ),
  Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
  Buffer.from(
    'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n',
  ),
  Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
  Buffer.from('HTTP/1.0 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b'),
  Buffer.from(
    'HTTP/1.1 413 Payload Too Large\r\nConnection: close\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\n\r\n',
  ),
]

/** What a server says to a letter, whatever it is, as the postman takes it. */
let answer: Buffer = Buffer.alloc(0)
let server: Server | undefined
const open = new Set<Socket>()

export const hostileServers = kind({
  name: 'replies',
  cases: 125,
  make: (luck) => [
    part('sink', luck.pick(messengers).name),
    part('reply', luck.odds(0.1) ? luck.pick(replies) : mutated(luck, luck.pick(replies), replies)),
  ],
  async hold(parts) {
    const sink = messengers.find((it) => it.name === textOf(parts, 'sink'))
    if (!sink || !server) return
    answer = bytesOf(parts, 'reply')
    const { port } = server.address() as AddressInfo
    const settings = localSettings(sink, port)
    const due: Notice[] = [notice('opened')]
    const states: DeliveryState[] = []
    const told: string[] = []
    const waits: number[] = []
    let end = () => {}
    const ended = new Promise<void>((resolve) => {
      end = resolve
    })
    const log = (fields: object, text: string) => void told.push(`${text} ${JSON.stringify(fields)}`)
    const delivery = deliver({
      sink,
      settings,
      name: sink.name,
      plan: () => due,
      receipt: () => undefined,
      note: (_, receipt) => {
        due.length = 0
        must((receipt?.length ?? 0) <= 255, 'a receipt is short', () => `${receipt}`)
      },
      log: { info: log, warn: log },
      changed: (it) => {
        states.push(it)
        // One that is gone pauses for nothing.
        if (it.gone !== undefined) end()
      },
      // A pause is written down, and is the end of the first try.
      async sleep(ms, signal) {
        waits.push(ms)
        if (ms === 0) return
        end()
        if (!signal.aborted)
          await new Promise<void>((resolve) =>
            signal.addEventListener('abort', () => resolve(), { once: true }),
          )
      },
      now: () => Date.UTC(2026, 10, 23, 0, 29, 47),
      random: () => 0.5,
      timeout: 150,
    })
    const impatient = setTimeout(end, 3_000)
    delivery.wake()
    await ended.finally(() => clearTimeout(impatient))
    const state = delivery.state()
    await delivery.stop()
    must(waits.length > 0 || state.gone !== undefined, 'each try ends', () => JSON.stringify(states))
    must(
      waits.every((it) => Number.isFinite(it) && it >= 0 && it <= hour),
      'no reply silences a sink for more than an hour',
      () => waits.join(', '),
    )
    const said = JSON.stringify([states, told])
    must(!said.includes(secret), 'no secret in what is said of it', () => said)
    for (const why of [state.failing?.why, state.gone])
      must(
        why === undefined || (why.length < 400 && !raw.test(why)),
        'why is short and drives no terminal',
        () => `${why}`,
      )
  },
  async begin() {
    server = createServer((socket) => {
      open.add(socket)
      socket.on('close', () => open.delete(socket))
      socket.on('error', () => socket.destroy())
      let asked = ''
      socket.on('data', (bytes) => {
        asked += bytes.toString('latin1')
        const head = asked.indexOf('\r\n\r\n')
        const length = Number(/content-length: (\d+)/i.exec(asked)?.[1] ?? 0)
        if (head >= 0 && asked.length >= head + 4 + length) socket.end(answer)
      })
    })
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  },
  async end() {
    for (const it of open) it.destroy()
    await new Promise((resolve) => server?.close(resolve))
  },
})
