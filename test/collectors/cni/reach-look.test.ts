import { join } from 'node:path'
import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import type { WakeEvent } from '../../../agent/model/index.ts'
import { collect } from '../../../collectors/cni/collect.ts'
import type { CniSample } from '../../../collectors/cni/sample.ts'
import { certificates } from '../certs/openssl.ts'
import { nodes } from './node.ts'
import { type Answers, answering } from './reach-node.ts'

const recorded = recordedNode(join(nodes, 'two-nodes-healthy-node1'))
const first = await collect(recorded, { heard: [] })
const [{ via = '', node = '' } = {}] = first.peers ?? []
const fine: Answers = { udp: { [via]: 1450, [node]: 1500 }, tls: { [node]: 'speaks' } }

let now = recorded.now()
async function look(answers: Answers, sample?: CniSample, heard: readonly WakeEvent[] = []) {
  const { host, asked } = answering({ ...recorded, now: () => now }, answers)
  const seen = await collect(host, { ...(sample && { sample, at: now }), heard })
  return { ...seen, asked }
}

t.test('a round asks each other node, and once for its name', async (t) => {
  const der = certificates(t).issue({ subject: '/CN=node2', names: `IP:${node}` }).der
  const it = await look({ ...fine, der })
  t.match(it.reach?.[via], { passes: 'all', by: 'udp', name: 'node2', served: true, well: now })
  t.same(it.asked, [`udp ${via} 1450`, `tls ${node}`])
  t.same((await look(fine, it)).asked, [], 'the poll goes on meanwhile')
  now += 61_000
  t.same((await look(fine, it)).asked, [`udp ${via} 1450`])
})

t.test('what woke it decides whom it asks', async (t) => {
  const before = await look(fine)
  const bridge = [{ at: now, text: 'Deleted 2: cni0: <BROADCAST>' }]
  const other = await look({}, before, bridge)
  t.same(other.asked, [], 'nothing waits for a node that is silent')
  t.same(other.reach, before.reach)
  now += 15_000
  const poll = [{ at: now, text: 'packets to 1 other node (01234567) changed' }]
  const silent = await look({ tls: { [node]: 'speaks' } }, before, poll)
  t.match(silent.reach?.[via], { passes: 'none', host: 'answers', well: now - 12_000, since: now })
  t.match(
    await look({ tls: { [node]: 'speaks' } }, silent),
    { asked: { length: 8 } },
    'and in each round since',
  )
  t.same((await look({}, silent, bridge)).asked, [`udp ${via} 1450`], 'whether it is back, and no more')
  t.match((await look({}, silent, bridge)).reach?.[via], { passes: 'none', at: now })
  t.match((await look(fine, silent, bridge)).reach?.[via], { passes: 'all' })
  now += 31_000
  t.same((await look({}, silent)).asked, [], 'once that is sure the poll goes on alone')
  now += 30_000
  t.match(await look({}, silent), { asked: { length: 8 } })
})

t.test('a node that left is forgotten, and one that is not recorded is not known', async (t) => {
  t.equal(first.reach, undefined)
  t.ok(
    first.unseen?.every((it) => it.unrecorded && !it.codes?.includes('cni.peer-unreachable')),
    'which is no blindness',
  )
  const before = await look(fine)
  const gone = { ...before, reach: { ...before.reach, '10.42.9.0': { first: 0, at: 0 } } }
  t.same(Object.keys((await look(fine, gone)).reach ?? {}), [via])
  t.same(Object.keys((await look(fine, gone, [{ at: now, text: 'x' }])).reach ?? {}), [via])
})
