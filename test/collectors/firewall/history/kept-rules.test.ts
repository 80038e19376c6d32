import t from 'tap'
import type { Artifact } from '../../../../agent/model/index.ts'
import { collect } from '../../../../collectors/firewall/collect.ts'
import { aboutRules } from '../../../../collectors/firewall/history/kept-rules.ts'
import { node } from '../look.ts'

t.test('kept the first time and at changes, not after a flush', async (t) => {
  const kept: Artifact[] = []
  const keep = (it: Artifact) => void kept.push(it)
  const first = await collect(node('healthy'), { heard: [], keep })
  t.match(kept, [{ about: { rules: 113, good: true, counts: { 'kube-proxy': 63 } } }])
  const again = await collect(node('healthy'), { heard: [], keep, sample: first })
  t.equal(kept.length, 1)
  await collect(node('flush-535'), { heard: [], keep, sample: again })
  t.equal(kept.length, 1)
  await collect(node('ufw-default-deny'), { heard: [], keep, sample: again })
  t.match(kept[1]?.about, { rules: 281, good: false }, 'SSH is shut out: kept, but not as good')
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
