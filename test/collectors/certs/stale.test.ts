import t from 'tap'
import type { Certificate, CertsSample, SeenFile } from '../../../collectors/certs/sample.ts'
import { staleFiles, staleness } from '../../../collectors/certs/stale.ts'

const day = 86_400_000
const now = Date.parse('2026-11-23T00:00:00Z')
const ours = 'CN=k3s-client-ca@1'
let count = 0
const certificate = (it: Partial<Certificate> = {}): Certificate => {
  count += 1
  return {
    ...{ name: 'system:admin', subject: 'O=system:masters, CN=system:admin', issuer: ours, serial: '1' },
    ...{ from: now - 100 * day, to: now + 265 * day, print: `p${count}` },
    ...it,
  }
}
const file = (path: string, certificates: readonly Certificate[], it: Partial<SeenFile> = {}): SeenFile => ({
  path,
  of: 'home',
  stamp: '',
  servers: ['127.0.0.1:6443'],
  certificates,
  ...it,
})
const current = certificate({ from: now - 10 * day, to: now + 355 * day })
const admin = file('/d/server/tls/client-admin.crt', [current], { of: 'k3s' })
const ca = file('/d/server/tls/client-ca.crt', [certificate({ subject: ours, ca: true })], { of: 'k3s' })
const sample = (files: readonly SeenFile[], more: Partial<CertsSample> = {}): CertsSample => ({
  k3s: { distribution: 'k3s', role: 'server', unit: 'k3s', dataDir: '/d' },
  files: [admin, ca, ...files],
  served: [],
  ...more,
})
const copy = '/home/ada/.kube/config'
const reasons = (...its: readonly SeenFile[]) =>
  Object.fromEntries([...staleFiles(sample(its))].map(([path, it]) => [path, it.reason]))

t.test('older than what k3s has by now for the same user', async (t) => {
  t.strictSame(reasons(file(copy, [certificate()])), { [copy]: 'older' })
  t.strictSame(reasons(file(copy, [certificate()], { of: 'kubeconfig' })), { [copy]: 'older' })
  t.strictSame(reasons(file(copy, [current])), {}, 'a fresh copy')
  t.strictSame(reasons(file(copy, [certificate({ from: current.from })])), {}, 'of the same day')
  t.strictSame(reasons(file(copy, [certificate({ subject: 'CN=ada' })])), {}, 'another user')
  t.strictSame(reasons(file(copy, [certificate({ ca: true })])), {}, 'an authority is no user')
  t.strictSame(reasons(file('/opt/a.pem', [certificate()], { of: 'extra' })), {}, 'no kubeconfig')
})

t.test("for this node's API, and of another authority", async (t) => {
  const foreign = [certificate({ issuer: 'CN=strange-ca', subject: 'CN=me' })]
  t.strictSame(reasons(file(copy, foreign)), { [copy]: 'foreign' })
  t.strictSame(reasons(file(copy, foreign, { servers: ['cloud.example:443'] })), {})
  t.strictSame(
    reasons(file(copy, foreign, { servers: ['127.0.0.1:6443', 'cloud.example:443'] })),
    {},
    'of several clusters nobody knows which it is for',
  )
  t.strictSame(
    reasons(file(copy, foreign, { servers: [], of: 'kubeconfig' })),
    {},
    'a bundle of certificates leads nowhere',
  )
  t.strictSame(reasons(file(copy, [...foreign, current])), {}, 'another one in it is ours')
  t.strictSame(reasons(file(copy, [])), {})
})

t.test('nothing can be told without the certificate that k3s has', async (t) => {
  const its = [file(copy, [certificate()])]
  t.equal(staleFiles(sample(its)).size, 1)
  t.equal(staleFiles({ files: [admin, ...its], served: [] }).size, 0, 'no k3s')
  const agent = { distribution: 'k3s', role: 'agent', unit: 'k3s-agent', dataDir: '/d' } as const
  t.equal(staleFiles(sample(its, { k3s: agent })).size, 0, 'an agent has none')
  t.equal(staleFiles(sample([], { files: [ca, ...its] })).size, 0)
  t.equal(staleFiles(sample([], { files: [{ ...admin, certificates: [] }, ca, ...its] })).size, 0)
})

t.test('what is said of it, and what to do, which never replaces other clusters', async (t) => {
  const [older] = staleness(sample([file("/home/ada's/config", [certificate()])]), now)
  t.strictSame(older, {
    code: 'certs.kubeconfig-stale',
    subject: "/home/ada's/config",
    text: "/home/ada's/config holds the cert of system:admin from 2026-08-15, valid for 265 d more; k3s has had a newer one since 2026-11-13.",
    impact:
      '`kubectl` with this file works until 2027-08-15, then gets 401 Unauthorized. k3s never renews copies.',
    fix: [
      "See which clusters it holds: `grep server: '/home/ada'\\''s/config'`",
      "If only this one: `install -m 600 /etc/rancher/k3s/k3s.yaml '/home/ada'\\''s/config'`",
      'If others too: copy only client-certificate-data, client-key-data and certificate-authority-data',
    ],
    evidence: {
      reason: 'older',
      not_before: '2026-08-15T00:00:00.000Z',
      not_after: '2027-08-15T00:00:00.000Z',
    },
  })
  const foreign = certificate({ issuer: 'CN=strange-ca', name: 'me' })
  t.match(staleness(sample([file(copy, [foreign])]), now), [
    {
      text: `${copy} is for this node's API, but its cert (me) is from another CA.`,
      impact: '`kubectl` with this file gets 401 Unauthorized or a TLS error.',
    },
  ])
  t.strictSame(
    staleness(sample([file('/etc/rancher/k3s/k3s.yaml', [certificate()], { of: 'kubeconfig' })]), now)[0]
      ?.fix,
    ['Restart k3s, which rewrites k3s.yaml: `systemctl restart k3s`'],
    "k3s's own is written by k3s",
  )
})

t.test('what has expired is told as that, and not here', async (t) => {
  const until = (to: number) => staleness(sample([file(copy, [certificate({ to })])]), now).length
  t.equal(until(now), 1, 'its last moment is part of its life')
  t.equal(until(now - 1), 0)
  t.strictSame(staleness({ files: [], served: [] }, now), [])
})
