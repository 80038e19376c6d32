import t from 'tap'
import { fingerprintOf } from '../../../agent/text/fingerprint.ts'
import { hostile } from '../../receivers/notices.ts'

const pod = (name: string, code = 'memory.oom-killed') => ({
  code,
  subject: `shop/${name}/app`,
  pod: { namespace: 'shop', name, container: 'app' },
})

t.test('one cause has one fingerprint on every node', async (t) => {
  const same = (a: Parameters<typeof fingerprintOf>[0], b: typeof a, what: string) =>
    t.equal(fingerprintOf(a, 'node1'), fingerprintOf(b, 'node2'), what)
  same(
    { code: 'certs.expired', subject: 'k3s server' },
    { code: 'certs.expired', subject: 'k3s server' },
    'certs',
  )
  same(pod('web-7c5ddbdf54-x2k4j'), pod('web-7c5ddbdf54-9wrtz'), 'pods of a Deployment')
  same(pod('web-7c5ddbdf54-x2k4j'), pod('web-68bc9f4d5c-x2k4j'), 'and of its next ReplicaSet')
  same(pod('svclb-traefik-x2k4j'), pod('svclb-traefik-9wrtz'), 'pods of a DaemonSet')
  same(pod('db-0'), pod('db-1'), 'pods of a StatefulSet')
  same(pod('kube-vip-node1'), pod('kube-vip-node2'), 'static pods')
  same({ code: 'cni.x', subject: 'veth1a2b3c4d' }, { code: 'cni.x', subject: 'vethffeeddcc' }, 'veths')
  for (const [server, agent] of [
    ['k3s server', 'k3s agent'],
    ['k3s server CAs', 'k3s agent CAs'],
    ['k3s', 'k3s-agent'],
    ['k3s.service', 'k3s-agent.service'],
    ['rke2 server', 'rke2 agent'],
    ['rke2-server', 'rke2-agent'],
    ['rke2-server.service', 'rke2-agent.service'],
  ] as const)
    same({ code: 'a.b', subject: server }, { code: 'a.b', subject: agent }, `${server}, whatever its role`)
  const uid = (digit: string) => `pod 38b85a3d-c687-4320-836e-9a2b647445f${digit}`
  same(
    { code: 'a.b', subject: uid('5') },
    { code: 'a.b', subject: uid('6') },
    'pods of which only the uid is known',
  )
  t.match(fingerprintOf(pod('db-0'), 'node1'), /^[0-9a-f]{16}$/)
})

t.test('other causes have others', async (t) => {
  const all = [
    pod('db-0'),
    pod('db-0', 'pods.crash-looping'),
    pod('web-0'),
    { ...pod('db-0'), subject: 'shop/db-0/sidecar' },
    { ...pod('db-0'), subject: 'bank/db-0/app' },
    ...[
      'k3s server',
      'k3s server CAs',
      'rke2 server',
      'k3s',
      'k3s.service',
      'k3s-agent-2',
      'my-k3s-agent',
    ].map((subject) => ({ code: 'a.b', subject })),
    { code: 'cni.bridge-missing', subject: 'cni0' },
    { code: 'cni.bridge-missing', subject: 'cni1' },
    { code: 'cni.peer', subject: '10.42.1.0/24' },
    { code: 'cni.peer', subject: '10.42.2.0/24' },
  ].map((it) => fingerprintOf(it, 'node1'))
  t.equal(new Set(all).size, all.length)
})

t.test('a node that is called like something else hides nothing', async (t) => {
  for (const node of ['k3s', 'server', 'node', 'ipv4', ''])
    t.equal(
      fingerprintOf({ code: 'a.b', subject: 'k3s server' }, node),
      fingerprintOf({ code: 'a.b', subject: 'k3s server' }, 'node1'),
      node,
    )
})

t.test('it stays as it is: receivers have stored it', async (t) => {
  t.equal(fingerprintOf({ code: 'certs.expired', subject: 'k3s server' }, 'node1'), '849f408c0024480e')
  t.equal(fingerprintOf(pod('db-0'), 'node1'), '36757e2a012fcfcc')
})

for (const [name, text] of Object.entries(hostile))
  t.test(`hostile: ${name}`, async (t) => {
    const it = { code: text, subject: text, pod: { name: text } }
    t.match(fingerprintOf(it, text), /^[0-9a-f]{16}$/)
    t.equal(fingerprintOf(it, text), fingerprintOf(it, text))
  })
