import { readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import t from 'tap'
import { listeningSockets, remoteAddresses, takers } from '../../../collectors/node/sockets.ts'

const line = (address: string, port: string, uid: string, state = '0A') =>
  `   0: ${address}:${port} ${address.length > 8 ? '0'.repeat(32) : '00000000'}:0000 ${state} 00000000:00000000 00:00000000 00000000 ${uid.padStart(5)}        0 1 1 0 100 0 0 10 0\n`

t.test('sockets that listen, and whose they are; the rest is nobody', async (t) => {
  const head =
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n'
  t.same(
    listeningSockets(
      `${head}${line('0100007F', '192B', '0')}${line('0100007F', '2808', '4294967294')}${line('0100007F', '0050', '0', '01')}`,
    ),
    [
      { address: '0100007F', port: 6443, uid: 0 },
      { address: '0100007F', port: 10_248, uid: 4_294_967_294 },
    ],
  )
  t.same(listeningSockets(line('0100007F', '192B', '0').slice(0, 60)), [{ address: '0100007F', port: 6443 }])
  t.same(listeningSockets('nonsense\n  1: x:y z 0A\n'), [])
  t.equal(listeningSockets(line('0100007F', '192B', '1000').repeat(100_000)).length, 100_000)
})

t.test(
  'the socket that takes a connection is the one with the address, then one that takes any',
  async (t) => {
    const one = '0000000000000000FFFF00000100007F'
    const any = '0'.repeat(32)
    const six = '00000000000000000000000001000000'
    const who = (host: string, ...addresses: string[]) =>
      takers(
        addresses.map((address, uid) => ({ address, port: 6443, uid })),
        host,
        6443,
      ).map((it) => it.uid)
    t.same(who('127.0.0.1', '00000000', '0100007F'), [1])
    t.same(who('127.0.0.1', any, '00000000'), [1], 'the other is for IPv6 only')
    t.same(who('127.0.0.1', any, one), [1])
    t.same(who('127.0.0.1', any), [0])
    t.same(who('127.0.0.1', '0200007F', six), [])
    t.same(who('::1', any, six, '00000000'), [1])
    t.same(who('::1', '0100007F', '00000000'), [])
    t.same(who('fd00::12:3', 'F1000000', '000000FD000000000000000003001200'), [1])
    t.same(who('fe80::1%eth0', '000080FE000000000000000001000000'), [0])
    t.same(who('::ffff:127.0.0.1', '0100007F'), [0])
    t.same(who('localhost', '0200007F', six), [0, 1], 'a name may be any of them')
    t.same(takers([{ address: '0100007F', port: 6444 }], '127.0.0.1', 6443), [])
  },
)

t.test('what the kernel of this machine shows of real ones', async (t) => {
  const uid = process.getuid?.()
  const open = (host: string) =>
    new Promise<Server | undefined>((resolve) => {
      const server = createServer()
      server.once('error', () => resolve(undefined))
      server.listen({ host, port: 0 }, () => resolve(server))
    })
  for (const [host, asked] of [
    ['127.0.0.1', '127.0.0.1'],
    ['0.0.0.0', '127.0.0.1'],
    ['::', '127.0.0.1'],
    ['::', '::1'],
    ['::1', '::1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
  ] as const) {
    const server = await open(host)
    // A machine without IPv6.
    if (!server) continue
    const { port } = server.address() as { port: number }
    const all = ['tcp', 'tcp6'].flatMap((it) =>
      listeningSockets(readFileSync(`/proc/self/net/${it}`, 'utf8')),
    )
    t.match(takers(all, asked, port), [{ port, uid }], `${host}, asked by ${asked}`)
    t.same(takers(all, '192.0.2.1', port).length, host === '0.0.0.0' || host === '::' ? 1 : 0)
    server.close()
  }
})

t.test('other machines on a port, as members of etcd are', async (t) => {
  const socket = (own: string, far: string) => `   1: ${own}:9C40 ${far}:094C 01 00000000:00000000\n`
  const six = (first: string) => `${first}${'0'.repeat(16)}02000000`
  t.same(
    remoteAddresses(
      [
        '  sl  local_address rem_address   st\n',
        socket('010200C0', '020200C0'),
        socket('010200C0', '020200C0'),
        socket('010200C0', '010200C0'),
        socket('0100007F', '0200007F'),
        socket('00000000', '00000000'),
        socket(six('B80D0120'), six('B80D0121')),
        socket(`${'0'.repeat(16)}FFFF0000010200C0`, `${'0'.repeat(16)}FFFF0000030200C0`),
      ].join(''),
      2380,
    ),
    ['192.0.2.2', '2101:db8::2', '192.0.2.3'],
  )
  t.same(remoteAddresses(socket('010200C0', '020200C0'), 2379), [])
  t.same(remoteAddresses('nonsense', 2380), [])
})
