import { createSocket } from 'node:dgram'
import { createServer } from 'node:net'
import { pathToFileURL } from 'node:url'

/**
 * A DNS server over UDP and TCP on one port. It answers by the first label of the name: `addr` with
 * 192.0.2.7, `empty` without records, `silent` not at all, `cut` over UDP with the truncation flag alone,
 * `CODE` such as `servfail` with that code, anything else as `addr`. The first question for a name that
 * starts with `once` is lost.
 */
const codes: Readonly<Record<string, number>> = {
  formerr: 1,
  servfail: 2,
  nxdomain: 3,
  notimp: 4,
  refused: 5,
}

export function answer(question: Buffer, stream: boolean, lost: Set<string>): Buffer | undefined {
  const labels: string[] = []
  let at = 12
  for (let length = question[at] ?? 0; length > 0; length = question[at] ?? 0) {
    labels.push(question.toString('latin1', at + 1, at + 1 + length))
    at += length + 1
  }
  const asked = question.subarray(12, at + 5)
  const [first = ''] = labels
  const type = question.readUInt16BE(at + 1)
  if (first === 'silent') return undefined
  if (first.startsWith('once') && !lost.has(first)) {
    lost.add(first)
    return undefined
  }
  const code = codes[first] ?? 0
  const cut = first === 'cut' && !stream
  const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, 192, 0, 2, 7])
  const with6 = Buffer.from([0xc0, 12, 0, 28, 0, 1, 0, 0, 0, 5, 0, 16, ...Buffer.alloc(15), 7])
  const records = code === 0 && !cut && first !== 'empty' ? [type === 28 ? with6 : record] : []
  const head = Buffer.alloc(12)
  question.copy(head, 0, 0, 2)
  head.writeUInt16BE(0x8580 | (cut ? 0x0200 : 0) | code, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(records.length, 6)
  return Buffer.concat([head, asked, ...records])
}

/** Listens on `address`, on any port unless one is given. */
export async function nameserver(address = '127.0.0.1', wanted = 0) {
  const lost = new Set<string>()
  const udp = createSocket(address.includes(':') ? 'udp6' : 'udp4')
  udp.on('message', (question, from) => {
    const reply = answer(question, false, lost)
    if (reply) udp.send(reply, from.port, from.address)
  })
  await new Promise<void>((resolve) => udp.bind(wanted, address, resolve))
  const { port } = udp.address()
  const tcp = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (bytes) => {
      const reply = answer(bytes.subarray(2), true, lost)
      if (!reply) return
      const length = Buffer.alloc(2)
      length.writeUInt16BE(reply.length)
      socket.end(Buffer.concat([length, reply]))
    })
  })
  await new Promise<void>((resolve) => tcp.listen(port, address, resolve))
  return {
    port,
    close() {
      udp.close()
      tcp.close()
    },
  }
}

// `node nameserver.ts ADDRESS PORT` serves until it is killed: for a network namespace of its own.
if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await nameserver(process.argv[2], Number(process.argv[3]))
  process.stdout.write('ready\n')
}
