import t from 'tap'
import { lastSnapshot } from '../../../agent/api/last-snapshot.ts'
import { snapshotOf } from '../../../agent/api/snapshot.ts'
import { finding } from '../findings.ts'
import { now, things } from '../small.ts'

const open = [finding({ code: 'things.broken', since: now - 1000 })]
const left = {
  open,
  sample: (name: string, version: number) =>
    name === 'things' && version === 1 ? { sample: {}, at: now - 5000 } : undefined,
}

t.test('what was open is shown, and that nobody knows what it is now', async (t) => {
  const it = lastSnapshot(left, [[things, {}]], 'node1', now)
  t.match(it, { state: 'unknown', node: 'node1', at: now, sinks: [], incidents: [{ cause: open[0] }] })
  t.match(it.collectors, [{ name: 'things', summary: 'a thing', last: now - 5000, state: 'findings' }])
  t.strictSame(snapshotOf(JSON.parse(JSON.stringify(it))).node, 'node1', 'it is a picture like any other')
})

t.test('a sample of another version, or one that nobody expected, costs its own row alone', async (t) => {
  const other = lastSnapshot(left, [[{ ...things, sampleVersion: 2 }, {}]], 'node1', now)
  t.match(other.collectors, [{ state: 'waiting', summary: '' }])
  const odd = {
    ...things,
    summary: () => {
      throw new Error('no such field')
    },
  }
  const it = lastSnapshot(left, [[odd, {}]], 'node1', now)
  t.match(it.collectors, [{ summary: /cannot be summed up/ }])
  t.equal(it.incidents.length, 1)
})
