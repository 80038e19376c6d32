import { readFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { createServer as createTlsServer } from 'node:tls'
import t from 'tap'
import type { Asked } from '../../../../agent/delivery/kubernetes/door.ts'
import { farewell } from '../../../../agent/delivery/kubernetes/events.ts'
import {
  createEvent,
  patchEvent,
  patchStatus,
  type Request,
  readNode,
} from '../../../../agent/delivery/kubernetes/requests.ts'
import { HostError } from '../../../../agent/model/index.ts'
import { cluster, door } from './cluster.ts'

const it = await cluster(t)
const { server } = it
const signal = new AbortController().signal
const ask = (request: Request, ...more: Parameters<typeof door> extends [unknown, ...infer M] ? M : never) =>
  door(it, ...more).ask(request, signal)
const whyOf = ({ meaning }: Asked) => ('why' in meaning ? meaning.why : meaning.kind)
const condition = {
  ...{ type: 'MurphyHealthy', status: 'True', reason: 'NoProblem', message: 'fine' },
  ...{ lastHeartbeatTime: '2026-11-23T03:30:00Z', lastTransitionTime: '2026-11-23T03:30:00Z' },
}
const patch = (node: string) => patchStatus(node, { conditions: [condition], remove: [] })

t.test("a node's own credential may do what is asked of it, and no more", async (t) => {
  const { meaning, body } = await ask(readNode('node1'))
  t.equal(meaning.kind, 'done')
  t.match(JSON.parse(body), { kind: 'Node', metadata: { name: 'node1' } })
  t.equal(whyOf(await ask(patch('node1'))), 'done')
  t.match(server.nodes.get('node1')?.conditions, [{ type: 'Ready', status: 'True' }, condition])
  t.equal(server.arrived.at(-1)?.headers['user-agent'], 'murphy/0')
  const event = farewell('reboot', Date.now())
  t.equal(whyOf(await ask(createEvent('node1', '5f0c-1', event))), 'done')
  t.match(await ask(createEvent('node1', '5f0c-1', event)), { meaning: { kind: 'exists' }, body: '' })
  t.equal(whyOf(await ask(patchEvent('node1', { ...event, count: 2 }))), 'done')
  t.match([...server.events.values()], [{ count: 2 }])
  t.match(await ask(patchEvent('node1', farewell('halt', 0))), { meaning: { kind: 'absent' } })

  t.match(
    whyOf(await ask(readNode('node2'))),
    /answered 403: nodes "node2" is forbidden: .*only its own Node object/,
  )
  t.match(whyOf(await ask(patch('node2'))), /answered 403: .*"node1" is not allowed to modify node "node2"/)
  t.match(whyOf(await ask({ method: 'GET', path: '/api/v1/nodes/node1/status' })), /answered 403/)
  t.match(whyOf(await ask({ method: 'GET', path: '/api/v1/namespaces/default/events' })), /answered 403/)
  t.match(whyOf(await ask({ ...patch('node1'), type: 'application/json' })), /answered 415/)
  const removed = patchStatus('node1', { conditions: [], remove: ['MurphyHealthy'] })
  t.equal(whyOf(await ask(removed)), 'done')
  t.match(server.nodes.get('node1')?.conditions, [{ type: 'Ready' }])
  t.equal(server.nodes.get('node1')?.conditions.length, 1)
})

t.test('another certificate than its own is refused', async (t) => {
  const none = it.client('/O=system:nodes/CN=system:node:node1', it.stranger)
  t.match(await ask(readNode('node1'), none), {
    meaning: { kind: 'refused', why: /answered 401: Unauthorized/ },
  })
})

t.test('to whoever is not of the cluster nothing is shown and nothing is sent', async (t) => {
  const before = server.arrived.length
  const other = await ask(readNode('node1'), { authority: it.stranger.file })
  t.match(other, {
    meaning: { kind: 'again', why: /127\.0\.0\.1:\d+ shows a certificate this node does not trust/ },
  })
  const name = await ask(readNode('node1'), { origin: server.origin.replace('127.0.0.1', '127.0.0.2') })
  t.equal(name.meaning.kind, 'again')
  t.equal(server.arrived.length, before)
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const)
  t.test(`an impostor with ${version} is not shown the node's certificate`, async (t) => {
    const { file, key } = it.stranger
    const shown: string[] = []
    const impostor = createTlsServer(
      {
        ...{ cert: readFileSync(file), key: readFileSync(key), requestCert: true, rejectUnauthorized: false },
        ...{ minVersion: version, maxVersion: version },
      },
      (socket) => {
        shown.push(String(socket.getPeerCertificate().subject?.CN))
        socket.on('error', () => undefined)
      },
    ).on('tlsClientError', () => undefined)
    await new Promise<void>((resolve) => impostor.listen(0, '127.0.0.1', resolve))
    t.teardown(() => impostor.close())
    const { port } = impostor.address() as AddressInfo
    t.equal((await ask(readNode('node1'), { origin: `https://127.0.0.1:${port}` })).meaning.kind, 'again')
    await new Promise((resolve) => setTimeout(resolve, 100))
    t.strictSame(shown, [])
  })

t.test('no answer, none in time, half of one: try again', async (t) => {
  // A port that was just free may be somebody's by now: of this one nobody is.
  t.match(await ask(readNode('node1'), { origin: 'https://127.0.0.1:1' }), {
    meaning: { kind: 'again', why: 'https://127.0.0.1:1 refused the connection' },
  })
  server.fault = () => 'hang'
  t.match(await ask(readNode('node1'), {}, 200), {
    meaning: { kind: 'again', why: /did not answer in time/ },
  })
  server.fault = () => 'drop'
  t.match(await ask(readNode('node1')), { meaning: { kind: 'again', why: /dropped the connection/ } })
  server.fault = () => ({ status: 200, body: 'x'.repeat(3 * 1024 * 1024) })
  t.equal((await ask(readNode('node1'))).body.length, 1024 * 1024)
  server.fault = undefined
})

t.test('a file that cannot be read is said by its path; a key that is none, without it', async (t) => {
  const read = async (path: string) => {
    throw new HostError('denied', `reading ${path}: permission denied`)
  }
  t.match(await door({ ...it, read }).ask(readNode('node1'), signal), {
    meaning: { kind: 'again', why: /^reading \/.*: permission denied$/ },
  })
  const secret = '-----BEGIN EC PRIVATE KEY-----\nc2VjcmV0\n-----END EC PRIVATE KEY-----\n'
  const half = async (path: string) => (path === it.api.key ? Buffer.from(secret) : it.read(path))
  const asked = await door({ ...it, read: half }).ask(readNode('node1'), signal)
  t.equal(asked.meaning.kind, 'again')
  t.notMatch(JSON.stringify(asked), /c2VjcmV0|secret/)
})

t.test('it ends when it is given up', async (t) => {
  server.fault = () => 'hang'
  const giving = new AbortController()
  const asked = door(it).ask(readNode('node1'), giving.signal)
  setTimeout(() => giving.abort(), 50)
  t.equal((await asked).meaning.kind, 'again')
  server.fault = undefined
})

t.test('several requests over one line cost one handshake, and are answered in their order', async (t) => {
  const sockets = new Set<number | undefined>()
  server.fault = ({ port }) => void sockets.add(port)
  const line = door(it).line()
  t.teardown(() => line.close())
  const event = farewell('kexec', Date.now())
  const all = await Promise.all(
    [readNode('node1'), patch('node1'), createEvent('node1', undefined, event)].map((one) =>
      line.ask(one, signal),
    ),
  )
  t.same(all.map(whyOf), ['done', 'done', 'done'])
  t.equal(sockets.size, 1)
  await door(it).ask(readNode('node1'), signal)
  t.equal(sockets.size, 2)
  server.fault = undefined
})

t.test(
  "where k3s's balancer is down the servers behind it are asked; where it answers they are not",
  async (t) => {
    const closed = 'https://127.0.0.1:1'
    const before = server.arrived.length
    t.equal(whyOf(await ask(patch('node1'), { origin: closed, others: [server.origin] })), 'done')
    t.match(
      whyOf(await ask(readNode('node2'), { others: [closed] })),
      /answered 403/,
      'a refusal is an answer',
    )
    t.equal(server.arrived.length, before + 2)
    t.equal(
      whyOf(await ask(readNode('node1'), { origin: closed, others: [closed] })),
      `${closed} refused the connection`,
    )
    const line = door(it, { others: [server.origin] }).line()
    t.teardown(() => line.close())
    t.equal(whyOf(await line.ask(readNode('node1'), signal)), 'done')
    let count = 0
    server.fault = () => (count++ === 0 ? 'drop' : undefined)
    t.equal(
      whyOf(await line.ask(patch('node1'), signal)),
      'done',
      'it ends in the middle: the other one takes it',
    )
    server.fault = undefined
  },
)
