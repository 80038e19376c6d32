import { join } from 'node:path'
import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import { inTurn, isOfPoll, reachPolls } from '../../../collectors/cni/reach-poll.ts'
import type { CniSample, Reach } from '../../../collectors/cni/sample.ts'
import { nodes, sampleOf } from './node.ts'
import { type Answers, answering } from './reach-node.ts'

const recorded = recordedNode(join(nodes, 'two-nodes-healthy-node1'))
const node = await sampleOf('two-nodes-healthy-node1')
const via = (at: number) => `10.42.${at}.0`
const subnet = (at: number) => `10.42.${at}.0/24`
/** A node that has so many others, each of which answered so. */
const among = (count: number, of: (at: number) => Partial<Reach> = () => ({})): CniSample => ({
  ...node,
  peers: Array.from({ length: count }, (_, at) => ({ subnet: subnet(at), via: via(at), dev: 'flannel.1' })),
  reach: Object.fromEntries(
    Array.from({ length: count }, (_, at) => [
      via(at),
      { first: 0, at: 0, by: 'udp', passes: 'all', ...of(at) } as Reach,
    ]),
  ),
})
const all = (count: number, size = 1450) =>
  Object.fromEntries(Array.from({ length: count }, (_, at) => [via(at), size]))

function pollOf(sample: CniSample) {
  const [poll] = reachPolls(sample)
  if (poll?.kind !== 'poll') throw new Error('nothing is polled')
  return {
    ...poll,
    ask: (answers: Answers) => {
      const { host, asked } = answering(recorded, answers)
      return poll.ask(host).then((said) => ({ said, asked }))
    },
  }
}

t.test('one packet a node, and who is silent', async (t) => {
  const poll = pollOf(among(3))
  t.match(poll.name, /^packets to 3 other nodes \([0-9a-f]{8}\)$/)
  t.ok(isOfPoll(`${poll.name} changed`))
  t.notOk(isOfPoll('ip monitor link: x'))
  const first = await poll.ask({})
  t.same(first, { said: '', asked: [] }, 'first it says what the last round saw')
  t.same(await poll.ask({ udp: all(3) }), { said: '', asked: [0, 1, 2].map((at) => `udp ${via(at)} 1450`) })
  t.equal((await poll.ask({ udp: { ...all(3), [via(1)]: 1400 } })).said, via(1))
  t.equal((await poll.ask({ udp: all(3) })).said, '')
})

t.test('who was silent in the last round is no change, but its answer is', async (t) => {
  const poll = pollOf(among(2, (at) => (at === 1 ? { passes: 'none' } : {})))
  t.equal((await poll.ask({})).said, via(1))
  t.equal((await poll.ask({ udp: all(1) })).said, via(1))
  t.equal((await poll.ask({ udp: all(2) })).said, '')
})

t.test('at most fifty at a time, in turns', async (t) => {
  const poll = pollOf(among(120))
  await poll.ask({})
  const asked: string[] = []
  for (const count of [50, 50, 20]) {
    const one = await poll.ask({ udp: all(119) })
    t.equal(one.asked.length, count)
    asked.push(...one.asked)
    t.equal(one.said, count === 20 ? via(119) : '')
  }
  t.equal(new Set(asked).size, 120)
  t.equal((await poll.ask({ udp: all(119) })).said, via(119), 'who is not asked stays as it was')
  t.same(inTurn([], 50, 3), [])
})

t.test('who answers no such packets is asked as it answers, two at a time', async (t) => {
  const poll = pollOf(among(4, (at) => ({ by: at < 2 ? 'tls' : 'ping' })))
  await poll.ask({})
  t.same(await poll.ask({ tls: { [via(0)]: 'speaks' } }), {
    said: via(1),
    asked: [`tls ${via(0)}`, `tls ${via(1)}`],
  })
  const pinged = await poll.ask({ ping: all(4) })
  t.same(pinged, { said: via(1), asked: [`ping ${via(2)} 1450`, `ping ${via(3)} 1450`] })
})

t.test('another poll where other nodes are asked, or otherwise', async (t) => {
  const name = pollOf(among(2)).name
  t.equal(pollOf(among(2, () => ({ passes: 'none' }))).name, name, 'it goes on while somebody is silent')
  t.not(pollOf(among(3)).name, name)
  t.not(pollOf(among(2, () => ({ by: 'ping' }))).name, name)
})

t.test('nobody to ask', async (t) => {
  t.same(reachPolls(node), [], 'of whom nothing is known yet')
  t.same(reachPolls({ ...among(2), peers: [] }), [])
  t.same(reachPolls({}), [])
  const unknown = among(1, () => ({}))
  t.same(reachPolls({ ...unknown, reach: { [via(0)]: { first: 0, at: 0 } } }), [])
})
