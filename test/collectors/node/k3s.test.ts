import t from 'tap'
import { recordedNode } from '../../../agent/host/replay.ts'
import type { Host } from '../../../agent/model/index.ts'
import { findK3s, k3sVersion } from '../../../collectors/node/k3s.ts'
import { machine, process, unit } from './machine.ts'

const system = '/etc/systemd/system'
const hash = 'ab'.repeat(32)

t.test('a recorded server and a recorded agent', async (t) => {
  const server = recordedNode('test/nodes/healthy')
  const k3s = await findK3s(server)
  t.match(k3s, { distribution: 'k3s', role: 'server', dataDir: '/var/lib/rancher/k3s', unit: 'k3s' })
  t.equal(new Date(k3s?.running?.since ?? 0).toISOString(), '2026-11-23T00:27:54.000Z')
  t.equal(k3s && (await k3sVersion(server, k3s)), 'v1.21.2+k3s1')
  t.match(await findK3s(recordedNode('test/nodes/two-nodes-healthy-node2')), {
    role: 'agent',
    unit: 'k3s-agent',
  })
  t.equal(await findK3s(recordedNode('test/nodes/no-k3s')), undefined)
})

t.test('a running server whose title hides its flags: its unit has them', async (t) => {
  const host = machine(t, {
    ...process(40, 'k3s-server', '/usr/local/bin/k3s server\0\0'),
    [`${system}/k3s.service`]: unit("/usr/local/bin/k3s \\\n    server \\\n\t'--data-dir=/srv/k3s/' \\\n"),
  })
  t.match(await findK3s(host), { role: 'server', dataDir: '/srv/k3s', unit: 'k3s', running: { pid: 40 } })
})

t.test('config files, then environment, then the command line, which wins', async (t) => {
  const files = {
    '/etc/rancher/k3s/config.yaml': 'data-dir: /from/config\ntoken: hush\nflannel-backend: none\n',
    '/etc/rancher/k3s/config.yaml.d/10.yaml': 'data-dir: /from/more\n',
    '/etc/rancher/k3s/config.yaml.d/20.txt': 'data-dir: /wrong\n',
    [`${system}/k3s.service`]: unit('/usr/local/bin/k3s server'),
  }
  const found = await findK3s(machine(t, files))
  t.match(found, { dataDir: '/from/more', flags: { 'flannel-backend': ['none'] } })
  t.notOk('token' in (found?.flags ?? {}), 'a token is nothing for a sample')
  const environment = { ...files, '/etc/default/k3s': 'K3S_DATA_DIR=/from/environment\n' }
  t.match(await findK3s(machine(t, environment)), { dataDir: '/from/environment' })
  const command = {
    ...environment,
    [`${system}/k3s.service`]: unit('/usr/local/bin/k3s server -d /from/flag'),
  }
  t.match(await findK3s(machine(t, command)), { dataDir: '/from/flag' })
})

t.test(
  'a data dir is a folder: from the root on, and no longer than one with sockets in it can be',
  async (t) => {
    const found = (dataDir: string) =>
      findK3s(
        machine(t, {
          '/etc/rancher/k3s/config.yaml': `data-dir: ${dataDir}\n`,
          [`${system}/k3s.service`]: unit('/k3s server'),
        }),
      )
    t.match(await found('srv/../k3s'), { dataDir: '/k3s' })
    t.match(await found(`/${'x'.repeat(300)}`), { dataDir: '/var/lib/rancher/k3s' })
  },
)

t.test('another config file, by flag or environment', async (t) => {
  const config = { '/srv/k3s.yaml': 'data-dir: /srv/data\n' }
  const flag = {
    ...config,
    [`${system}/k3s.service`]: unit('/usr/local/bin/k3s server --config=/srv/k3s.yaml'),
  }
  t.match(await findK3s(machine(t, flag)), { dataDir: '/srv/data' })
  const variable = {
    ...config,
    [`${system}/k3s.service`]: unit('/usr/local/bin/k3s server'),
    [`${system}/k3s.service.env`]: 'K3S_CONFIG_FILE=/srv/k3s.yaml\n',
  }
  t.match(await findK3s(machine(t, variable)), { dataDir: '/srv/data' })
})

t.test(
  'started by hand with flags that are hidden: the place of its program tells the data dir',
  async (t) => {
    const files = process(40, 'k3s-agent', './k3s agent\0\0')
    const exe = `-> /mnt/disk/k3s/data/${hash}/bin/k3s`
    t.match(await findK3s(machine(t, { ...files, '/proc/40/exe': exe })), {
      role: 'agent',
      dataDir: '/mnt/disk/k3s',
      unit: 'k3s-agent',
    })
    t.match(await findK3s(machine(t, files)), { dataDir: '/var/lib/rancher/k3s' })
  },
)

t.test('an agent node that was a server once, and one whose server stands still', async (t) => {
  const agent = {
    ...process(40, 'k3s-agent', '/usr/local/bin/k3s agent\0'),
    '/var/lib/rancher/k3s/server/tls/x': '',
  }
  t.match(await findK3s(machine(t, agent)), { role: 'agent' })
  const still = await findK3s(machine(t, { '/var/lib/rancher/k3s/server/tls/x': '' }))
  t.match(still, { role: 'server', unit: 'k3s' })
  t.notOk(still?.running)
})

t.test('RKE2', async (t) => {
  const host = machine(
    t,
    {
      '/usr/local/lib/systemd/system/rke2-server.service':
        '[Service]\nEnvironmentFile=-/usr/local/lib/systemd/system/%N.env\nExecStart=/usr/local/bin/rke2 server\n',
      '/etc/rancher/rke2/config.yaml': 'data-dir: /srv/rke2\n',
    },
    {
      commands: { '/usr/local/bin/rke2 --version': 'rke2 version v1.30.1+rke2r1 (abc)\ngo version go1.22\n' },
    },
  )
  const rke2 = await findK3s(host)
  t.match(rke2, { distribution: 'rke2', role: 'server', dataDir: '/srv/rke2', unit: 'rke2-server' })
  t.equal(rke2 && (await k3sVersion(host, rke2)), 'v1.30.1+rke2r1')
})

t.test('from round to round its files are read once, and what changes is seen', async (t) => {
  const files = {
    ...process(40, 'k3s-server', '/usr/local/bin/k3s server\0\0'),
    '/etc/rancher/k3s/config.yaml': 'data-dir: /one\n',
    [`${system}/k3s.service`]: unit('/usr/local/bin/k3s server'),
  }
  const before = machine(t, files)
  let reads = 0
  const live = (host: Host, identity: object): Host => ({
    ...host,
    identity,
    now: () => Date.now() + 300_000,
    text: (path, options) => {
      reads += /^\/etc/.test(path) ? 1 : 0
      return host.text(path, options)
    },
  })
  const identity = {}
  for (let count = 0; count < 4; count += 1)
    t.strictSame(await findK3s(live(before, identity)), await findK3s(before))
  const known = reads
  await findK3s(live(before, identity))
  t.equal(reads, known)
  const other = machine(t, {
    ...process(41, 'k3s-agent', '/usr/local/bin/k3s agent\0\0'),
    '/etc/rancher/k3s/config.yaml': 'data-dir: /another\n',
    [`${system}/k3s.service`]: unit('/usr/local/bin/k3s agent'),
  })
  t.strictSame(await findK3s(live(other, identity)), await findK3s(other), 'its process has ended')
  t.match(await findK3s(live(other, identity)), { role: 'agent', dataDir: '/another', running: { pid: 41 } })
})
