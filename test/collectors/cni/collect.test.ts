import t from 'tap'
import { type Host, HostError } from '../../../agent/model/index.ts'
import { assess } from '../../../collectors/cni/assess.ts'
import { collect } from '../../../collectors/cni/collect.ts'
import { nodeLike, sampleOf } from './node.ts'

t.test('what a real node says', async (t) => {
  const sample = await sampleOf('two-nodes-healthy-node1')
  t.match(sample, {
    k3s: { role: 'server', unit: 'k3s' },
    uplink: 'eth0',
    peers: [{ subnet: '10.42.1.0/24', via: '10.42.1.0', dev: 'flannel.1' }],
    subnet: { addresses: ['10.42.0.1/24'], mtu: 1450 },
    netConf: { type: 'vxlan' },
    confs: [{ file: '10-flannel.conflist', types: ['flannel', 'portmap'], bridge: 'cni0' }],
    otherConfs: [],
  })
  t.equal(Object.keys(sample.pods ?? {}).length, 4)
  t.ok(sample.unseen?.every((it) => it.unrecorded))
})

t.test('the second look reads no pod again', async (t) => {
  const { host } = nodeLike(t, 'healthy')
  const read: string[] = []
  const counting: Host = {
    ...host(),
    text: (path, options) => {
      read.push(path)
      return host().text(path, options)
    },
  }
  const first = await collect(counting, { heard: [] })
  t.equal(read.filter((it) => it.startsWith('/var/lib/cni/')).length, 5)
  read.length = 0
  t.same(await collect(counting, { sample: first, heard: [] }), first)
  t.same(
    read.filter((it) => it.startsWith('/var/lib/cni/')),
    [],
  )
})

t.test('what is not there is an answer', async (t) => {
  const node = nodeLike(t, 'healthy')
  node.remove('/run/flannel')
  node.remove('/var/lib/rancher/k3s/agent/etc')
  node.remove('/var/lib/cni')
  const sample = await collect(node.host(), { heard: [] })
  t.match(sample, { subnet: null, netConf: null, confs: [], pods: {} })
  t.ok(sample.unseen?.every((it) => it.unrecorded))
})

t.test('one source that fails does not stop the others', async (t) => {
  const { host } = nodeLike(t, 'healthy')
  const refused = (what: string) => Promise.reject(new HostError('denied', `${what}: permission denied`))
  t.test('without ip', async (t) => {
    const sample = await collect({ ...host(), run: ([name]) => refused(name ?? '') }, { heard: [] })
    t.match(
      sample.unseen?.filter((it) => !it.unrecorded),
      [{ what: 'interfaces and addresses' }, { what: 'routes' }],
    )
    t.ok(sample.unseen?.[0]?.codes?.includes('cni.bridge-missing'))
    t.same(sample.unseen?.[1]?.codes, ['cni.routes-missing'])
    t.equal(sample.interfaces, undefined)
    t.equal(sample.subnet?.mtu, 1450)
  })
  t.test('without a right to read', async (t) => {
    const text: Host['text'] = (path, options) =>
      path.startsWith('/run/flannel') ? refused(path) : host().text(path, options)
    const list: Host['list'] = (path) => (path.startsWith('/var/lib/') ? refused(path) : host().list(path))
    const sample = await collect({ ...host(), text, list }, { heard: [] })
    t.same(sample.unseen?.flatMap((it) => (it.unrecorded ? [] : (it.codes ?? []))).sort(), [
      'cni.addresses-leaking',
      'cni.bridge-address',
      'cni.bridge-address',
      'cni.bridge-down',
      'cni.bridge-missing',
      'cni.conf-missing',
      'cni.subnet-env-missing',
      'cni.veth-orphaned',
    ])
    t.equal(sample.interfaces?.ports.cni0, 5)
  })
  t.test('an ip that fails, or prints something else', async (t) => {
    for (const ran of [
      { exit: 255, stdout: '', stderr: 'Option "-j" is unknown' },
      { exit: 0, stdout: '1: lo: <LOOPBACK>', stderr: '' },
    ]) {
      const sample = await collect({ ...host(), run: async () => ran }, { heard: [] })
      t.equal(sample.unseen?.filter((it) => !it.unrecorded).length, 2)
    }
  })
})

t.test('a recording that does not know alarms nobody', async (t) => {
  const sample = await sampleOf('two-nodes-healthy-node2')
  t.ok(sample.unseen?.every((it) => it.unrecorded))
  t.equal(sample.confs, undefined)
})

t.test('errors are counted where they can be, and flags are chosen, not copied', async (t) => {
  const node = nodeLike(t, 'healthy')
  node.write('/etc/rancher/k3s/config.yaml', 'flannel-backend: host-gw\netcd-s3-bucket: private\n')
  const devices = [
    'Inter-|   Receive                            |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes packets errs drop fifo',
    '  cni0: 1 1 2 0 0 0 0 0 1 1 3 0 0 0 0 0',
    'docker0: 1 1 9 0 0 0 0 0 1 1 9 0 0 0 0 0',
  ].join('\n')
  const text: Host['text'] = async (path, options) =>
    path === '/proc/net/dev' ? devices : node.host().text(path, options)
  const sample = await collect({ ...node.host(), text }, { heard: [] })
  t.same(sample.errors, { cni0: [[node.host().now(), 5, 2]] })
  t.same(sample.flags, { 'flannel-backend': 'host-gw' })
})

t.test(
  'a program called bridge that is not iproute2 has not answered, and no peer lacks anything',
  async (t) => {
    const first = await sampleOf('two-nodes-healthy-node1')
    t.ok((first.peers ?? []).length > 0)
    const { host } = nodeLike(t, 'two-nodes-healthy-node1')
    for (const stdout of ['', 'bridge (GNU) 1.0\n', '{}', '[{"name":"eth0"}]']) {
      const other: Host = {
        ...host(),
        run: (argv, options) =>
          argv[0] === 'bridge' ? Promise.resolve({ stdout, stderr: '', exit: 0 }) : host().run(argv, options),
      }
      const sample = await collect(other, { heard: [] })
      t.notOk(
        assess(sample, other.now()).some((it) => it.code === 'cni.routes-missing'),
        stdout,
      )
      t.match(
        sample.unseen?.find((it) => it.codes?.includes('cni.routes-missing') && !it.unrecorded),
        { why: /running `bridge -j fdb show`: it did not print the JSON/ },
        'blind, not zero entries',
      )
    }
  },
)
