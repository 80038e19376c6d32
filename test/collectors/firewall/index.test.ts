import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { firewall } from '../../../collectors/firewall/index.ts'
import { node, nodes } from './look.ts'

const states = readdirSync(nodes, { withFileTypes: true }).flatMap((it) =>
  it.isDirectory() ? [it.name] : [],
)

const look = async (state: string) => {
  const host = node(state)
  const past = { heard: [] }
  const sample = await firewall.collect(host, {}, past)
  return { sample, found: firewall.assess(sample, past, {}, host.now()), now: host.now() }
}

t.test('every recorded state gives exactly the expected findings', async (t) => {
  t.ok(states.length >= 20)
  for (const state of states) {
    const expected = readFileSync(join(nodes, state, 'expected.txt'), 'utf8')
    const { found, sample } = await look(state)
    t.same(
      found.map((it) => `${it.code} ${it.subject}`).sort(),
      expected.split('\n').filter((it) => it.startsWith('firewall.')),
      state,
    )
    t.ok(sample.unseen?.every((it) => it.unrecorded) ?? true, `${state}: nothing failed`)
  }
})

t.test('numbers over time', async (t) => {
  const { sample } = await look('healthy')
  t.same(firewall.series?.(sample), {
    rules: 113,
    'rules.kube-proxy': 63,
    'rules.kube-router': 35,
    'rules.cni': 9,
    'rules.flannel': 6,
  })
})

t.test('what wakes it', async (t) => {
  const { sample } = await look('healthy')
  const kinds = (monitor?: string) =>
    firewall
      .watch?.({}, { ...sample, ...(monitor && { monitor }) })
      .map((it) => (it.kind === 'command' ? it.argv : it.kind))
  t.same(kinds('/usr/sbin/nft'), [['/usr/sbin/nft', 'monitor'], 'paths'])
  t.same(kinds(), ['paths'], 'without nft nothing is started in vain')
})
