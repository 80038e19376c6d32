import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { Test } from 'tap'
import type { Probe } from '../../../collectors/firewall/packet/match.ts'
import { network } from '../../../collectors/firewall/packet/networks.ts'
import type { Family } from '../../../collectors/firewall/sample.ts'
import { ssh } from './look.ts'
import { namespace } from './namespace.ts'

const addresses = {
  ipv4: { node: '192.0.2.1', peer: '192.0.2.2', bits: 24 },
  ipv6: { node: '2001:db8::1', peer: '2001:db8::2', bits: 64 },
} as const

const hello = `require('net').createServer((one) => {
  one.on('error', () => {}); one.on('data', () => one.end('hello'))
}).listen(22, '::', () => console.log('on'))`

/** As with SSH, a connection is of use only when something comes back to what was said. */
const knocker = `require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const [host, patience] = line.split(' ')
  const one = require('net').connect({ host, port: 22 })
  const say = (text) => { one.destroy(); clearTimeout(timer); console.log(text) }
  const timer = setTimeout(() => say('shut'), Number(patience))
  one.on('connect', () => one.write('hi')).on('data', () => say('open')).on('error', () => say('shut'))
}); console.log('ready')`

/** Two namespaces and a cable (`v0` on the node's side): something listens on the node where sshd would, and somebody knocks. */
export async function doorway(t: Test) {
  const node = await namespace(t)
  const peer = await namespace(t)
  await node.sh(`ip link add v0 type veth peer name v1 netns ${peer.pid}`)
  for (const [side, link, who, other] of [
    [node, 'v0', 'node', 'peer'],
    [peer, 'v1', 'peer', 'node'],
  ] as const) {
    await side.sh(`ip link set ${link} address 02:00:00:00:00:0${who === 'node' ? 1 : 2} up`)
    for (const it of Object.values(addresses)) {
      await side.sh(`ip addr add ${it[who]}/${it.bits} dev ${link} ${it.bits === 64 ? 'nodad' : ''}`)
      // Rules may drop what finds the neighbour, which is not what is asked here.
      await side.sh(
        `ip neigh replace ${it[other]} lladdr 02:00:00:00:00:0${other === 'node' ? 1 : 2} dev ${link} nud permanent`,
      )
    }
  }
  const server = node.start([process.execPath, '-e', hello])
  await once(server.stdout as NodeJS.ReadableStream, 'data')
  // One process tries, as often as it is told to.
  const client = peer.start([process.execPath, '-e', knocker])
  const answers = createInterface({ input: client.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  await answers.next()
  return {
    node,
    /** Whether a new connection gets in. `patience` in ms. */
    async knock(patience = 200, family: Family = 'ipv4'): Promise<boolean> {
      client.stdin?.write(`${addresses[family].node} ${patience}\n`)
      return (await answers.next()).value === 'open'
    },
  }
}

export type Doorway = Awaited<ReturnType<typeof doorway>>

/** The connection that is tried, as a probe that knows where it comes from. */
export function knocking(family: Family): Probe {
  const [from, to] = [network(addresses[family].peer), network(addresses[family].node)]
  if (!from || !to) throw new Error('no addresses')
  return { ...ssh, origin: { from, to, on: 'v0' } }
}
