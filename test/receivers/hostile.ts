import { type AddressInfo, createServer, type Socket } from 'node:net'
import { gzipSync } from 'node:zlib'

/** A server that means harm, or is broken: what it writes once a request has come in whole. */
export type Reply = (socket: Socket) => void

export interface HostileServer {
  readonly port: number
  /** Requests that came in whole. */
  readonly arrived: () => number
  /** How it answers from now on. */
  reply: Reply
  close(): Promise<void>
}

export async function hostileServer(): Promise<HostileServer> {
  const open = new Set<Socket>()
  let arrived = 0
  const server = createServer((socket) => {
    open.add(socket)
    socket.on('error', () => undefined)
    socket.on('close', () => open.delete(socket))
    let heard = ''
    socket.on('data', (part) => {
      heard += part.toString('latin1')
      const end = heard.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(heard)?.[1] ?? 0)
      if (end < 0 || heard.length < end + 4 + length) return
      // A connection that is only kept open is no letter.
      const held = heard.startsWith('OPTIONS')
      heard = heard.slice(end + 4 + length)
      if (held) return void socket.write('HTTP/1.1 204 No Content\r\n\r\n')
      arrived += 1
      it.reply(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const it: HostileServer = {
    port: (server.address() as AddressInfo).port,
    arrived: () => arrived,
    reply: () => undefined,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of open) socket.destroy()
      }),
  }
  return it
}

/** A whole answer. */
export const answer =
  (status: string | number, headers: Readonly<Record<string, string>> = {}, body = ''): Reply =>
  (socket) =>
    socket.write(
      `HTTP/1.1 ${status}${typeof status === 'number' ? ' X' : ''}\r\n${Object.entries({
        'content-length': String(Buffer.byteLength(body)),
        ...headers,
      })
        .map(([key, value]) => `${key}: ${value}\r\n`)
        .join('')}\r\n${body}`,
      'latin1',
    )

/** Writes for as long as anybody takes it. */
const endless =
  (first: string, more: string): Reply =>
  (socket) => {
    const go = () => {
      while (!socket.destroyed && socket.write(more, 'latin1'));
    }
    socket.on('drain', go)
    socket.write(first, 'latin1')
    go()
  }

const drip =
  (first: string, more: string): Reply =>
  (socket) => {
    socket.write(first)
    const timer = setInterval(() => socket.write(more), 20)
    socket.on('close', () => clearInterval(timer))
  }

const kilobyte = 'x'.repeat(1024)
const page = '<html><head><title>Not here</title></head><body>nginx</body></html>'
const html = { 'content-type': 'text/html' }

/** Ways to keep a client busy, or to make it believe something: none is a success. */
export const replies: Readonly<Record<string, Reply>> = {
  silence: () => undefined,
  'the end at once': (it) => it.end(),
  'no HTTP': (it) => it.end('SSH-2.0-OpenSSH_9.6\r\n'),
  'zeros without end': endless('', '\u0000'.repeat(4096)),
  'headers without end': endless('HTTP/1.1 503 X\r\n', `X: ${kilobyte}\r\n`),
  'one header without end': endless('HTTP/1.1 503 X\r\nX: ', kilobyte),
  'headers drop by drop': drip('HTTP/1.1 503 X\r\n', 'X: y\r\n'),
  'ten thousand headers': (it) => it.end(`HTTP/1.1 503 X\r\n${'a: b\r\n'.repeat(10_000)}\r\n`),
  'preliminary answers without end': endless('', 'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n'),
  '100 without end': endless('', 'HTTP/1.1 100 Continue\r\n\r\n'),
  'another protocol': answer(101, { connection: 'upgrade', upgrade: 'websocket' }),
  'a body without end': endless('HTTP/1.1 503 X\r\ncontent-type: text/html\r\n\r\n', kilobyte.repeat(64)),
  'a body in pieces without end': endless(
    'HTTP/1.1 404 X\r\ntransfer-encoding: chunked\r\n\r\n',
    `400\r\n${kilobyte}\r\n`,
  ),
  'a body drop by drop': drip('HTTP/1.1 500 X\r\ncontent-length: 100000\r\n\r\n', 'x'),
  'pieces of no size': (it) =>
    it.end('HTTP/1.1 500 X\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffffff\r\nx'),
  'a length below nothing': (it) => it.end('HTTP/1.1 503 X\r\ncontent-length: -1\r\n\r\nx'),
  'a length beyond measure': (it) =>
    it.write('HTTP/1.1 503 X\r\ncontent-length: 99999999999999999999\r\n\r\nx'),
  'two lengths': (it) => it.end('HTTP/1.1 503 X\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nxx'),
  'packed, and large': (it) => {
    const body = gzipSync('x'.repeat(30_000_000))
    it.write(`HTTP/1.1 503 X\r\ncontent-encoding: gzip\r\ncontent-length: ${body.length}\r\n\r\n`)
    it.write(body)
  },
  'packed in a way nobody knows': answer(503, { 'content-encoding': 'gzip, br, x'.repeat(50) }, 'x'),
  'two answers to one question': (it) => it.write('HTTP/1.1 503 X\r\ncontent-length: 0\r\n\r\n'.repeat(3)),
  'a status that is none': (it) => it.end('HTTP/1.1 999999 X\r\n\r\n'),
  'status 999': answer(999),
  'a redirect to itself': answer(307, { location: '/' }),
  'a redirect to elsewhere': answer(302, { location: 'http://127.0.0.1:1/portal' }, page),
  'a 404 of a proxy': answer(404, html, page),
  'a 401 of a proxy': answer(401, { ...html, 'www-authenticate': 'Basic realm="proxy"' }, page),
  'a 403 of a proxy': answer(403, html, page),
  'a 407 of a proxy': answer(407, html, page),
  'a 413 of a proxy': answer(413, html, page),
  'a 502 of a proxy': answer('502 Bad Gateway', html, page),
  'deep JSON': answer(404, {}, `${'['.repeat(30_000)}${']'.repeat(30_000)}`),
  'deep JSON as a message': answer(
    400,
    {},
    `{"code":1,"message":${'['.repeat(20_000)}${']'.repeat(20_000)}}`,
  ),
  'JSON of other types': answer(404, {}, '{"code":"10015","message":{"toString":1},"retry_after":[9e99]}'),
  'a code that is no number': answer(404, {}, '{"code":1e999,"message":null}'),
  'a prototype': answer(404, {}, '{"__proto__":{"code":10015},"constructor":{"code":50027}}'),
  null: answer(404, {}, 'null'),
  'terminal codes': answer(
    400,
    {},
    '{"code":1,"message":"\\u001b[2J\\u202e\\nno","error":"\\u001b]0;x\\u0007"}',
  ),
  'a very long message': answer(
    400,
    {},
    JSON.stringify({ code: 1, message: 'x'.repeat(60_000), error: 'y'.repeat(60_000) }),
  ),
}

/** Times that nobody should wait, in every place where a server may name one. */
export const times = [
  '1e9',
  '999999999999',
  '9'.repeat(400),
  '-1',
  '-1e9',
  '0',
  '',
  'NaN',
  'Infinity',
  '-Infinity',
  '0x7fffffff',
  '1e308',
  '1e-320',
  '2147483648',
  '2147483.648',
  '4294967296',
  '9007199254740993',
  ' 60',
  '60, 120',
  '½',
  'soon',
  '[1]',
  '1_000',
  'Fri, 31 Dec 9999 23:59:59 GMT',
  'Thu, 01 Jan 1970 00:00:00 GMT',
  'Sun, 06 Nov 1994 08:49:37 GMT',
  'Mon, 99 Foo 20260 99:99:99 GMT',
  'Tue, 01 Jan 275761 00:00:00 GMT',
  `Mon${' '.repeat(9000)}`,
] as const

/** An answer that asks for such a time, with a status and in a form that a seed chooses. */
export function untimely(chance: (below: number) => number): Reply {
  const pick = <T>(all: readonly T[]): T => all[chance(all.length)] as T
  const status = pick([429, 429, 503, 500, 408, 425, 200, 204, 400, 404, 401, 403, 302, 410])
  const headers: Record<string, string> = {}
  if (chance(2)) headers['retry-after'] = pick(times)
  if (chance(2)) headers.date = pick(times)
  if (chance(2)) headers['x-ratelimit-remaining'] = pick(['0', '0', '-1', 'x'])
  if (chance(2)) headers['x-ratelimit-reset-after'] = pick(times)
  if (chance(3) === 0) headers['x-ratelimit-scope'] = pick(['shared', '\u00ff'.repeat(500)])
  if (chance(3) === 0) headers['keep-alive'] = `timeout=${pick(times)}`
  const number = pick([
    '1e9',
    '1e308',
    '1e999',
    '-1e999',
    '-5',
    '0',
    '"1e9"',
    'null',
    '[]',
    '{}',
    'true',
    '5e-324',
  ])
  const code = pick(['0', '10008', '30046', '42901', '42908', '42909', '50035', '-1', '1e999', '"x"'])
  return answer(
    status,
    headers,
    chance(3)
      ? `{"retry_after":${number},"code":${code},"global":true,"id":"1","message":"m","error":"e"}`
      : '',
  )
}
