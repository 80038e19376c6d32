import type { Observation } from '../../agent/model/index.ts'
import { assess } from '../../collectors/certs/assess.ts'
import type { Certificate, CertsSample, SeenFile } from '../../collectors/certs/sample.ts'

/** What the collector says of certificates in every state: the longest real paths, on a server and on an agent. */
const day = 86_400_000
const now = Date.UTC(2026, 10, 29, 3, 12)
const home = '/home/administrator/.kube/config'
const dataDir = '/var/lib/rancher/k3s'
const names = [
  'client-admin',
  'client-kube-apiserver',
  'client-k3s-cloud-controller',
  'serving-kube-apiserver',
]

const certificate = (name: string, left: number, more: Partial<Certificate> = {}): Certificate => ({
  ...{ name, subject: `CN=${name}`, issuer: 'CN=k3s-client-ca', serial: '1', print: `${name} ${left}` },
  ...{ from: now + (left - 365) * day, to: now + left * day },
  ...more,
})
const file = (path: string, one: Certificate, more: Partial<SeenFile> = {}): SeenFile => ({
  ...{ path, of: 'k3s', stamp: '', certificates: [one] },
  ...more,
})
const own = (left: number, folder = 'server/tls', more: Partial<SeenFile> = {}) =>
  names.map((it) => file(`${dataDir}/${folder}/${it}.crt`, certificate(it, left), more))
const running = { pid: 1, since: now - 301 * day }
const server = (files: readonly SeenFile[], more: Partial<CertsSample> = {}): CertsSample => ({
  k3s: { distribution: 'k3s', role: 'server', unit: 'k3s', dataDir, running },
  ...{ files, served: [] },
  ...more,
})
const agent = (files: readonly SeenFile[]): CertsSample =>
  server(files, { k3s: { distribution: 'k3s', role: 'agent', unit: 'k3s-agent', dataDir, running } })
const authority = (left: number) =>
  file(
    `${dataDir}/server/tls/server-ca.crt`,
    certificate('k3s-server-ca@1700000000', left, { ca: true, from: now - 3600 * day }),
  )
const extra = (left: number, more: Partial<SeenFile> = {}) =>
  file(
    '/etc/letsencrypt/live/grafana.example.org/fullchain.pem',
    certificate('grafana.example.org', left, { from: now + (left - 90) * day }),
    { of: 'extra', ...more },
  )
const unreadable = { certificates: [], problem: 'is truncated: no certificate can be read from it' }
const asked = {
  as: `${dataDir}/server/tls/client-admin.crt`,
  address: '127.0.0.1:6443',
  status: 401,
  alive: true,
}
const admin = (from: number) => certificate('system:admin', 200, { from: now + from * day })
const serving = (address: string, left: number) => ({
  ...{ address, of: 'k3s' as const },
  certificates: [certificate('k3s', left, { serial: '2', issuer: 'CN=k3s-server-ca' })],
})

const states: readonly CertsSample[] = [
  ...[110, 60, 6, -1].flatMap((left) => [server(own(left)), agent(own(left, 'agent'))]),
  ...[200, 20, -1].map((left) => server([authority(left)])),
  ...[10, -1, 91].map((left) => server([extra(left)])),
  server(own(-1), { k3s: { distribution: 'k3s', role: 'server', unit: 'k3s', dataDir } }),
  server(own(-3), {
    k3s: {
      ...{ distribution: 'k3s', role: 'server', unit: 'k3s', dataDir },
      running: { pid: 2, since: now - day },
    },
  }),
  server(own(400)),
  server([
    ...own(200),
    file(home, certificate('system:admin', -1), { of: 'home', servers: ['127.0.0.1:6443'] }),
  ]),
  server([
    file(`${dataDir}/server/tls/client-admin.crt`, admin(-10)),
    file(home, admin(-165), { of: 'home', servers: ['127.0.0.1:6443'] }),
  ]),
  server([
    file(`${dataDir}/server/tls/client-admin.crt`, admin(-10)),
    file(home, { ...admin(-165), issuer: 'CN=other' }, { of: 'home', servers: ['127.0.0.1:6443'] }),
  ]),
  server(own(200, 'server/tls', unreadable)),
  server([extra(1, unreadable)]),
  ...[100, -1].map((left) =>
    server(
      [
        file(`${dataDir}/server/tls/dynamic-cert.json`, certificate('k3s', 300)),
        file(`${dataDir}/agent/serving-kubelet.crt`, certificate('node1', 300)),
      ],
      { served: [serving('127.0.0.1:6443', left), serving('127.0.0.1:10250', left)] },
    ),
  ),
  server(own(200), {
    pairs: own(200).map(({ path }) => ({ path, of: '', problem: 'does not belong to the key beside it' })),
  }),
  server([
    ...own(360, 'server/tls', { changed: now - day }),
    file(`${dataDir}/server/cred/admin.kubeconfig`, certificate('system:admin', 360), {
      changed: running.since,
    }),
  ]),
  server(own(200), { gone: own(200).map(({ path }) => path) }),
  ...[-1, 200].map((left) => server(own(left), { api: [{ ...asked, alive: true }] })),
  server(own(200), {
    clock: { boot: 'a', booted: 0, jump: { at: now - day / 48, by: -400 * day }, synchronised: false },
  }),
  server(own(200), { clock: { boot: 'a', booted: 0, synchronised: false, serviceable: false } }),
]

export const ofCertificates: readonly Observation[] = [
  ...states.flatMap((it) => assess(it, 30, now)),
  ...assess(server(own(200)), 30, Date.UTC(1970, 0, 1)),
]
