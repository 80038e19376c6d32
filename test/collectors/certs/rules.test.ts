import t from 'tap'
import { judge } from '../../../collectors/certs/judge.ts'
import { rules } from '../../../collectors/certs/rules.ts'
import type { Certificate, CertsSample, SeenFile } from '../../../collectors/certs/sample.ts'

t.test('whatever is told has something to do, in its rule or of its own', async (t) => {
  const now = 1_000 * 86_400_000
  const day = 86_400_000
  const spans = [
    [now - 400 * day, now - day],
    [now - 355 * day, now + 10 * day],
    [now + day, now + 366 * day],
  ] as const
  const told = new Set<string>()
  for (const owner of ['k3s', 'kubeconfig', 'extra'] as const)
    for (const ca of [false, true])
      for (const role of ['server', 'agent'] as const)
        for (const [from, to] of spans) {
          const certificate: Certificate = {
            ...{ name: 'n', subject: 'CN=n', issuer: 'CN=n', serial: '1', print: '1', from, to },
            ...(ca && { ca }),
          }
          const file: SeenFile = {
            path: '/a',
            of: owner,
            stamp: '',
            certificates: [certificate],
            problem: 'is empty',
          }
          const sample: CertsSample = {
            k3s: { distribution: 'k3s', role, unit: 'k3s', dataDir: '/d' },
            files: [file],
            served:
              owner === 'extra'
                ? [{ ...file, address: 'a:1', certificates: [{ ...certificate, print: '2' }] }]
                : [],
          }
          for (const it of judge(sample, 30, now)) {
            told.add(it.code)
            const next = it.next ?? rules[it.code].next
            t.ok(next.length > 0, `${it.code} of ${owner}`)
            t.ok(it.so ?? rules[it.code].so)
            t.match(it.text, /\.$/)
            t.notMatch(it.text, /undefined|NaN|\.\.$|`/)
          }
        }
  t.same(told, new Set(Object.keys(rules)), 'each rule was seen')
})
