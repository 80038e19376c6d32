import t from 'tap'
import { attentive, nextLook } from '../../../agent/daemon/attention.ts'
import { finding } from '../findings.ts'

const hour = 3600_000
const cheap = { took: 50, spent: 20 }
const open = finding({ code: 'cni.bridge-missing', since: 1000, severity: 'critical' })

t.test('while something of it is wrong, a collector looks every ten seconds', async (t) => {
  t.equal(nextLook([open], 'cni', cheap, 2000), attentive)
  t.equal(nextLook([{ ...open, severity: 'warning' }], 'cni', cheap, 2000), attentive)
  t.equal(nextLook([open], 'cn', cheap, 2000), undefined, 'others do not')
  t.equal(nextLook([{ ...open, severity: 'info' }], 'cni', cheap, 2000), undefined)
  t.equal(nextLook([{ ...open, resolved: 1500 }], 'cni', cheap, 2000), undefined)
})

t.test('a look that costs more comes more rarely', async (t) => {
  t.equal(nextLook([open], 'cni', { took: 900, spent: 1000 }, 2000), 20_000, 'a twentieth of a core')
  t.equal(nextLook([open], 'cni', { took: 8000, spent: 10 }, 2000), 16_000, 'half of the time waiting')
  t.equal(nextLook([open], 'cni', { took: 90_000, spent: 10 }, 2000), 100_000)
  const old = { ...open, severity: 'warning' as const }
  t.equal(nextLook([old], 'cni', { took: 100, spent: 100 }, 2 * hour), 20_000, 'old warnings cost a tenth')
  t.equal(
    nextLook([open], 'cni', { took: 100, spent: 100 }, 200 * hour),
    attentive,
    'what is critical is never old',
  )
  t.equal(nextLook([old, open], 'cni', { took: 100, spent: 100 }, 2 * hour), attentive)
})
