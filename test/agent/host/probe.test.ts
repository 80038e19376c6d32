import { createSocket } from 'node:dgram'
import t, { type Test } from 'tap'
import { probe } from '../../../agent/host/probe.ts'

const signal = new AbortController().signal

t.test('a closed port answers, whatever the size, over both families', async (t) => {
  t.strictSame(await probe({ address: '127.0.0.1' }, signal), { answer: 'arrived' })
  t.strictSame(await probe({ address: '127.0.0.3', size: 1450 }, signal), { answer: 'arrived' })
  t.strictSame(await probe({ address: '127.0.0.1', size: 1_000_000 }, signal), { answer: 'arrived' })
  t.strictSame(await probe({ address: '::1', size: 1450 }, signal), { answer: 'arrived' })
})

t.test('many at once, over one port', async (t) => {
  const all = Array.from({ length: 50 }, (_, at) => probe({ address: `127.0.1.${at + 1}` }, signal))
  t.ok((await Promise.all(all)).every(({ answer }) => answer === 'arrived'))
})

const root = process.getuid?.() === 0

t.test('silence ends in time, and what answers too late for its try counts', { skip: !root }, async (t) => {
  const answering = await discarding(t)
  const begun = performance.now()
  t.strictSame(await probe({ address: '127.0.0.9', timeout: 50 }, signal), { answer: 'silence' })
  t.ok(performance.now() - begun < 1_000)
  answering.after = 700
  t.strictSame(await probe({ address: '127.0.0.9', timeout: 500 }, signal), { answer: 'arrived' })
})

/** Something that listens on the discard port of 127.0.0.9, and answers one packet after so many ms. */
async function discarding(t: Test): Promise<{ after: number }> {
  const socket = createSocket('udp4')
  const it = { after: 0 }
  socket.on('message', (_, from) => {
    if (it.after > 0) setTimeout(() => socket.send('late', from.port, from.address), it.after)
    it.after = 0
  })
  await new Promise<void>((done) => socket.bind(9, '127.0.0.9', done))
  t.teardown(() => socket.close())
  return it
}

t.test('no way there, no address, and a round that is over', async (t) => {
  // A broadcast, which a socket has to be allowed.
  const { answer } = await probe({ address: '255.255.255.255' }, signal)
  t.equal(answer, 'no-way')
  await t.rejects(probe({ address: 'node2' }, signal), { code: 'failed', message: /no address/ })
  const round = new AbortController()
  const asked = probe({ address: '127.0.0.9', timeout: 5_000 }, round.signal)
  round.abort()
  await t.rejects(asked, { code: 'timeout', message: /its round was over/ })
  await t.rejects(probe({ address: '127.0.0.9' }, round.signal), { code: 'timeout' })
})
