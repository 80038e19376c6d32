import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import { cni } from '../../../collectors/cni/index.ts'
import { nodes } from './node.ts'

const states = readdirSync(nodes, { withFileTypes: true }).flatMap((it) =>
  it.isDirectory() ? [it.name] : [],
)

const look = async (name: string) => {
  const host = recordedNode(join(nodes, name))
  const past = { heard: [] }
  const sample = await cni.collect(host, {}, past)
  return { sample, found: cni.assess(sample, past, {}, host.now()), now: host.now() }
}

t.test('every recorded state gives exactly the expected findings', async (t) => {
  t.ok(states.length >= 20)
  for (const name of states) {
    const expected = readFileSync(join(nodes, name, 'expected.txt'), 'utf8')
    const { found } = await look(name)
    t.same(
      found.map((it) => `${it.code} ${it.subject}`).sort(),
      expected.split('\n').filter((it) => it.startsWith('cni.') && !it.startsWith('cni.blind')),
      name,
    )
  }
})

t.test('a summary says what is there', async (t) => {
  const line = async (name: string) => {
    const { sample, now } = await look(name)
    return cni.summary(sample, {}, now)
  }
  t.equal(
    await line('healthy'),
    'cni0 up 10.42.0.1/24, 5 pods; flannel.1 up (vxlan, mtu 1450), 0 peers; 5 of 253 addresses',
  )
  t.match(await line('two-nodes-healthy-node2'), /^cni0 up 10\.42\.1\.1\/24, 4 pods; .*, 1 peer; /)
  t.equal(await line('cni0-deleted'), 'cni0 missing, 5 pods; flannel.1 missing, 0 peers; 5 of 253 addresses')
  t.equal(await line('no-k3s'), 'no k3s on this machine: no pod network to check')
})

t.test('a machine without k3s is asked nothing and watched for nothing', async (t) => {
  const { sample, found } = await look('no-k3s')
  t.same(sample, {})
  t.same(found, [])
  t.same(cni.watch?.({}, sample), [])
  t.same(cni.watch?.({}, undefined), [])
  t.same(cni.series?.(sample), {})
})

t.test('a node with flannel is watched: its links, its files', async (t) => {
  const { sample } = await look('healthy')
  const watches = cni.watch?.({}, sample) ?? []
  t.match(watches, [
    { kind: 'command', argv: ['ip', 'monitor', 'link', 'address', 'route', 'neigh'] },
    { kind: 'paths', paths: ['/run/flannel/subnet.env', '/var/lib/rancher/k3s/agent/etc/cni/net.d'] },
  ])
  const [command] = watches
  t.ok(command?.kind === 'command' && command.isRelevant('Deleted 36: cni0: <BROADCAST,MULTICAST> mtu 1450 '))
})

t.test('the end of a veth is awaited while pods are cut off', async (t) => {
  const end = 'Deleted 4: vetha8ee72fa@NONE: <BROADCAST,MULTICAST> mtu 1450 master cni0 state DOWN '
  const isHeard = async (node: string) => {
    const [command] = cni.watch?.({}, (await look(node)).sample) ?? []
    return command?.kind === 'command' && command.isRelevant(end)
  }
  t.ok(await isHeard('cni0-deleted'), 'so that a repair is told at once')
  t.notOk(await isHeard('healthy'))
})

t.test('numbers over time', async (t) => {
  const { sample } = await look('cni0-deleted')
  t.same(cni.series?.(sample), { pods: 5, veths: 5, addresses: 5, leaked: 0, peers: 0 })
  t.match(cni.series?.({ ...sample, errors: { cni0: [[0, 7, 100]], eth0: [[0, 2, 9]] } }), { errors: 9 })
})
