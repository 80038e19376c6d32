import t from 'tap'
import { firstOf, holds, tellerAmong, tellerOf } from '../../../collectors/cluster/teller.ts'

const servers = ['server1', 'server2', 'server3']
const minute = 60_000
const nodes = (ready: readonly string[]) => [
  ...servers.map((name) => ({ name, ready: ready.includes(name), server: true as const })),
  { name: 'node4', ready: false },
]
const subsets = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => servers.filter((_, at) => (bits >> at) & 1))

t.test('whatever servers are Ready, those that are choose the same one, and it is Ready', async (t) => {
  for (const ready of subsets) {
    const chosen = new Set(ready.map((me) => tellerOf({ me, nodes: nodes(ready) })))
    t.strictSame([...chosen], ready.slice(0, 1), ready.join())
  }
  for (const me of servers)
    t.equal(tellerOf({ me, nodes: nodes([]) }), me, 'with none Ready whoever can ask does')
})

/**
 * Runs all servers that are Ready through steps, two minutes apart, of who is Ready; the node was lost before the first.
 * `forgetful`: they lose what they knew while they are not Ready. Returns who notified, in order.
 */
function notified(steps: readonly (readonly string[])[], forgetful: readonly string[] = []) {
  const memory = new Map<string, string>()
  const found: string[] = []
  const since = new Map(servers.map((it) => [it, -minute]))
  for (const [at, ready] of steps.entries()) {
    for (const it of servers) if (!ready.includes(it)) since.set(it, 2 * minute * (at + 1))
    for (const me of ready) {
      if (forgetful.includes(me) && at > 0 && !steps[at - 1]?.includes(me)) memory.delete(me)
      const before = memory.get(me)
      const choice = { me, nodes: nodes(ready), lostAt: 0, readySince: since }
      const by = before !== undefined && holds(before, choice) ? before : tellerOf(choice)
      memory.set(me, by)
      if (by === me && before !== me) found.push(me)
    }
  }
  return found
}

t.test(
  'while servers come and go: never not at all, and again only where who notified is lost',
  async (t) => {
    let sequences = 0
    for (const forgetful of [[], servers])
      for (const one of subsets.slice(1))
        for (const two of subsets)
          for (const three of subsets) {
            sequences += 1
            const steps = [one, two, three]
            const all = notified(steps, forgetful)
            t.equal(all[0], one[0], 'at once, by the first')
            const stays = steps.every((it) => it.includes(one[0] as string))
            t.equal(all.length, stays ? 1 : all.length, JSON.stringify([steps, all]))
            t.ok(all.length <= 3, JSON.stringify([steps, all]))
          }
    t.equal(sequences, 2 * 7 * 8 * 8)
  },
)

t.test(
  'who is lost in the same moment does not notify, and leaves it to the next when it is back',
  async (t) => {
    for (const forgetful of [[], ['server1']]) {
      t.strictSame(notified([['server2', 'server3'], servers], forgetful), ['server2'])
      t.strictSame(notified([['server3'], ['server1', 'server3']], forgetful), ['server3'])
    }
    t.strictSame(
      notified([servers, ['server2', 'server3'], servers]),
      ['server1', 'server2'],
      'lost after it had',
    )
  },
)

t.test(
  'where all servers come back after a power cut, and a node does not, the first notifies',
  async (t) => {
    const readySince = new Map(servers.map((it) => [it, 5 * minute]))
    for (const me of servers)
      t.equal(tellerOf({ me, nodes: nodes(servers), lostAt: 0, readySince }), 'server1')
  },
)

t.test('without the API: the first of those that answer each other', async (t) => {
  t.equal(tellerAmong('server2', ['server3']), 'server2')
  t.equal(tellerAmong('server2', ['server1', 'server3']), 'server1')
  t.equal(tellerAmong('server3', []), 'server3')
  t.equal(firstOf([]), undefined)
  t.equal(firstOf(['b', 'B', 'a']), 'B', 'by characters, whatever the locale')
})
