import t from 'tap'
import { promptly } from '../../../agent/model/index.ts'
import { rules } from '../../../collectors/cni/rules.ts'
import { certificates, starts } from '../../../collectors/cni/starts.ts'
import { rules as k3s } from '../../../collectors/k3s/rules.ts'
import { cleared } from '../../../collectors/node/cleared.ts'

t.test('what is made anew may be missing after what took it away, and each such event exists', async (t) => {
  for (const { code, takes = promptly } of starts) {
    t.ok(code in k3s, code)
    t.ok(takes > 0 && takes <= 3600_000, 'for a while only')
  }
  for (const code of [
    'cni.bridge-missing',
    'cni.overlay-missing',
    'cni.routes-missing',
    'cni.dns-dead',
  ] as const)
    for (const event of cleared)
      t.ok(
        (rules[code].because ?? []).some((it) => it.code === event.code),
        `${event.code} -> ${code}`,
      )
})

t.test(
  'a mere restart of k3s takes no link away, and expired certificates only show at a start',
  async (t) => {
    const codes = Object.values(rules).flatMap((it) => it.because ?? [])
    t.notOk(codes.some((it) => it.code === 'k3s.restarted'))
    t.strictSame(
      certificates.flatMap((it) => it.triggers ?? []),
      starts,
    )
  },
)
