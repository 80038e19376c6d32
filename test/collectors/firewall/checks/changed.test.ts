import t from 'tap'
import { changes } from '../../../../collectors/firewall/checks/changed.ts'
import type { FirewallSample } from '../../../../collectors/firewall/sample.ts'

const now = Date.parse('2026-11-23T03:12:10Z')
const kube = { 'kube-proxy': 27 }
const journal = [
  {
    at: now - 500,
    by: [{ name: 'iptables', pid: 77, at: now - 500 }],
    before: kube,
    after: { ...kube, ufw: 65 },
  },
] as const

t.test('who, when, from how many to how many; one finding for an hour', (t) => {
  const sample = { journal } as unknown as FirewallSample
  t.equal(changes(sample, now)[0]?.text, '`iptables` (pid 77) changed the rules at 03:12:09 UTC: ufw 0 → 65.')
  const again = [
    ...journal,
    { at: now, seen: now - 60_000, before: { ufw: 65 }, after: { ufw: 64 } },
  ] as const
  t.equal(
    changes({ ...sample, journal: again }, now)[0]?.text,
    'Something changed the rules between 03:11:10 UTC and 03:12:10 UTC: ufw 65 → 64. 2 changes since 03:12:09 UTC: kube-proxy 27 → 0, ufw 0 → 64.',
  )
  t.same(changes(sample, now + 3600_000), [])
  t.end()
})
