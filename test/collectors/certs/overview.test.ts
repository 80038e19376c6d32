import t from 'tap'
import { stageOf } from '../../../collectors/certs/assess.ts'
import { groups } from '../../../collectors/certs/groups.ts'
import { overview } from '../../../collectors/certs/overview.ts'
import type { Certificate, CertsSample, Owner, SeenFile, Served } from '../../../collectors/certs/sample.ts'

/** What `groups` says, item by item. */
function counted(sample: CertsSample, now: number) {
  const items = groups(sample, 30).flatMap((group) =>
    group.items.map((item) => ({ item, stage: stageOf(item, group, now) })),
  )
  const ends = items.filter((it) => !it.item.authority).map((it) => it.item.certificate.to)
  return {
    count: items.length,
    expired: items.filter((it) => it.stage === 'expired').length,
    ...(ends.length > 0 && { first: Math.min(...ends) }),
  }
}

t.test('nothing', (t) => {
  t.strictSame(overview({ files: [], served: [] }, 0), { count: 0, expired: 0 })
  t.end()
})

t.test('the same as counting each where it is found first, whatever is where', (t) => {
  let state = 7
  const pick = (below: number) => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
  const pool = Array.from({ length: 12 }, (_, at): Certificate => {
    const ca = at % 3 === 0
    const name = `c${at}`
    return {
      name,
      subject: `CN=${name}`,
      issuer: 'CN=i',
      serial: name,
      from: 0,
      to: (at + 1) * 100,
      print: name,
      ...(ca && { ca }),
    }
  })
  const some = (most: number) =>
    Array.from({ length: pick(most) }, () => pool[pick(pool.length)] as Certificate)
  const owners: readonly Owner[] = ['k3s', 'kubeconfig', 'home', 'extra', 'extra', 'extra']
  for (let turn = 0; turn < 500; turn += 1) {
    const files = Array.from({ length: pick(8) }, (_, at): SeenFile => {
      const of = owners[pick(owners.length)] as Owner
      const loose = of === 'k3s' && pick(3) === 0
      return {
        path: `/${of}/${at}`,
        of,
        stamp: '',
        certificates: some(4),
        ...(loose && { loose }),
        servers: ['127.0.0.1:6443'],
      }
    })
    const served = Array.from({ length: pick(4) }, (_, at): Served => {
      const of = pick(2) === 0 ? 'k3s' : 'extra'
      return { address: `127.0.0.1:${6443 + at}`, of, certificates: some(3) }
    })
    const k3s = { distribution: 'k3s', role: 'server', unit: 'k3s', dataDir: '/k3s' } as const
    const sample: CertsSample = { files, served, ...(pick(2) === 0 && { k3s }) }
    for (const now of [0, 450, 5_000]) {
      const [found, wanted] = [overview(sample, now), counted(sample, now)]
      if (JSON.stringify(found) !== JSON.stringify(wanted)) {
        t.strictSame(found, wanted, JSON.stringify(sample))
        t.end()
        return
      }
    }
  }
  t.pass('500 samples')
  t.end()
})
