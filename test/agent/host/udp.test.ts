import { createSocket } from 'node:dgram'
import t from 'tap'
import { ownPort, udpTo } from '../../../agent/host/udp.ts'

t.test('many sockets share the one port, and each hears only its own peer', async (t) => {
  const peers = await Promise.all(
    ['127.0.0.1', '127.0.0.2'].map(async (address) => {
      const socket = createSocket('udp4')
      socket.on('message', (_, from) => socket.send(`${from.port} from ${address}`, from.port, from.address))
      await new Promise<void>((done) => socket.bind(0, address, done))
      t.teardown(() => socket.close())
      return { address, port: socket.address().port, socket }
    }),
  )
  const heard = await Promise.all(
    peers.map(
      ({ address, port }) =>
        new Promise<string>((done) => {
          const socket = udpTo(address, port, (it) => it.send('?'))
          socket.once('message', (text) => {
            socket.close()
            done(`${text}`)
          })
        }),
    ),
  )
  t.same(
    heard,
    peers.map(({ address }) => `${ownPort} from ${address}`),
  )
  const own = await new Promise<boolean>((done) => {
    const [one, other] = peers
    const socket = udpTo(one?.address ?? '', one?.port ?? 0, () =>
      other?.socket.send('x', ownPort, '127.0.0.1'),
    )
    socket.once('message', () => done(false))
    setTimeout(() => {
      socket.close()
      done(true)
    }, 100)
  })
  t.ok(own, 'nobody else is heard')
})
