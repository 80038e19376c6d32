import t from 'tap'
import { flushedFilter, ofNat, ofOverlay } from '../../../collectors/node/flushed.ts'
import { finding } from '../../agent/findings.ts'

const flush = (table?: string) => finding({ code: 'firewall.flushed', evidence: table ? { table } : {} })
const effect = finding({ code: 'cni.dns-dead' })

t.test('services go with nat, and all that comes in with filter', async (t) => {
  const [{ proof: ofFilter } = {}] = flushedFilter
  t.ok(ofNat(flush('nat'), effect))
  t.ok(ofNat(flush('nat, filter'), effect))
  t.notOk(ofNat(flush('filter'), effect))
  t.notOk(ofNat(flush(), effect), 'not known')
  t.ok(ofFilter?.(flush('nat, filter'), effect))
  t.notOk(ofFilter?.(flush('nat'), effect))
})

t.test('ufw keeps answers of other nodes away only if it shuts out the overlay', async (t) => {
  const ufw = (blocked: string) => finding({ code: 'firewall.ufw-blocks-k3s', evidence: { blocked } })
  t.ok(ofOverlay(ufw('pods-api 6443, overlay 8472'), effect))
  t.notOk(ofOverlay(ufw('pods-api 6443, pods-kubelet 10250'), effect))
})
