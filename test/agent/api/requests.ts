/** Numbers that look random, the same for the same seed: at least 0, below what is asked for. */
export function chances(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    // Park and Miller's; the product stays below 2^53.
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}

const pick = <T>(chance: (below: number) => number, all: readonly T[]): T => all[chance(all.length)] as T

const methods = [
  'GET',
  'PUT',
  'POST',
  'HEAD',
  'OPTIONS',
  'CONNECT',
  'DELETE',
  'PATCH',
  'TRACE',
  'M-SEARCH',
  'PRI',
  'get',
  '',
  'G\u0000T',
  'GET '.repeat(50),
]
const targets = [
  '/v1/status',
  '/metrics',
  '//',
  '///',
  '/',
  '*',
  '',
  '/%',
  '/%ff%00',
  '\\\\',
  '/\\..',
  'http://',
  'http://[',
  'http://[::1]:99999/',
  'https://a:b@c/v1/status',
  'agent:80',
  '/v1/history?since=1e999',
  '/v1/history?since=-1e308',
  '/v1/series?name=%00&since=NaN',
  '/v1/artifacts?collector=firewall&id=-1',
  '/v1/artifacts?collector=firewall&id=1e300',
  '/v1/artifacts?collector=__proto__&id=x',
  '/v1/sample?collector=constructor',
  '/v1/view?collector=constructor&series=__proto__',
  '/v1/silence?what=x&for=1',
  '/v1/silence?what=%f0%9f%94%a5&for=1',
  '/__proto__',
  '/constructor',
  `/${'a'.repeat(20_000)}`,
  `/?${'a=1&'.repeat(1500)}`,
  '/v1/status#x',
  'javascript:1',
  '/\u00ff\u00fe',
  '//a:b:c',
  '/ /',
  '//user:pass@/',
  'http://a b/',
  'file:///etc/shadow',
  '/../../etc/shadow',
  '/v1/history?since=%',
]
const versions = [
  'HTTP/1.1',
  'HTTP/1.0',
  'HTTP/0.9',
  'HTTP/2.0',
  'HTTP/9.9',
  'HTTX/1.1',
  '',
  'HTTP/1.1 HTTP/1.1',
]
const headers = [
  'Host: agent',
  'Host:',
  'Host: a\r\nHost: b',
  'Connection: keep-alive',
  'Connection: close',
  'Connection: upgrade\r\nUpgrade: websocket',
  'Upgrade: h2c',
  'HTTP2-Settings: AAA',
  'Expect: 100-continue',
  'Expect: nonsense',
  'Transfer-Encoding: chunked',
  'Transfer-Encoding: chunked, chunked',
  'Transfer-Encoding: gzip',
  'Content-Length: 0',
  'Content-Length: -1',
  'Content-Length: 99999999999999999999',
  'Content-Length: 5\r\nContent-Length: 6',
  'Content-Length: 1e3',
  `X: ${'y'.repeat(9000)}`,
  'X\u0000: y',
  ': y',
  'no colon at all',
  ' folded: x',
  'A: b\r\n c',
  'Trailer: X',
  'Cookie: a',
  '\u00e9: x',
  'X: \u0007',
]
const bodies = [
  '',
  'hello',
  '5\r\nhello\r\n0\r\n\r\n',
  'fffffffffffffffff\r\n',
  '5;ext="a"\r\nhello\r\n',
  '-1\r\n',
  '0\r\nX: y\r\n\r\n',
  'x'.repeat(50_000),
  '\u0000'.repeat(100),
]

/** What someone who means harm, or nothing, writes to the socket: whole requests, broken ones, several at once. */
export function rawRequest(chance: (below: number) => number): Buffer {
  const whole = () => {
    const fields = Array.from({ length: chance(5) }, () => pick(chance, headers))
    const end = pick(chance, ['\r\n', '\r\n', '\r\n', '\n', '\r', '\r\n\r\n'])
    return `${pick(chance, methods)} ${pick(chance, targets)} ${pick(chance, versions)}${end}${['Host: agent', ...fields].join(end)}${end}${end}${pick(chance, bodies)}`
  }
  const well = () => `GET ${pick(chance, targets)} HTTP/1.1\r\nHost: agent\r\n\r\n`
  const text = Array.from({ length: 1 + chance(3) * chance(20) }, chance(2) ? whole : well).join('')
  const bytes = Buffer.from(text, chance(2) ? 'latin1' : 'utf8')
  for (let count = chance(3) * chance(4); count > 0; count -= 1) bytes[chance(bytes.length)] = chance(256)
  if (chance(8) === 0) return Buffer.from(Array.from({ length: chance(300) }, () => chance(256)))
  return chance(4) === 0 ? bytes.subarray(0, chance(bytes.length)) : bytes
}
