import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import { certs } from '../../../collectors/certs/index.ts'
import { rowsOf } from '../../../collectors/certs/rows.ts'
import type { Certificate, CertsSample } from '../../../collectors/certs/sample.ts'

const settings = { paths: [], endpoints: [], kubeconfigs: [], ingress: [], warn_days: 30 }
const day = 86_400_000
const now = 1_000 * day
let count = 0
const lasting = (left: number, more: Partial<Certificate> = {}): Certificate => {
  count += 1
  return {
    ...{ name: `n${count}`, subject: 'CN=n', issuer: 'CN=ca', serial: '1', print: `p${count}` },
    ...{ from: now + (left - 365) * day, to: now + left * day, ...more },
  }
}

t.test('a recorded server: each certificate once, and everything with all', async (t) => {
  const sample = await certs.collect(recordedNode('test/nodes/healthy'), settings, { heard: [] })
  const at = Date.parse('2026-11-23T00:29:47Z')
  const rows = rowsOf(sample, 30, at, false)
  t.equal(rows.length, 15, 'leaves only')
  t.ok(rows.every((it) => it.kind === 'leaf' && it.state === 'ok' && it.by && it.where.startsWith('/')))
  t.equal(new Set(rows.map((it) => it.where)).size, 15)
  const all = rowsOf(sample, 30, at, true)
  t.equal(
    all.length,
    sample.files.reduce((sum, it) => sum + new Set(it.certificates.map((one) => one.print)).size, 0),
  )
  t.same(
    new Set(all.filter((it) => it.state === 'unused').map((it) => it.where.replace(/.*\//, ''))),
    new Set(['client-k3s-controller.crt', 'client-kube-proxy.crt']),
  )
  t.ok(all.some((it) => it.where === '/etc/rancher/k3s/k3s.yaml'))
})

t.test('the most urgent first; an authority only when it has gone off; what differs is said', async (t) => {
  const file = (path: string, it: Certificate, more = {}) => ({
    path,
    of: 'k3s' as const,
    stamp: '',
    certificates: [it],
    ...more,
  })
  const ca = lasting(-9, { ca: true })
  const sample: CertsSample = {
    k3s: { distribution: 'k3s', role: 'server', unit: 'k3s', dataDir: '/d' },
    files: [
      file('/d/server/tls/ok.crt', lasting(300)),
      file('/d/server/tls/over.crt', lasting(-2)),
      file('/d/server/tls/soon.crt', lasting(60)),
      file('/d/server/tls/last.crt', lasting(3)),
      file('/d/server/tls/early.crt', lasting(370)),
      file('/d/server/tls/client-ca.crt', ca),
      file('/d/server/tls/good-ca.crt', lasting(5, { ca: true, from: 0 })),
      file('/d/server/tls/dynamic-cert.json', lasting(200)),
      { ...file('/d/server/tls/bad.crt', ca), certificates: [], problem: 'is empty' },
    ],
    served: [{ address: '127.0.0.1:6443', of: 'k3s', certificates: [lasting(-1)] }],
  }
  t.same(
    rowsOf(sample, 30, now, false).map((it) => [it.where.replace('/d/server/tls/', ''), it.state]),
    [
      ['bad.crt', 'unreadable'],
      ['early.crt', 'not yet valid'],
      ['client-ca.crt', 'expired'],
      ['over.crt', 'expired'],
      ['127.0.0.1:6443', 'expired'],
      ['last.crt', 'last days'],
      ['soon.crt', 'soon'],
      ['dynamic-cert.json', 'ok'],
      ['ok.crt', 'ok'],
    ],
  )
  t.match(rowsOf(sample, 30, now, false)[4], { differs: true })
})
