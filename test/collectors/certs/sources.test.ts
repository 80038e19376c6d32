import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import { extraSources, k3sSources } from '../../../collectors/certs/sources.ts'
import { findK3s, type K3s } from '../../../collectors/node/k3s.ts'
import { machine } from '../node/machine.ts'

const data = '/var/lib/rancher/k3s'
const server: K3s = {
  distribution: 'k3s',
  role: 'server',
  dataDir: data,
  unit: 'k3s',
  flags: {},
  binary: '/usr/local/bin/k3s',
}

t.test('a recorded server: everything in use, the rest known as left over', async (t) => {
  const host = recordedNode('test/nodes/healthy')
  const k3s = await findK3s(host)
  if (!k3s) throw new Error('no k3s in the recording')
  const { sources, unseen } = await k3sSources(host, k3s, [])
  t.same(unseen, [])
  const paths = sources.map((it) => it.path)
  for (const path of [
    `${data}/server/tls/client-admin.crt`,
    `${data}/server/tls/etcd/peer-server-client.crt`,
    `${data}/server/tls/dynamic-cert.json`,
    `${data}/agent/serving-kubelet.crt`,
    `${data}/agent/kubelet.kubeconfig`,
    '/etc/rancher/k3s/k3s.yaml',
  ])
    t.ok(paths.includes(path), path)
  t.same(
    sources.filter((it) => it.loose).map((it) => it.path),
    [`${data}/server/tls/client-k3s-controller.crt`, `${data}/server/tls/client-kube-proxy.crt`],
  )
})

t.test('an agent: nothing of the server it was once', async (t) => {
  const host = machine(t, {
    [`${data}/server/tls/client-admin.crt`]: '',
    [`${data}/agent/client-kubelet.crt`]: '',
    '/etc/rancher/k3s/k3s.yaml': '',
  })
  const { sources } = await k3sSources(host, { ...server, role: 'agent' }, [])
  t.same(sources, [{ path: `${data}/agent/client-kubelet.crt`, of: 'k3s' }])
})

t.test('newer sub folders are read, backups and scratch are not, what nobody uses is loose', async (t) => {
  const tls = `${data}/server/tls`
  const host = machine(t, {
    [`${tls}/client-admin.crt`]: '',
    [`${tls}/client-admin.key`]: '',
    [`${tls}/client-cloud-controller.crt`]: '',
    [`${tls}/kube-scheduler/kube-scheduler.crt`]: '',
    [`${tls}/of-the-future/new.crt`]: '',
    [`${tls}/temporary-certs/apiserver.crt`]: '',
    [`${tls}/tls-1700000000/client-admin.crt`]: '',
    [`${data}/server/tls-1700000000/client-admin.crt`]: '',
    [`${data}/agent/tls-1700000000/client-kubelet.crt`]: '',
    [`${data}/server/cred/admin.kubeconfig`]: '',
  })
  const { sources } = await k3sSources(
    host,
    { ...server, flags: { 'write-kubeconfig': ['/root/kube.yaml'] } },
    [],
  )
  t.same(sources, [
    { path: `${tls}/client-admin.crt`, of: 'k3s' },
    { path: `${tls}/client-cloud-controller.crt`, of: 'k3s', loose: true },
    { path: `${tls}/kube-scheduler/kube-scheduler.crt`, of: 'k3s' },
    { path: `${tls}/of-the-future/new.crt`, of: 'k3s', loose: true },
    { path: `${data}/server/cred/admin.kubeconfig`, of: 'k3s' },
    { path: '/etc/rancher/k3s/k3s.yaml', of: 'kubeconfig' },
    { path: '/root/kube.yaml', of: 'kubeconfig' },
  ])
})

t.test('a folder that may not be listed is not seen, and the others are', async (t) => {
  const host = machine(
    t,
    { [`${data}/agent/client-kubelet.crt`]: '' },
    { errors: { [`list ${data}/server/tls`]: ['denied', 'permission denied; run it as root'] } },
  )
  const { sources, unseen } = await k3sSources(host, server, ['certs.expired'])
  t.same(unseen, [
    {
      what: `the certificates in ${data}/server/tls`,
      why: 'permission denied; run it as root',
      codes: ['certs.expired'],
    },
  ])
  t.ok(sources.some((it) => it.path.endsWith('client-kubelet.crt')))
})

t.test('paths of the settings: files, folders, globs', async (t) => {
  const host = machine(t, {
    '/etc/ssl/my/a.pem': '',
    '/etc/ssl/my/b.CRT': '',
    '/etc/ssl/my/privkey.pem': '',
    '/etc/ssl/my/server-key.pem': '',
    '/etc/ssl/my/readme.txt': '',
    '/etc/ssl/my/sub/c.pem': '',
    '/etc/letsencrypt/live/a.example/cert.pem': '-> ../../archive/a.example/cert1.pem',
    '/etc/letsencrypt/live/b.example/cert.pem': '',
    '/secret/..data/tls.crt': '',
    '/secret/tls.crt': '-> ..data/tls.crt',
  })
  const paths = async (...given: string[]) => (await extraSources(host, given)).sources
  t.same(await paths('/etc/ssl/my/'), [
    { path: '/etc/ssl/my/a.pem', of: 'extra' },
    { path: '/etc/ssl/my/b.CRT', of: 'extra' },
  ])
  t.same(await paths('/etc/letsencrypt/live/*/cert.pem'), [
    { path: '/etc/letsencrypt/live/a.example/cert.pem', of: 'extra' },
    { path: '/etc/letsencrypt/live/b.example/cert.pem', of: 'extra' },
  ])
  t.same(await paths('/etc/letsencrypt/live/*'), await paths('/etc/letsencrypt/live/*/cert.pem'))
  t.same(await paths('/secret'), [{ path: '/secret/tls.crt', of: 'extra' }])
  t.same(await paths('/not/there.pem', '/no/*.pem'), [{ path: '/not/there.pem', of: 'extra', named: true }])
})

t.test('a path that may not be looked into stops no other', async (t) => {
  const host = machine(
    t,
    { '/a.pem': '', '/closed/x.pem': '' },
    { errors: { 'list /closed': ['denied', 'no'] } },
  )
  const { sources, unseen } = await extraSources(host, ['/closed', '/closed/*.pem', '/a.pem'])
  t.same(sources, [{ path: '/a.pem', of: 'extra', named: true }])
  t.same(
    unseen.map((it) => [it.what, it.codes]),
    [
      ['the certificates in /closed', []],
      ['the certificates in /closed/*.pem', []],
    ],
  )
})

t.test('what was seen in a folder that cannot be listed now is looked for by its name', async (t) => {
  const host = machine(t, { '/a.pem': '' }, { errors: { 'list /closed': ['timeout', 'no'] } })
  const before = { files: ['/closed/x.pem', '/closed/y.crt', '/elsewhere/z.pem'].map(seen) }
  const paths = async (path: string) =>
    (await extraSources(host, [path, '/a.pem'], before)).sources.map((it) => it.path)
  t.same(await paths('/closed/*.pem'), ['/a.pem', '/closed/x.pem', '/closed/y.crt'])
})

/** A file that the settings name, as it was seen before. */
const seen = (path: string) => ({ path, of: 'extra', stamp: '', certificates: [] }) as const

t.test('of too many files nothing counts as over', async (t) => {
  const base = machine(t, { '/many/0.pem': '' })
  const names = Array.from({ length: 20_001 }, (_, at) => ({ name: `${at}.pem`, kind: 'file' as const }))
  const host = { ...base, list: async () => names }
  for (const path of ['/many/*.pem', '/many']) {
    const { sources, unseen } = await extraSources(host, [path], { files: [seen('/many/9.crt')] })
    t.equal(sources.length, 20_001, path)
    t.equal(sources.at(-1)?.path, '/many/9.crt', path)
    t.match(unseen, [{ codes: ['certs.expired'], why: /more than 20000 files/ }], path)
  }
  const { unseen } = await extraSources({ ...base, list: async () => names.slice(1) }, ['/many/*.pem'])
  t.same(unseen, [])
})
