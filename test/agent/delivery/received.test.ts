import t from 'tap'
import { received } from '../../../agent/delivery/received.ts'

async function* parts(...all: readonly (string | Error)[]): AsyncGenerator<Uint8Array> {
  for (const it of all) {
    if (it instanceof Error) throw it
    yield Buffer.from(it)
  }
}
const answer = (body: AsyncIterable<Uint8Array>, headers = {}) => ({ statusCode: 204, headers, body })

t.test('status, headers each as one text, and the beginning of the body', async (t) => {
  const headers = { date: 'now', 'set-cookie': ['a=1', 'b=2'], 'x-none': undefined }
  t.strictSame(await received(answer(parts('ab', 'cd'), headers), 3), {
    status: 204,
    headers: { date: 'now', 'set-cookie': 'a=1, b=2', 'x-none': '' },
    body: 'abc',
  })
})

t.test('of a body without end no more is read than that, and one that breaks off has arrived', async (t) => {
  let asked = 0
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (;;) {
      asked += 1
      yield Buffer.from('xxxx')
    }
  }
  t.equal((await received(answer(endless()), 10)).body, 'xxxxxxxxxx')
  t.equal(asked, 3)
  t.match(await received(answer(parts('half', new Error('reset'))), 10), { status: 204, body: 'half' })
})
