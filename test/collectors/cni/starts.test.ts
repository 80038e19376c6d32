import t from 'tap'
import { rules } from '../../../collectors/cni/rules.ts'
import { starts } from '../../../collectors/cni/starts.ts'
import { rules as k3s } from '../../../collectors/k3s/rules.ts'

t.test(
  'what k3s makes when it starts may be missing because of a start, and each such event exists',
  async (t) => {
    for (const { code, within = 0 } of starts) {
      t.ok(code in k3s, code)
      t.ok(within > 0 && within <= 3600_000, 'for a while only')
    }
    for (const code of [
      'cni.bridge-missing',
      'cni.overlay-missing',
      'cni.conf-missing',
      'cni.routes-missing',
      'cni.dns-dead',
    ] as const)
      t.ok(
        (rules[code].because ?? []).some((it) => starts.some((start) => start.code === it.code)),
        code,
      )
  },
)
