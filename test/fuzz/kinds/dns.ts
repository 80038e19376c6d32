import { createSocket, type Socket } from 'node:dgram'
import { isIP } from 'node:net'
import { resolve } from '../../../agent/host/dns.ts'
import { HostError } from '../../../agent/model/index.ts'
import { answer } from '../../agent/host/nameserver.ts'
import { bytesOf, kind, must, part, textOf } from '../kind.ts'
import { mutated } from '../mutate.ts'

const labels = ['addr', 'empty', 'servfail', 'nxdomain', 'refused', 'notimp', 'formerr']
let server: Socket | undefined
/** By the first label of the name that is asked for, since several are asked at once. */
const replies = new Map<string, Buffer>()
let count = 0

/** A question as a resolver writes it: a header, the name, A or AAAA, class IN. */
function question(name: string, type: number): Buffer {
  const head = Buffer.from([0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0])
  const parts = name.split('.').map((it) => Buffer.concat([Buffer.from([it.length]), Buffer.from(it)]))
  return Buffer.concat([head, ...parts, Buffer.from([0, 0, type, 0, 1])])
}
const sound = labels.flatMap((label) =>
  [1, 28].map((type) => answer(question(label, type), false, new Set()) as Buffer),
)
const batch = 24

/** What a DNS server answers, whatever it is, as the resolver takes it. Two dozen at once: one that is ignored costs a timeout. */
export const dns = kind({
  name: 'dns',
  cases: 6,
  make: (luck) => [
    part('type', luck.pick(['A', 'AAAA'])),
    ...Array.from({ length: batch }, () =>
      part('reply', mutated(luck, luck.pick(sound), sound).subarray(0, 4096)),
    ),
  ],
  async hold(parts) {
    const type = textOf(parts, 'type') === 'AAAA' ? 'AAAA' : 'A'
    await Promise.all(
      parts
        .filter((it) => it.name === 'reply')
        .map((_, index) => asked(type, bytesOf(parts.slice(index + 1), 'reply'))),
    )
  },
  async begin() {
    server = createSocket('udp4')
    server.on('message', (bytes, from) => {
      const label = bytes.toString('latin1', 13, 13 + (bytes[12] ?? 0))
      const reply = replies.get(label)
      if (!reply) return
      // The id and the question are those that were asked, or the resolver would not look at the rest.
      const own = Buffer.from(reply)
      bytes.copy(own, 0, 0, 2)
      const name = Buffer.from(`\x04addr`)
      const at = own.indexOf(name)
      const whole =
        at < 0
          ? own
          : Buffer.concat([
              own.subarray(0, at),
              bytes.subarray(12, 13 + label.length),
              own.subarray(at + name.length),
            ])
      server?.send(whole, from.port, from.address)
    })
    await new Promise<void>((done) => server?.bind(0, '127.0.0.1', done))
  },
  async end() {
    await new Promise<void>((done) => server?.close(done))
  },
})

async function asked(type: 'A' | 'AAAA', reply: Buffer): Promise<void> {
  const label = `q${count++}`
  replies.set(label, reply)
  try {
    const port = server?.address().port ?? 0
    const it = await resolve(
      { server: '127.0.0.1', port, name: label, type, timeout: 120, tries: 1 },
      AbortSignal.timeout(5_000),
    )
    must(
      it.addresses.length <= 16 && it.addresses.every((address) => isIP(address) !== 0),
      'addresses are addresses, and few',
      () => JSON.stringify(it),
    )
  } catch (error) {
    if (!(error instanceof HostError)) throw error
    must(error.message.length < 500, 'an error is short', () => error.message)
  } finally {
    replies.delete(label)
  }
}
