import t from 'tap'
import { ReplyReader } from '../../../agent/api/reply.ts'

/** What comes of these bytes when they arrive in such pieces and the connection is then closed. */
function heard(text: string, pieces: number): string {
  const reader = new ReplyReader('a.sock')
  const bytes = Buffer.from(text, 'latin1')
  try {
    for (let at = 0; at < bytes.length; at += pieces)
      if (reader.add(bytes.subarray(at, at + pieces))) return `complete: ${reader.body()}`
    return reader.body()
  } catch (error) {
    return (error as Error).message
  }
}

const ok = 'HTTP/1.1 200 OK\r\n'
const strange = (what: string) => `what answers on a.sock is not the agent: it ${what}`
const noHttp = strange('does not speak HTTP')
const short = 'the agent closed the connection before it had answered'

const answers: Readonly<Record<string, string>> = {
  [`${ok}Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}`]: 'complete: {}',
  [`${ok}Content-Length: 2\r\n\r\n{}and more`]: 'complete: {}',
  [`${ok}Content-Length: 0\r\n\r\n`]: 'complete: ',
  [`${ok}\r\n{}`]: '{}',
  'HTTP/1.0 200\r\ncontent-length:2 \r\n\r\n{}': 'complete: {}',
  [`${ok}X-Y: \r\n\r\n\u00c3\u00a4`]: 'ä',
  'HTTP/1.1 404 Not Found\r\n\r\n no \u001b[2J\n': 'the agent answered 404: no \ufffd[2J',
  [`${ok}Content-Length: 3\r\n\r\n{}`]: short,
  [ok]: short,
  '': short,
  'HTTP/1.1 101 X\r\nUpgrade: x\r\n\r\n': strange('changes the protocol'),
  [`${ok}Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n`]: strange('sends its answer in pieces'),
  [`${ok}Content-Length: 16777217\r\n\r\n`]: strange('sends more than 16 MiB'),
}
const nonsense: readonly string[] = [
  'HTTP/1.1 200 OK\nContent-Length: 2\n\n{}',
  'HTTP/1.1 200 OK\r\nContent-Length: 2\n',
  'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{}',
  'HTTP/2.0 200 OK\r\n\r\n{}',
  'HTTP/1.1 2000 OK\r\n\r\n{}',
  'HTTP/1.1  200 OK\r\n\r\n{}',
  'http/1.1 200 OK\r\n\r\n{}',
  ' HTTP/1.1 200 OK\r\n\r\n{}',
  'HTTP/1.1 200 O\u0007K\r\n\r\n{}',
  `${ok}Content-Length: -1\r\n\r\n`,
  `${ok}Content-Length: 1e1\r\n\r\n`,
  `${ok}Content-Length: 2, 2\r\n\r\n{}`,
  `${ok}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`,
  `${ok}Content-Length : 2\r\n\r\n{}`,
  `${ok}A: b\r\n folded\r\n\r\n{}`,
  `${ok}no colon\r\n\r\n{}`,
  `${ok}A: b\nC: d\r\n\r\n{}`,
  `${ok}A: \u0000\r\n\r\n{}`,
  `${ok}X: ${'y'.repeat(8192)}\r\n\r\n{}`,
  'SSH-2.0-OpenSSH_9.6\r\n',
  'HTTP\n',
  'x'.repeat(9000),
]

t.test('an answer is read strictly, in whatever pieces it comes', async (t) => {
  for (const pieces of [1, 3, 100_000]) {
    for (const [text, expected] of Object.entries(answers))
      t.equal(heard(text, pieces), expected, `${JSON.stringify(text)} by ${pieces}`)
    for (const text of nonsense)
      t.equal(heard(text, pieces), noHttp, `${JSON.stringify(text.slice(0, 60))} by ${pieces}`)
  }
})

t.test('no more is held than an agent sends', async (t) => {
  const reader = new ReplyReader('a.sock')
  const mebibyte = Buffer.alloc(1024 * 1024, 'x')
  reader.add(Buffer.from(`${ok}\r\n`))
  for (let count = 0; count < 16; count += 1) t.equal(reader.add(mebibyte), false)
  t.throws(() => reader.add(mebibyte), /sends more than 16 MiB$/)
})
