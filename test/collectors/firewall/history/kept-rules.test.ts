import t from 'tap'
import type { Keepsake } from '../../../../agent/model/index.ts'
import { collect } from '../../../../collectors/firewall/collect.ts'
import { rulesWhole } from '../../../../collectors/firewall/dump/whole.ts'
import { diffRules } from '../../../../collectors/firewall/history/diff.ts'
import { aboutRules, unpackRules } from '../../../../collectors/firewall/history/kept-rules.ts'
import { node } from '../look.ts'

const whole = async (state: string) => {
  const sample = await collect(node(state), { heard: [] })
  return unpackRules((await rulesWhole(node(state), sample.sets)) ?? new Uint8Array())
}

t.test('kept the first time and at changes, not after a flush', async (t) => {
  const kept: Keepsake[] = []
  const keep = (it: Keepsake) => void kept.push(it)
  const first = await collect(node('healthy'), { heard: [], keep })
  t.match(kept, [{ about: { rules: 113, good: true, counts: { 'kube-proxy': 63 } } }])
  const again = await collect(node('healthy'), { heard: [], keep, sample: first })
  t.equal(kept.length, 1)
  await collect(node('flush-535'), { heard: [], keep, sample: again })
  t.equal(kept.length, 1)
  await collect(node('ufw-default-deny'), { heard: [], keep, sample: again })
  t.match(kept[1]?.about, { rules: 281, good: false }, 'SSH is shut out: kept, but not as good')
})

t.test('the difference, by owner', async (t) => {
  const found = diffRules(await whole('healthy'), await whole('ufw-default-deny'), ['10.42.0.0/16'])
  t.same(
    found.map((it) => `${it.owner} ${it.place} -${it.went.length} +${it.came.length}`),
    [
      'other ipv4 nft filter -2 +2',
      'other ipv6 nft filter -2 +2',
      'ufw ipv4 nft filter -0 +65',
      'ufw ipv6 nft filter -0 +103',
    ],
  )
  t.same(found[0]?.came, ['-P INPUT DROP', '-P FORWARD DROP'])
  t.same(
    diffRules(await whole('healthy'), await whole('healthy'), []),
    [],
    'counters and dates are no difference',
  )
  const copies = diffRules(await whole('healthy'), await whole('duplicates'), ['10.42.0.0/16'])
  t.equal(copies.find((it) => it.owner === 'kube-router')?.came.length, 40, 'each copy counts')
})

t.test('what is said of kept rules is read back, whatever a disk made of it', async (t) => {
  const about = { rules: 113, good: true, counts: { ufw: 3 }, by: 'iptables' }
  t.strictSame(aboutRules(about), about)
  t.strictSame(aboutRules({}), { rules: 0, good: false, counts: {} })
  t.strictSame(aboutRules({ rules: 'x', good: 'yes', counts: [null, 'a'], by: 7 }), {
    rules: 0,
    good: false,
    counts: { 0: 0, 1: 0 },
  })
})
