import t from 'tap'
import { rules } from '../../../collectors/cni/rules.ts'

/** What goes on working meanwhile, if badly. */
const wearing = [
  'cni.mtu-mismatch',
  'cni.bridge-nf-off',
  'cni.checksum-offload',
  'cni.addresses-leaking',
  'cni.errors-growing',
  'cni.flapping',
]

t.test('every rule says what to do, what not to do, and is whole', (t) => {
  for (const [code, it] of Object.entries(rules)) {
    t.match(code, /^cni\.[a-z-]+$/)
    t.equal(it.severity, wearing.includes(code) ? 'warning' : 'critical', code)
    t.notMatch(it.title, /\.$/, code)
    t.match(it.impact, /\.$/, code)
    t.match(it.fix.join(' '), /`[^`]+`/, code)
    if (it.severity === 'critical') t.match(it.avoid, [/\S/], code)
    if (/missing|down|orphaned|bridge-address/.test(code) && code !== 'cni.routes-missing')
      t.match(it.avoid?.join(' '), /k3s-killall\.sh.*databases.*iptables -F/, code)
    const texts = [it.meaning, it.impact, ...(it.avoid ?? []), ...it.fix]
    for (const text of texts) t.equal(text.split('`').length % 2, 1, `${code}: paired backticks`)
  }
  t.end()
})

t.test('no rule explains itself, not by way of others either', (t) => {
  const causes = (code: string, way: readonly string[] = []): readonly string[] =>
    (rules[code as keyof typeof rules]?.because ?? []).flatMap((it) =>
      way.includes(it.code) ? [it.code] : causes(it.code, [...way, it.code]),
    )
  for (const code of Object.keys(rules)) t.same(causes(code, [code]), [], code)
  t.end()
})
