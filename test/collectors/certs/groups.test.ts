import t from 'tap'
import { groups, nodeName } from '../../../collectors/certs/groups.ts'
import type { Certificate, CertsSample, SeenFile, Served } from '../../../collectors/certs/sample.ts'

const certificate = (name: string, more: Partial<Certificate> = {}): Certificate => ({
  name,
  subject: `CN=${name}`,
  issuer: 'CN=ca',
  serial: '1',
  from: 0,
  to: 1,
  print: name,
  ...more,
})
const ca = certificate('ca', { ca: true })
const file = (path: string, certificates: Certificate[], more: Partial<SeenFile> = {}): SeenFile => ({
  path,
  of: 'k3s',
  stamp: '',
  certificates,
  ...more,
})
const served = (address: string, certificates: Certificate[], more: Partial<Served> = {}): Served => ({
  address,
  of: 'k3s',
  certificates,
  ...more,
})
const k3s = { distribution: 'k3s', role: 'server', unit: 'k3s', dataDir: '/d' } as const
const told = (sample: CertsSample) =>
  groups(sample, 30).map((it) => [it.kind, it.subject, it.items.map((item) => item.where)])

t.test('one group for what a restart renews; copies count once; authorities are apart', async (t) => {
  const admin = certificate('system:admin')
  const api = certificate('k3s')
  const sample: CertsSample = {
    k3s,
    files: [
      file('/etc/rancher/k3s/k3s.yaml', [admin, ca], { of: 'kubeconfig' }),
      file('/d/server/tls/client-admin.crt', [admin, ca]),
      file('/d/server/tls/client-ca.crt', [ca]),
      file('/d/server/tls/dynamic-cert.json', [api, ca]),
      file('/d/server/tls/old.crt', [certificate('old')], { loose: true }),
      file('/d/agent/client-kubelet.crt', [certificate('kubelet')]),
    ],
    served: [served('127.0.0.1:6443', [api, ca]), served('127.0.0.1:10250', [certificate('other kubelet')])],
  }
  t.same(told(sample), [
    [
      'restart',
      'k3s server',
      [
        'client-admin.crt (system:admin)',
        'dynamic-cert.json (k3s)',
        'client-kubelet.crt (kubelet)',
        'what 127.0.0.1:10250 serves (other kubelet)',
      ],
    ],
    ['authorities', 'k3s server CAs', ['client-admin.crt (ca)']],
    ['kubeconfig', '/etc/rancher/k3s/k3s.yaml', []],
  ])
  const [restart] = groups(sample, 30)
  t.same(
    restart?.items.map((it) => it.renewsItself ?? false),
    [false, true, false, false],
  )
})

t.test('a kubeconfig that is no copy, files and addresses of the settings: each its own', async (t) => {
  const self = certificate('self', { ca: true })
  t.same(
    told({
      files: [
        file('/x/k.yaml', [certificate('stale'), ca], { of: 'kubeconfig' }),
        file('/x/self.pem', [self], { of: 'extra' }),
        file('/x/chain.pem', [certificate('leaf'), ca, certificate('other', { ca: true })], { of: 'extra' }),
      ],
      served: [
        served('a:443', [certificate('leaf'), ca], { of: 'extra' }),
        served('b:443', [self], { of: 'extra' }),
      ],
    }),
    [
      ['kubeconfig', '/x/k.yaml', ['k.yaml (stale)', 'k.yaml (ca)']],
      ['file', '/x/self.pem', ['/x/self.pem (self)']],
      ['file', '/x/chain.pem', ['/x/chain.pem (leaf)', '/x/chain.pem (other)']],
      ['endpoint', 'a:443', []],
      ['endpoint', 'b:443', []],
    ],
  )
  const [selfSigned] = groups({ files: [file('/x/self.pem', [self, ca], { of: 'extra' })], served: [] }, 30)
  t.same(
    selfSigned?.items.map((it) => it.authority ?? false),
    [false, true],
    'a server that signed for itself runs out like a leaf',
  )
})

t.test('problems are sentences', async (t) => {
  const [own, other] = groups(
    {
      k3s,
      files: [file('/d/a.crt', [], { problem: 'is empty' })],
      served: [served('a:443', [], { of: 'extra', problem: 'shows no certificate (refused)' })],
    },
    30,
  )
  t.match(own, { subject: 'k3s server', problems: ['/d/a.crt is empty'] })
  t.match(other, { subject: 'a:443', problems: ['a:443 shows no certificate (refused)'] })
})

t.test('names', async (t) => {
  t.equal(nodeName({ ...k3s, distribution: 'rke2', role: 'agent' }), 'rke2 agent')
  t.equal(nodeName(undefined), 'k3s')
})
