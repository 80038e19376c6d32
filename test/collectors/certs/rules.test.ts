import t from 'tap'
import { assess } from '../../../collectors/certs/assess.ts'
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
          for (const it of assess(sample, 30, now)) {
            told.add(it.code)
            const next = it.fix ?? rules[it.code].fix
            t.ok(next.length > 0, `${it.code} of ${owner}`)
            t.ok(it.impact ?? rules[it.code].impact)
            t.match(it.text, /\.$/)
            t.notMatch(it.text, /undefined|NaN|\.\.$|`/)
          }
        }
  for (const it of assess(brokenNode(), 30, Date.parse('2026-11-23T00:00:00Z'))) {
    told.add(it.code)
    t.match(it.text, /\.$/)
    t.notMatch(it.text, /undefined|NaN|\.\.$|`/)
    t.notMatch(JSON.stringify(it), /undefined|NaN|Infinity/)
  }
  t.same(
    Object.keys(rules).filter((it) => !told.has(it)),
    [],
    'each rule was seen',
  )
})

/** A server on which everything between its files, its API and its clock is wrong. */
function brokenNode(): CertsSample {
  const now = Date.parse('2026-11-23T00:00:00Z')
  const day = 86_400_000
  const leaf = (name: string, print: string, from: number): Certificate => ({
    ...{ name, subject: `CN=${name}`, issuer: 'CN=ca', serial: '1', print, from, to: from + 365 * day },
  })
  const tls = '/d/server/tls'
  const file = (path: string, it: Certificate, more: Partial<SeenFile> = {}): SeenFile => ({
    ...{ path, of: 'k3s', stamp: '', certificates: [it], ...more },
  })
  return {
    k3s: {
      distribution: 'k3s',
      role: 'server',
      unit: 'k3s',
      dataDir: '/d',
      running: { pid: 1, since: now - 9 * day },
    },
    files: [
      file(`${tls}/client-admin.crt`, leaf('system:admin', '1', now - day), { changed: now - day }),
      file(`${tls}/dynamic-cert.json`, leaf('k3s', '2', now - day)),
      file('/d/server/cred/admin.kubeconfig', leaf('x', '3', now - 9 * day), { changed: now - 9 * day }),
      file('/etc/rancher/k3s/k3s.yaml', leaf('system:admin', '4', now - 99 * day), { of: 'kubeconfig' }),
    ],
    served: [{ address: '127.0.0.1:6443', of: 'k3s', certificates: [leaf('k3s', '5', now - 400 * day)] }],
    pairs: [{ path: `${tls}/client-admin.crt`, of: '', problem: 'does not belong to the key beside it' }],
    gone: [`${tls}/client-scheduler.crt`],
    api: [{ as: `${tls}/client-admin.crt`, address: '127.0.0.1:6443', status: 401, alive: true }],
    clock: { boot: 'b', booted: 0, jump: { at: now - 60_000, by: 3 * day }, synchronised: false },
  }
}
