import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import type { Test } from 'tap'
import type { Family } from '../../../collectors/firewall/cells.ts'
import type { Probe } from '../../../collectors/firewall/packet/match.ts'
import { network } from '../../../collectors/firewall/packet/networks.ts'
import { ssh } from './look.ts'
import { namespace } from './namespace.ts'

const addresses = {
  ipv4: { node: '192.0.2.1', peer: '192.0.2.2', bits: 24 },
  ipv6: { node: '2001:db8::1', peer: '2001:db8::2', bits: 64 },
} as const

const hello = `require('net').createServer((one) => {
  one.on('error', () => {}); one.on('data', () => one.end('hello'))
}).listen(22, '::', () => console.log('on'))`

/**
 * As with SSH, a connection is of use only when something comes back to what was said. `HOST PORT` knocks from that
 * port and prints `PORT open`, or `PORT` and the error, whenever that is; `PORT` alone gives up.
 */
const knocker = `const knocks = new Map(); require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const [host, port] = line.split(' ')
  if (!port) return knocks.get(host).destroy()
  const one = require('net').connect({ host, port: 22, localPort: Number(port) })
  const say = (text) => { one.destroy(); console.log(port + ' ' + text) }
  one.on('connect', () => one.write('hi')).on('data', () => say('open')).on('error', (error) => say(error.code))
  knocks.set(port, one)
}); console.log('ready')`

/**
 * Notes the client's ports by what came to the node, and by what is left of it behind all rules of both backends; in a
 * table of its own, which iptables does not show. What came is listed first: what was on its way while the list was
 * made counts as let in.
 */
const notes = `table inet knocks {
  ${['syn-came', 'said-came', 'syn-passed', 'said-passed'].map((it) => `set ${it} { type inet_service; size 65535; flags dynamic; }`).join('\n')}
  ${(
    [
      ['came', 'prerouting', -450],
      ['passed', 'input', 450],
    ] as const
  )
    .map(
      ([what, hook, priority]) => `chain ${what} {
    type filter hook ${hook} priority ${priority};
    tcp dport 22 tcp flags & (syn | ack) == syn add @syn-${what} { tcp sport }
    tcp dport 22 tcp flags & psh == psh add @said-${what} { tcp sport }
  }`,
    )
    .join('\n')}
}`

/** Whether the kernel dropped what that port sent: what opens a connection, or the first word in it. */
function isDropped(listed: string, port: number): boolean {
  const { nftables } = JSON.parse(listed) as {
    nftables: readonly { readonly set?: { readonly name: string; readonly elem?: readonly number[] } }[]
  }
  const noted = (name: string) => nftables.some(({ set }) => set?.name === name && set.elem?.includes(port))
  return (['syn', 'said'] as const).some((it) => noted(`${it}-came`) && !noted(`${it}-passed`))
}

/** How long a knock may be undecided, ms; no busy machine needs a tenth of it. */
const patience = 60_000

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
    // Nor may a question whether an address is free be under way.
    await side.sh('while ip -6 addr show tentative scope global | grep -q .; do sleep 0.01; done')
  }
  const server = node.start([process.execPath, '-e', hello])
  await once(server.stdout as NodeJS.ReadableStream, 'data')
  // One process tries, as often as it is told to.
  const client = peer.start([process.execPath, '-e', knocker])
  const answers = new Map<number, string>()
  let port = 20_000
  let heard = Promise.withResolvers<void>()
  createInterface({ input: client.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const [its, answer = ''] = line.split(' ')
    answers.set(Number(its), answer)
    heard.resolve()
    heard = Promise.withResolvers()
  })
  await heard.promise
  // So does one shell look after what came: each of its commands prints one line.
  const shell = node.start(['sh'])
  const printed = createInterface({ input: shell.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  const asked = async (command: string): Promise<string> => {
    shell.stdin?.write(`{ ${command}\n} || echo failed\n`)
    const { value } = await printed.next()
    if (typeof value !== 'string' || value === 'failed') throw new Error(`${command}: failed`)
    return value
  }
  /** One new connection, followed until it is answered or the kernel has dropped it; undefined if it failed otherwise. */
  const tried = async (family: Family, end: number): Promise<boolean | undefined> => {
    port += 1
    client.stdin?.write(`${addresses[family].node} ${port}\n`)
    for (let before = false; ; ) {
      await Promise.race([heard.promise, pause(10)])
      const answer = answers.get(port)
      if (answer === 'open') return true
      const listed = await asked('nft -j list table inet knocks')
      const dropped = isDropped(listed, port)
      // Twice, as a packet may be between the two hooks in the very moment.
      if (dropped && before) return answers.get(port) === 'open'
      before = dropped
      if (answer !== undefined && !dropped) return undefined
      if (Date.now() > end)
        throw new Error(`after ${patience} ms neither open nor dropped: ${answer} ${listed}`)
    }
  }
  return {
    node,
    /** Whether a new connection gets in, as the kernel decides it: no time says so. */
    async knock(family: Family = 'ipv4'): Promise<boolean> {
      await asked(`nft -f - <<'END' && echo noting\n${notes}\nEND`)
      try {
        for (const end = Date.now() + patience; ; ) {
          const open = await tried(family, end)
          if (open !== undefined) return open
        }
      } finally {
        client.stdin?.write(`${port}\n`)
        await asked('nft delete table inet knocks && echo over')
      }
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
