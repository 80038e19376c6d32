import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import { type Host, HostError, type OwnedOptions } from '../../../agent/model/index.ts'
import { isOwn, kubeconfigs, namedIn, ownOf } from '../../../collectors/certs/homes.ts'
import { certs } from '../../../collectors/certs/index.ts'
import type { SeenFile } from '../../../collectors/certs/sample.ts'
import { machine } from '../node/machine.ts'
import { certificates } from './openssl.ts'

const passwd = `root:x:0:0:root:/root:/bin/bash
daemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin
ada:x:1000:1000:Ada,,,:/home/ada:/bin/zsh
bot:x:1001:1001::/home/bot:/usr/sbin/nologin
far:x:1002:1002::/mnt/nfs/far:/bin/bash
last:x:60000:60000::/home/last:/bin/sh
service:x:60001:60001::/home/service:/bin/sh
system:x:999:999::/home/system:/bin/sh
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
broken
::::::
`
const settings = { paths: [], endpoints: [], kubeconfigs: [], ingress: [], warn_days: 30 }

t.test('people who log in, KUBECONFIG, and what the settings name', async (t) => {
  const host = machine(t, {
    '/etc/passwd': passwd,
    '/etc/environment': 'PATH="/bin"\nKUBECONFIG="/etc/rancher/k3s/k3s.yaml:/srv/shared.yaml"\n',
    '/proc/self/mounts':
      'rootfs / ext4 rw 0 0\nserver:/export /mnt/nfs nfs4 rw 0 0\nlxcfs /x fuse.lxcfs rw 0 0\n',
  })
  const { sources } = await kubeconfigs(host, ['/opt/a.yaml:/opt/b.yaml', '/srv/shared.yaml'])
  t.same(sources, [
    { path: '/opt/a.yaml', of: 'kubeconfig', named: true },
    { path: '/opt/b.yaml', of: 'kubeconfig', named: true },
    { path: '/srv/shared.yaml', of: 'kubeconfig', named: true },
    { path: '/etc/rancher/k3s/k3s.yaml', of: 'home' },
    { path: '/root/.kube/config', of: 'home' },
    { path: '/home/ada/.kube/config', of: 'home' },
    { path: '/home/last/.kube/config', of: 'home' },
  ])
  t.same((await kubeconfigs(machine(t, {}), [])).sources, [], 'no such files: nobody')
})

const file = (more: Partial<SeenFile>): SeenFile => ({
  path: '/home/ada/.kube/config',
  of: 'home',
  stamp: '',
  certificates: [],
  ...more,
})

t.test('certificates that kubeconfigs name by path, also relative to them', async (t) => {
  const names = ['/etc/a.crt', 'certs/b.crt', '/known.crt']
  const { sources } = namedIn([
    file({ names }),
    file({ path: '/known.crt' }),
    file({ of: 'k3s', names: ['/own.crt'] }),
  ])
  t.same(sources, [
    { path: '/etc/a.crt', of: 'home' },
    { path: '/home/ada/.kube/certs/b.crt', of: 'home' },
  ])
  t.same(namedIn([file({ names: ['/etc/shadow'], by: 1000 })]).sources, [
    { path: '/etc/shadow', of: 'home', word: 1000 },
  ])
})

t.test('nobody hides what others name, and who is left out is said', async (t) => {
  const user = (at: number) =>
    file({
      path: `/home/u${at}/.kube/config`,
      names: Array.from({ length: 32 }, (_, name) => `/tmp/u${at}/${name}.crt`),
      by: 1000 + at,
    })
  const users = Array.from({ length: 40 }, (_, at) => user(at))
  const { sources, unseen } = namedIn([...users, file({ path: '/home/z/.kube/config', names: ['z.crt'] })])
  t.equal(sources.length, 1000)
  t.match(sources.at(-1), { path: '/home/z/.kube/z.crt' })
  t.match(unseen, [{ codes: ['certs.expired', 'certs.expiring'], why: /more than 1000 certificates/ }])
  t.equal(unseen[0]?.subjects?.length, 281)
  const passwd = Array.from({ length: 1002 }, (_, at) => `u${at}:x:${1000 + at}:1000::/home/u${at}:/bin/sh\n`)
  const many = await kubeconfigs(machine(t, { '/etc/passwd': passwd.join('') }), [])
  t.equal(many.sources.length, 1000)
  t.same(many.unseen[0]?.subjects, ['/home/u1000/.kube/config', '/home/u1001/.kube/config'])
})

t.test(
  'whose word it is goes with what is asked, and nothing of a home is looked for far away',
  async (t) => {
    const base = machine(t, { '/etc/passwd': passwd, '/proc/self/mounts': '' })
    const asked: [string, OwnedOptions | undefined][] = []
    const config =
      'apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user:\n    client-certificate: /etc/shadow\n    client-key: /etc/gshadow\n'
    const stat = {
      kind: 'file',
      size: 1,
      mtime: 1,
      ctime: 1,
      dev: 1,
      ino: 1,
      uid: 1000,
      mode: 0o600,
    } as const
    const host: Host = {
      ...base,
      owned: async (path, options) => {
        asked.push([path, options])
        if (path !== '/home/ada/.kube/config') throw new HostError('missing', 'no')
        return options?.unless?.(stat) ? { stat } : { stat, bytes: Buffer.from(config) }
      },
    }
    const wanted = { ...settings, kubeconfigs: ['/srv/a.yaml'] }
    const sample = await certs.collect(host, wanted, { heard: [] })
    const of = (path: string) => asked.find(([it]) => it === path)?.[1]
    t.match(of('/home/ada/.kube/config'), { near: true, word: undefined })
    t.match(of('/etc/shadow'), { near: true, word: 1000 })
    t.match(of('/srv/a.yaml'), { near: undefined, word: undefined })
    t.equal(of('/etc/gshadow'), undefined, 'keys are nothing for Murphy')
    asked.length = 0
    const again = await certs.collect(host, wanted, { heard: [], sample })
    t.same(again.files, sample.files, 'unchanged')
    t.match(of('/etc/shadow'), { word: 1000 }, 'also when the kubeconfig was not read again')
  },
)

t.test("of a home only what is about this node's cluster", async (t) => {
  const one = (issuer: string) => ({
    name: 'n',
    subject: 'CN=n',
    issuer,
    serial: '1',
    from: 0,
    to: 1,
    print: issuer,
  })
  const both = file({ certificates: [one('CN=ours'), one('CN=theirs')], servers: ['cloud.example:443'] })
  const ours = new Set(['CN=ours'])
  const ports = new Set(['6443'])
  t.same(
    ownOf(both, ours, ports).certificates.map((it) => it.issuer),
    ['CN=ours'],
  )
  t.equal(ownOf({ ...both, servers: ['127.0.0.1:6443'] }, ours, ports).certificates.length, 2)
  t.equal(
    ownOf({ ...both, of: 'kubeconfig' }, ours, ports).certificates.length,
    2,
    'what was named counts in full',
  )
  for (const it of ['127.0.0.1:6443', 'localhost:6443', '[::1]:6443']) t.ok(isOwn(it, ports), it)
  for (const it of ['127.0.0.1:8443', 'example.org:6443', '10.0.0.1:6443', 'x']) t.notOk(isOwn(it, ports), it)
})

t.test('a copy in a home: older, of another authority, or of another cluster', async (t) => {
  const { issue } = certificates(t)
  const base = recordedNode('test/nodes/healthy')
  const now = base.now()
  const at = (days: number) => new Date(now + days * 86_400_000)
  const ca = issue({ subject: '/CN=k3s-client-ca@1795392751', ca: true, from: at(-500), to: at(3000) })
  const strange = issue({ subject: '/CN=strange-ca', ca: true, from: at(-500), to: at(3000) })
  const subject = '/O=system:masters/CN=system:admin'
  const old = issue({ subject, by: ca, from: at(-300), to: at(65) })
  const over = issue({ subject, by: ca, from: at(-366), to: at(-1) })
  const other = issue({ subject: '/CN=me', by: strange, from: at(-400), to: at(-35) })
  const config = (server: string, pem: string) =>
    `apiVersion: v1\nclusters:\n- cluster:\n    server: ${server}\n  name: a\nkind: Config\nusers:\n- name: a\n  user:\n    client-certificate-data: ${Buffer.from(pem).toString('base64')}\n`
  const told = async (text: string) => {
    const home = machine(t, { '/etc/passwd': passwd, '/root/.kube/config': text })
    const mine = (path: string) => path === '/etc/passwd' || path.startsWith('/root/')
    const host = {
      ...base,
      read: (path: string, options?: object) => (mine(path) ? home : base).read(path, options),
      text: (path: string, options?: object) => (mine(path) ? home : base).text(path, options),
      owned: (path: string, options?: object) => (mine(path) ? home : base).owned(path, options),
    }
    const sample = await certs.collect(host, settings, { heard: [] })
    return certs.assess(sample, { heard: [] }, settings, now)
  }
  t.match(await told(config('https://node1.example:6443', old.pem)), [
    {
      code: 'certs.kubeconfig-stale',
      subject: '/root/.kube/config',
      text: /holds the cert of system:admin from 2026-01-27, valid for 6\d d more; k3s has had a newer one since 2026-11-2/,
      fix: [
        /grep server:/,
        /install -m 600 \/etc\/rancher\/k3s\/k3s\.yaml \/root\/\.kube\/config/,
        /others too/,
      ],
    },
  ])
  t.match(await told(config('https://127.0.0.1:6443', over.pem)), [
    { code: 'certs.expired', subject: '/root/.kube/config', severity: 'warning' },
  ])
  t.match(await told(config('https://localhost:6443', strange.pem + other.pem)), [
    { code: 'certs.expired', subject: '/root/.kube/config' },
  ])
  const foreign = issue({ subject: '/CN=me', by: strange, from: at(-1), to: at(300) })
  t.match(await told(config('https://127.0.0.1:6443', foreign.pem)), [
    { code: 'certs.kubeconfig-stale', text: /its cert \(me\) is from another CA\.$/ },
  ])
  t.same(await told(config('https://cloud.example:443', other.pem)), [], 'another cluster, long gone')
  t.same(await told('garbage'), [], 'what lies in homes need not be a kubeconfig')
})
