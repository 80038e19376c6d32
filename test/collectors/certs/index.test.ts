import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import { type Host, HostError } from '../../../agent/model/index.ts'
import { certs } from '../../../collectors/certs/index.ts'
import type { CertsSample } from '../../../collectors/certs/sample.ts'
import { machine, process, unit } from '../node/machine.ts'
import { certificates, days } from './openssl.ts'

const settings = { paths: [], endpoints: [], kubeconfigs: [], ingress: [], warn_days: 30 }
const none = { heard: [] }
const day = 86_400_000
const tls = '/var/lib/rancher/k3s/server/tls'

/** The recorded node, `left` days before its first certificate runs out. */
async function before(left: number, version = 'v1.21.2+k3s1', node = 'healthy') {
  const base = recordedNode(`test/nodes/${node}`)
  const host: Host = {
    ...base,
    run: async (argv, options) =>
      argv[1] === '--version'
        ? { stdout: `k3s version ${version} (abc)\n`, stderr: '', exit: 0 }
        : base.run(argv, options),
  }
  const sample = await certs.collect(host, settings, none)
  const end = Number(certs.series?.(sample).first_expiry_seconds) * 1000
  const now = end - left * day
  return { sample, now, told: certs.assess(sample, none, settings, now) }
}

t.test('the recorded server: healthy on its day, and one finding as its end comes', async (t) => {
  const { sample, told } = await before(364)
  t.same(told, [])
  t.equal(
    certs.summary(sample, settings, Date.parse('2026-11-23T00:29:47Z')),
    '20 certificates, the first expires 2027-11-23 (in 364 d)',
  )
  const old = 'v1.21.2+k3s1'
  const recent = 'v1.33.1+k3s1'
  for (const [left, version, code, severity] of [
    [121, old, undefined],
    [121, recent, undefined],
    [119, old, undefined],
    [119, recent, 'certs.expiring', 'info'],
    [91, recent, 'certs.expiring', 'info'],
    [89, recent, 'certs.expiring', undefined],
    [100, old, undefined],
    [91, old, undefined],
    [89, old, 'certs.expiring', undefined],
    [6, old, 'certs.expiring', 'critical'],
    [6, recent, 'certs.expiring', 'critical'],
    [-1, old, 'certs.expired', undefined],
  ] as const) {
    const { told } = await before(left, version)
    t.equal(told.length, code ? 1 : 0, `${left} d, ${version}`)
    if (code) t.match(told[0], { code, subject: 'k3s server', severity })
  }
  for (const [left, stage] of [
    [89, 0],
    [30, 1],
    [14, 2],
    [7, 3],
    [3, 4],
    [1, 5],
  ] as const)
    t.match(
      (await before(left)).told,
      [{ code: 'certs.expiring', stage, impact: /`kubectl` gets 401/ }],
      `${left} d`,
    )
  const [expired] = (await before(-1)).told
  t.match(
    expired?.text,
    /^client-admin\.crt \(system:admin\) expired 2027-11-23 00:12 UTC, 1 d ago, and 14 more since\. k3s renews them only when it starts, and has been up 365 d: a restart renews all 15\.$/,
  )
})

t.test('the recorded agent node', async (t) => {
  const { told, sample, now } = await before(6, 'v1.21.2+k3s1', 'two-nodes-healthy-node2')
  t.match(told, [{ code: 'certs.expiring', subject: 'k3s agent', severity: 'critical' }])
  t.equal(certs.summary(sample, settings, now), '6 certificates, the first expires 2027-11-23 (in 6 d)')
  t.same(certs.deadlines?.(sample, settings, now), [
    { what: 'certificates', at: now + 6 * day, confidence: 'date' },
  ])
})

t.test('every recorded state is well, and what a recording does not say alarms nobody', async (t) => {
  for (const node of ['ufw-default-deny', 'cni0-deleted', 'two-nodes-healthy-node1', 'oom-kills']) {
    const host = recordedNode(`test/nodes/${node}`)
    const sample = await certs.collect(host, settings, none)
    t.same(certs.assess(sample, none, settings, host.now()), [], node)
    t.ok(
      (sample.unseen ?? []).every((it) => it.unrecorded),
      node,
    )
  }
})

t.test('no k3s: calm', async (t) => {
  const host = recordedNode('test/nodes/no-k3s')
  const sample = await certs.collect(host, settings, none)
  t.same(sample, { files: [], served: [] })
  t.same(certs.assess(sample, none, settings, host.now()), [])
  t.equal(certs.summary(sample, settings, host.now()), 'no k3s here, nothing to watch')
  t.same(certs.series?.(sample), { count: 0 })
  t.same(certs.deadlines?.(sample, settings, 0), [])
  t.same(certs.watch?.(settings, sample), [{ kind: 'paths', paths: [] }])
})

t.test('no k3s, but files and servers of the settings', async (t) => {
  const { issue } = certificates(t)
  const soon = issue({ subject: '/CN=soon', to: days(10), from: days(-355) })
  const over = issue({ subject: '/CN=over', to: days(-2), from: days(-300) })
  const later = issue({ subject: '/CN=later', from: days(3), to: days(300) })
  const host = machine(
    t,
    { '/etc/tls/soon.pem': soon.pem, '/etc/tls/later.der': later.der, '/etc/tls/broken.crt': 'x' },
    {
      now: Date.now(),
      handshakes: {
        'vault:8200': { certificates: [over.der.toString('base64')], protocol: 'TLSv1.3' },
        'gone:443': ['refused', 'nothing listens there'],
      },
    },
  )
  const given = {
    ...settings,
    paths: ['/etc/tls', '/etc/tls/not.pem'],
    endpoints: ['vault:8200', 'gone:443'],
  }
  const sample = await certs.collect(host, given, none)
  t.same(sample.unseen, undefined)
  t.same(
    certs.assess(sample, none, given, Date.now()).map((it) => [it.code, it.subject]),
    [
      ['certs.unreadable', '/etc/tls/broken.crt'],
      ['certs.not-yet-valid', '/etc/tls/later.der'],
      ['certs.expiring', '/etc/tls/soon.pem'],
      ['certs.unreadable', '/etc/tls/not.pem'],
      ['certs.expired', 'vault:8200'],
      ['certs.unreadable', 'gone:443'],
    ],
  )
  t.match(certs.summary(sample, given, Date.now()), /^3 certificates, 1 expired, the first .* \(2 d ago\)$/)
  t.match(certs.watch?.(given, sample), [{ paths: ['/etc/tls', '/etc/tls/not.pem'] }])
})

t.test('a data dir that may not be read: blind in everything, and no alarm', async (t) => {
  const base = recordedNode('test/nodes/healthy')
  const denied = async (path: string): Promise<never> => {
    throw new HostError('denied', `${path}: permission denied; run it as root or as the user murphy`)
  }
  const host: Host = {
    ...base,
    list: (path) => (path.startsWith(tls) ? denied(path) : base.list(path)),
    stats: async (paths) =>
      (await base.stats(paths)).map((it, at) =>
        paths[at]?.startsWith('/var/lib/rancher/k3s/agent/')
          ? new HostError('denied', `${paths[at]}: permission denied; run it as root or as the user murphy`)
          : it,
      ),
    text: base.text,
    handshake: async () => {
      throw new HostError('refused', 'nothing listens there')
    },
    get: async () => {
      throw new HostError('refused', 'nothing listens there')
    },
  }
  const sample = await certs.collect(host, settings, none)
  t.same(
    certs.assess(sample, none, settings, base.now() + 400 * day).map((it) => it.subject),
    ['/etc/rancher/k3s/k3s.yaml'],
  )
  t.equal(sample.unseen?.length, 2)
  for (const it of sample.unseen ?? []) {
    t.same(
      it.codes,
      Object.keys(certs.rules).filter((code) => !code.startsWith('certs.clock-')),
    )
    t.match(it.why, 'run it as root')
  }
  t.match(sample.unseen?.[1]?.what, /and 8 more$/)
})

t.test('the second round reads nothing that did not change, and says the same', async (t) => {
  const { issue } = certificates(t)
  const leaf = issue({ subject: '/CN=system:admin' }).pem
  const now = Date.now()
  const stat = { kind: 'file', size: 1, mtime: 1, ctime: 1, dev: 1, ino: 1, uid: 0, mode: 0o600 } as const
  const host = machine(
    t,
    {
      ...process(40, 'k3s-server', '/usr/local/bin/k3s server\0'),
      '/etc/systemd/system/k3s.service': unit('/usr/local/bin/k3s server'),
      [`${tls}/client-admin.crt`]: leaf,
    },
    {
      now,
      stats: { [`${tls}/client-admin.crt`]: stat, '/usr/local/bin/k3s': stat },
      handshakes: { '127.0.0.1:6443': ['refused', 'no'], '127.0.0.1:10250': ['refused', 'no'] },
      commands: { '/usr/local/bin/k3s --version': 'k3s version v1.33.1+k3s1 (abc)\n' },
    },
  )
  const asked: string[] = []
  const watched: Host = {
    ...host,
    read: (path, options) => {
      asked.push(path)
      return host.read(path, options)
    },
    run: (argv, options) => {
      asked.push(argv.join(' '))
      return host.run(argv, options)
    },
  }
  const first = await certs.collect(watched, settings, none)
  t.same(asked, [`${tls}/client-admin.crt`, '/usr/local/bin/k3s --version'])
  t.match(first, { k3s: { version: 'v1.33.1+k3s1', running: { pid: 40 } } })
  asked.length = 0
  t.same(await certs.collect(watched, settings, { heard: [], sample: first }), first)
  t.same(asked, [])
})

t.test('a sample of an earlier version, or a broken clock, is no reason to fall over', async (t) => {
  const empty: CertsSample = { files: [], served: [] }
  for (const now of [0, -1, Number.MAX_SAFE_INTEGER]) {
    t.same(certs.assess(empty, none, settings, now), [])
    t.ok(certs.summary(empty, settings, now))
  }
  const { sample } = await before(10)
  t.match(certs.assess(sample, none, settings, 0), [
    { code: 'certs.not-yet-valid' },
    { code: 'certs.not-yet-valid' },
  ])
})
