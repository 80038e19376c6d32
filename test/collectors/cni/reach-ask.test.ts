import { join } from 'node:path'
import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import { HostError } from '../../../agent/model/index.ts'
import type { Asked } from '../../../collectors/cni/reach.ts'
import { doubted, kubeletOf, passesOtherwise, passesWhole } from '../../../collectors/cni/reach-ask.ts'
import { certificates } from '../certs/openssl.ts'
import { nodes } from './node.ts'
import { type Answers, answering } from './reach-node.ts'

const recorded = recordedNode(join(nodes, 'two-nodes-healthy-node1'))
const via = '10.42.1.0'
const node = '198.51.100.20'
const peer: Asked = { subnet: '10.42.1.0/24', via, dev: 'flannel.1', node, mtu: 1450 }
const look = (answers: Answers, before?: Parameters<typeof doubted>[2]) => {
  const { host, asked } = answering(recorded, answers)
  return doubted(host, peer, before).then((saw) => ({ ...saw, asked }))
}
const udp = { first: 0, at: 0, by: 'udp' } as const

t.test('one packet of full size, as long as it is answered', async (t) => {
  const { host, asked } = answering(recorded, { udp: { [via]: 1450 } })
  t.equal(await passesWhole(host, peer), true)
  t.same(asked, [`udp ${via} 1450`])
  t.equal(await passesWhole(answering(recorded, { udp: { [via]: 1449 } }).host, peer), false)
  t.equal(await passesWhole(recorded, peer), undefined, 'not recorded is not known')
})

t.test('only small packets arrive', async (t) => {
  const saw = await look({ udp: { [via]: 1400, [node]: 1500 }, tls: { [node]: 'speaks' } })
  t.match(saw, { by: 'udp', small: true, full: false, host: 'kubelet' })
  const small = { [via]: 1400 }
  t.match(await look({ udp: small, ping: { [via]: 1400 } }), { by: 'udp', full: false })
  t.match(await look({ udp: small, program: 'none' }), { by: 'udp', full: false })
  const both = await look({ udp: small, ping: { [via]: 1500 } })
  t.match(
    both,
    { by: 'ping', small: true, full: true },
    'answers to closed ports are limited, those to pings are not',
  )
})

t.test(
  'a firewall over there drops what is for closed ports: its kubelet and ping still answer',
  async (t) => {
    t.match(await look({ tls: { [via]: 'speaks' } }), { by: 'tls', small: true })
    t.match(await look({ tls: { [via]: 'refuses' } }), { by: 'tls', small: true }, 'k3s is stopped there')
    t.match(await look({ tls: { [via]: 'odd' } }), { by: 'tls', small: true })
    t.match(await look({ ping: { [via]: 1500 } }), { by: 'ping', small: true, full: true })
    t.match(await look({ ping: { [via]: 1400 } }), { by: 'ping', small: true, full: false })
    const box = await look({ ping: { [via]: 1400 }, program: 'busybox' })
    t.match(box, { by: 'ping', small: true })
    t.notOk('full' in box, 'no size is known then')
  },
)

t.test('silence of all three is silence, and its own address says what of', async (t) => {
  t.match(await look({ tls: { [node]: 'speaks' } }), { small: false, host: 'kubelet' })
  t.match(await look({ tls: { [via]: 'no way', [node]: 'refuses' } }), { small: false, host: 'refuses' })
  t.match(await look({ udp: { [node]: 1500 } }), { small: false, host: 'answers' })
  t.match(await look({ ping: { [node]: 1500 } }), { small: false, host: 'answers' })
  const off = await look({})
  t.match(off, { small: false, host: 'silent' })
  t.ok(off.asked.length <= 8, 'and at most three processes')
  t.equal(off.asked.filter((it) => it.startsWith('ping')).length, 3)
  const { host } = answering(recorded, {})
  const { node: _, ...homeless } = peer
  t.notOk('host' in (await doubted(host, homeless, udp)), 'an address that is not known')
})

t.test('a node that comes up while it is asked was not there all the time', async (t) => {
  const { host } = answering(recorded, { udp: { [node]: 1500 }, tls: { [node]: 'refuses' } })
  let asked = 0
  const handshake: typeof host.handshake = async (it) => {
    asked += it.host === node ? 1 : 0
    if (asked === 1) throw new HostError('timeout', 'no answer within 1.5 s')
    return host.handshake(it)
  }
  t.match(await doubted({ ...host, handshake }, peer, udp), { small: false, host: 'refuses' })
})

t.test('without ping, only who answered such packets before is silent', async (t) => {
  t.match(await look({ program: 'none' }, udp), { small: false })
  t.notOk('small' in (await look({ program: 'none' })))
  t.notOk('host' in (await look({ program: 'none' }, udp)))
  t.match(await look({ program: 'none', udp: { [node]: 1500 } }, udp), { host: 'answers' })
  t.same(await doubted(recorded, peer, udp), {}, 'nor is anything known of a recorded node')
})

t.test(
  'a host that says itself that it lets nothing in was reached; what this node does not send shows nothing',
  async (t) => {
    const { host } = answering(recorded, {})
    const said = (stdout: string) => ({
      ...host,
      run: async () => ({
        stdout: `${stdout}\n1 packets transmitted, 0 received, +1 errors\n`,
        stderr: '',
        exit: 1,
      }),
    })
    const from = (address: string) => said(`From ${address} icmp_seq=1 Destination Host Prohibited`)
    t.match(await doubted(from(via), peer, undefined), { by: 'ping', small: true })
    t.match(await doubted(from('10.42.0.0'), peer, undefined), { small: false })
    const long = said('ping: local error: message too long, mtu=1350')
    t.equal(await passesOtherwise(long, peer, 'ping'), undefined)
  },
)

t.test('who answers in another way is asked in that way alone', async (t) => {
  const { host, asked } = answering(recorded, { tls: { [via]: 'speaks' }, ping: { [via]: 1450 } })
  t.equal(await passesOtherwise(host, peer, 'tls'), true)
  t.equal(await passesOtherwise(host, peer, 'ping'), true)
  t.same(asked, [`tls ${via}`, `ping ${via} 1450`])
  t.equal(await passesOtherwise(answering(recorded, {}).host, peer, 'tls'), false)
})

t.test('a kubelet gives the name of its node', async (t) => {
  const { der } = certificates(t).issue({ subject: '/CN=node2', names: `IP:${node}` })
  const of = (answers: Answers) => kubeletOf(answering(recorded, answers).host, node)
  t.same(await of({ tls: { [node]: 'speaks' }, der }), { host: 'kubelet', name: 'node2' })
  t.same(await of({ tls: { [node]: 'speaks' } }), { host: 'kubelet' })
  t.same(await of({}), {})
})
