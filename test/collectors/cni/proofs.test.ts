import t from 'tap'
import { both, noAnswer, onlyLarge } from '../../../collectors/cni/proofs.ts'
import { finding } from '../../agent/findings.ts'

const cause = finding({ code: 'firewall.blocks-k3s' })
const dns = (answer?: string) =>
  finding({ code: 'cni.dns-dead', evidence: answer === undefined ? {} : { answer } })

t.test('what refuses or answers was reached', async (t) => {
  for (const it of ['timeout', 'unreachable']) t.ok(noAnswer(cause, dns(it)), it)
  for (const it of ['refused', 'SERVFAIL', 'failed', undefined])
    t.notOk(noAnswer(cause, dns(it)), it ?? 'not known')
})

t.test('both of two', async (t) => {
  const [yes, no] = [() => true, () => false]
  t.ok(both(yes, yes)(cause, cause))
  t.notOk(both(no, yes)(cause, cause))
  t.notOk(both(yes, no)(cause, cause))
  t.ok(both(undefined, yes)(cause, cause))
})

t.test('sizes are to blame only where small packets still pass', async (t) => {
  const lost = (silent?: string) =>
    finding({ code: 'cni.peer-unreachable', ...(silent && { evidence: { silent } }) })
  const mtu = finding({ code: 'cni.mtu-mismatch' })
  t.ok(onlyLarge(mtu, lost('large')))
  t.notOk(onlyLarge(mtu, lost('small, large')))
  t.notOk(onlyLarge(mtu, lost()))
})
