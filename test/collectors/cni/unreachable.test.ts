import t from 'tap'
import type { CniSample, Reach } from '../../../collectors/cni/sample.ts'
import { titles } from '../../../collectors/cni/titles.ts'
import { unreachable } from '../../../collectors/cni/unreachable.ts'
import { later, sampleOf, withLink } from './node.ts'

const second = 1_000
const minute = 60 * second
const node = await sampleOf('two-nodes-healthy-node1')
const now = later(node)
const [peer] = node.peers ?? []
const via = peer?.via ?? ''
const silent: Reach = {
  ...{ first: 0, at: now, by: 'udp', passes: 'none', well: now - 12 * second, since: now },
  ...{ host: 'answers', served: true, name: 'node2' },
}
const withReach = (more: Partial<Reach> = {}, others: Readonly<Record<string, Reach>> = {}): CniSample => ({
  ...node,
  peers: [
    ...(node.peers ?? []),
    ...Object.keys(others).map((it) => ({ subnet: `${it}/24`, via: it, dev: 'flannel.1' })),
  ],
  reach: { [via]: { ...silent, ...more }, ...others },
})
const one = (more?: Partial<Reach>, at = now, sample = withReach(more)) => {
  const found = unreachable(sample, at)
  t.ok(found.length <= 1)
  return found[0]
}

t.test('silent over the overlay, and not outside of it', async (t) => {
  const it = one()
  t.match(it, {
    code: 'cni.peer-unreachable',
    subject: peer?.subnet,
    text: `node2 (${peer?.node}) does not answer over flannel.1, though it does on eth0.`,
    wellAt: now - 12 * second,
    evidence: { silent: 'small, large', link: 'flannel.1', node: peer?.node },
  })
  t.notOk(it?.starting)
  t.ok(it?.fix?.some((step) => step.includes(`udp port 8472 and host ${peer?.node}`)))
  t.ok(
    it?.fix?.some((step) =>
      /^If ufw runs there.*\(on node2\): `ufw prepend allow from [\d.]+ to any port 8472 proto udp`$/.test(
        step,
      ),
    ),
  )
  t.equal(it && titles.reach(it), 'flannel.1: no answer from node2')
  const nameless = { ...silent }
  delete (nameless as { name?: string }).name
  const plain = unreachable({ ...node, reach: { [via]: nameless } }, now)[0]
  t.match(plain?.text, `${peer?.node} does not answer over flannel.1`)
  t.ok(plain && titles.reach(plain).length <= 40)
})

t.test('only large packets are lost', async (t) => {
  const it = one({ passes: 'small' })
  t.match(it, {
    severity: 'warning',
    text: `node2 (${peer?.node}) answers small packets over flannel.1, but none of 1450 bytes.`,
    evidence: { silent: 'large' },
  })
  t.ok(it?.fix?.[0]?.includes('`ping -c 2 -M do -s 1322 -I flannel.1'))
  t.equal(it && titles.reach(it), 'MTU black hole to node2 (flannel.1)')
})

t.test('who answers, or of whom nothing is known, is no finding', async (t) => {
  t.equal(one({ passes: 'all' }), undefined)
  const { passes: _, ...unknown } = silent
  t.same(unreachable({ ...node, reach: { [via]: unknown } }, now), [])
  t.same(unreachable(node, now), [])
  t.same(unreachable({ ...withReach(), peers: [] }, now), [], 'a node that left')
})

t.test('a node that is off is not said to be shut out: that opens nothing', async (t) => {
  t.match(one({ host: 'silent', away: now }), {
    starting: true,
    text: /answers neither over flannel\.1 nor on eth0/,
  })
  const { host: _, ...unknown } = silent
  t.match(
    unreachable({ ...node, reach: { [via]: unknown } }, now),
    [{ starting: true }],
    'nor one of which that is not known',
  )
})

t.test('a node that comes back, or is new, has two minutes', async (t) => {
  t.match(one({ away: now - 119 * second }), { starting: true })
  t.notOk(one({ away: now - 120 * second })?.starting)
  const { well: _, ...never } = silent
  const fresh = (first: number) => unreachable({ ...node, reach: { [via]: { ...never, first } } }, now)[0]
  t.match(fresh(now - 119 * second), { starting: true })
  const it = fresh(now - 120 * second)
  t.notOk(it?.starting)
  t.match(
    it,
    { severity: 'info', text: /has never answered over/ },
    'its firewall may drop what is for itself alone',
  )
  t.notOk('severity' in (one({}) ?? {}), 'one that has answered is as grave as the rule')
})

t.test('k3s that is stopped over there is information, after ten minutes', async (t) => {
  const away = (since: number) => one({ host: 'away', away: now, since })
  t.match(away(now - 9 * minute), { severity: 'info', starting: true })
  const it = away(now - 10 * minute)
  t.match(it, { severity: 'info', text: /nothing listens on its port 10250/ })
  t.notOk(it?.starting)
})

t.test('a kubelet that only servers reach does not show whether k3s was stopped in order', async (t) => {
  const closed = (since: number, more: Partial<Reach> = {}) => one({ host: 'unsure', since, ...more })
  t.match(closed(now - 9 * minute), { starting: true })
  const it = closed(now - 10 * minute)
  t.notOk(it?.starting)
  t.match(it?.text, /does not answer over flannel\.1, though it does on eth0/)
  t.notOk(closed(now, { passes: 'small' })?.starting, 'small packets arrive: the overlay is there')
})

t.test('nothing opens while k3s starts here, is stopped, or lacks the way itself', async (t) => {
  const since = node.k3s?.running?.since ?? 0
  t.match(one({}, since + 119 * second), { starting: true })
  const { running: _, ...k3s } = node.k3s as NonNullable<CniSample['k3s']>
  t.match(one({}, now, { ...withReach(), k3s }), { starting: true })
  const lacking = {
    ...withReach(),
    peers: (node.peers ?? []).map((it) => ({ ...it, lacks: ['route' as const] })),
  }
  t.match(one({}, now, lacking), { starting: true })
  t.match(one({}, now, withLink(withReach(), 'flannel.1', null)), { starting: true })
})

t.test('where nobody answers, it is more likely this node: its rules come first', async (t) => {
  const well: Reach = { first: 0, at: now, passes: 'all' }
  const [it] = unreachable(withReach({}, { '10.42.7.0': well, '10.42.8.0': well }), now)
  t.match(it?.text, /though it does on eth0 \(2 of 3 nodes answer\)\.$/)
  const all = unreachable(withReach({}, { '10.42.7.0': silent }), now)
  t.equal(all.length, 2)
  t.match(all[0], {
    text: /\(0 of 2 nodes answer\)/,
    fix: [/^See whether its/, /^See which rule of this node/, /^On node2/],
  })
})
