import { join } from 'node:path'
import t from 'tap'
import { recordedNode } from '../../../../agent/host/replay.ts'
import type { View } from '../../../../agent/model/index.ts'
import { cni } from '../../../../collectors/cni/index.ts'
import { renderNetwork } from '../../../../collectors/cni/page/render.ts'
import type { CniSample } from '../../../../collectors/cni/sample.ts'
import { viewAfter } from '../../../agent/views.ts'

const nodes = join(import.meta.dirname, '../../../nodes')
const terminal = { color: false, width: 80 }

const sampleOf = (name: string) =>
  cni.collect(recordedNode(join(nodes, name)), {}, { heard: [] }) as Promise<CniSample>
const at = recordedNode(join(nodes, 'healthy')).now()
const picture = (sample: CniSample, more: Partial<View> = {}, then = at) => {
  const observations = cni.assess(sample, { heard: [] }, {}, then)
  const outcome = { collector: 'cni', at: then, took: 0, unseen: [], rules: cni.rules, observations, sample }
  const view = viewAfter(cni, outcome, {}, { at, now: at + 12_000, ...more })
  return renderNetwork({ ...view, sample }, terminal)
}

t.test('what is under the overlay is drawn beside the way to the world', async (t) => {
  const sample = await sampleOf('two-nodes-healthy-node1')
  const links = [
    { name: 'eth1', kind: '', up: true, mtu: 9000, addresses: ['198.51.100.7/24'] },
    ...(sample.interfaces?.links ?? []),
  ]
  const interfaces = { ports: {}, loose: [], ...sample.interfaces, links }
  const [, , world, under] = picture({ ...sample, interfaces, uplink: 'eth1', under: 'eth0' }).split('\n')
  t.match(world, /^ {2}eth1 +up +mtu 9000 +198\.51\.100\.7\/24$/)
  t.match(under, /^ {2}eth0 +up +mtu 1500 +192\.0\.2\.10\/24$/)
})

t.test('a node that is well, with all there is to see', async (t) => {
  const sample = await sampleOf('two-nodes-healthy-node1')
  const { unseen: _, ...seen } = sample
  const full: CniSample = {
    ...seen,
    dns: { server: '10.43.0.10', name: 'n', rcode: 'NOERROR', due: true },
    errors: { eth0: [[at, 0, 9]], 'flannel.1': [[at, 3, 9]], cni0: [[at, 0, 9]] },
    pool: { folder: '/x', size: 253, used: 90, leaked: { a: 0, b: 0 }, course: [] },
    peers: (seen.peers ?? []).map((it) => ({ ...it, node: '192.0.2.20' })),
  }
  t.equal(
    picture(full),
    `node1  flannel, vxlan  (checked 12 s ago)

  eth0            up    mtu 1500   0 errors   192.0.2.10/24
      │
  flannel.1       up    mtu 1450   3 errors   10.42.0.0/32 over eth0
      │
  cni0            up    mtu 1450   0 errors   10.42.0.1/24
      ├─ veth4e9e8bc1  10.42.0.2       default/oomer
      ├─ veth16fac0d3  10.42.0.4       default/web-69d67f5464-hhclz
      ├─ veth546667d9  10.42.0.5       default/web-69d67f5464-qmpwq
      └─ veth567d5d20  10.42.0.3       default/web-69d67f5464-sq8tx

  Other nodes: 1
    10.42.1.0/24        flannel.1     192.0.2.20        ok

  Addresses   ███████████▒░░░░░░░░░░░░░░░░░░░░ 90 of 253 used, 2 of them leaked

  DNS         10.43.0.10 ok
`,
  )
})

t.test('whether packets reach the other nodes stands beside each, the silent ones first', async (t) => {
  const sample = await sampleOf('two-nodes-healthy-node1')
  const [{ via = '', node = '' } = {}] = sample.peers ?? []
  const asked = { first: 0, at, by: 'udp', passes: 'all', well: at } as const
  const more = ['10.42.2.0', '10.42.3.0']
  const peers = [
    ...(sample.peers ?? []),
    ...more.map((it) => ({ subnet: `${it}/24`, via: it, dev: 'flannel.1' })),
  ]
  const silent = {
    ...asked,
    passes: 'none',
    since: at,
    host: 'answers',
    name: `node3${'x'.repeat(40)}`,
  } as const
  const lines = (reach: CniSample['reach'] & object) =>
    picture({ ...sample, peers, reach }, {}, at)
      .split('\n')
      .filter((it) => it.startsWith('    10.42.'))
  t.same(
    lines({
      [via]: { ...asked, name: 'node2' },
      '10.42.2.0': { ...asked, passes: 'small' },
      '10.42.3.0': silent,
    }),
    [
      '    10.42.2.0/24        flannel.1     10.42.2.0         only small packets',
      '    10.42.3.0/24        flannel.1     10.42.3.0         no answer node3xxxxxxxxxxx',
      `    10.42.1.0/24        flannel.1     ${node.padEnd(18)}ok, answers node2`,
    ],
  )
})

t.test('what is wrong stands where it is', async (t) => {
  t.equal(
    picture(await sampleOf('cni0-deleted')),
    `node1  flannel, vxlan  (checked 12 s ago)

  eth0            up    mtu 1500              192.0.2.10/24
      │
  flannel.1       missing
      CRITICAL flannel.1 missing: no cross-node traffic. The overlay flannel.1
        (vxlan) is missing: 5 pods (kube-system/ingress,
        default/web-69d67f5464-ztzgn, default/web-69d67f5464-dz9nz and 2 more)
        cannot reach other nodes. More: \`agent explain cni.overlay-missing\`
      │
  cni0            missing
      CRITICAL cni0 missing: 5 pods offline. The bridge cni0 is missing: 5 pods
        (kube-system/ingress, default/web-69d67f5464-ztzgn,
        default/web-69d67f5464-dz9nz and 2 more) have no network. A k3s restart
        does not restore it. More: \`agent explain cni.bridge-missing\`
      ├─ veth6fe821f0  10.42.0.35      default/oomer not on cni0
      ├─ vethe79df33c  10.42.0.32      default/web-69d67f5464-brmmn not on cni0
      ├─ vetha9eeb89b  10.42.0.33      default/web-69d67f5464-dz9nz not on cni0
      ├─ veth88893f16  10.42.0.34      default/web-69d67f5464-ztzgn not on cni0
      └─ veth1f681911  10.42.0.36      kube-system/ingress not on cni0

  No other nodes

  Addresses   █░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░░ 5 of 253 used

  Not recorded: the cluster DNS, the settings of the kernel
`,
  )
  t.match(
    picture(await sampleOf('two-nodes-peer-fdb-deleted-node1')),
    /10\.42\.1\.0\/24 +flannel\.1 +10\.42\.1\.0 +lacks FDB entry\n {6}CRITICAL pods in 10\.42\.1\.0\/24 unreachable\. /,
  )
  const well = await sampleOf('healthy')
  const dead: CniSample = {
    ...well,
    off: { 'ipv4/ip_forward': 0 },
    dns: { server: '10.43.0.10', name: 'n', error: 'timeout', due: true },
  }
  t.match(
    picture(dead, {}, at + 600_000),
    /DNS +10\.43\.0\.10 no answer \(timeout\)\n {6}CRITICAL cluster DNS[\s\S]*\n\n {6}CRITICAL IP forwarding off/,
    'what belongs to no interface stands last',
  )
})

t.test('every line fits, whatever there is', async (t) => {
  const sample = await sampleOf('healthy')
  const pods = Object.fromEntries(
    Array.from({ length: 250 }, (_, it) => [
      `${it}`,
      {
        namespace: 'n'.repeat(63),
        name: 'p'.repeat(253),
        ip: '10.42.0.200',
        bridge: 'cni0',
        veth: 'veth12345678',
      },
    ]),
  )
  const peers = Array.from({ length: 500 }, (_, it) => ({
    subnet: `10.42.${it}.0/24`,
    via: `10.42.${it}.0`,
    dev: 'flannel.1',
  }))
  const text = picture({ ...sample, pods, peers })
  for (const line of text.split('\n')) t.ok(line.length <= 80, line)
  t.match(text, /└─ and 238 more/)
  t.match(text, /and 488 more/)
  t.ok(text.split('\n').length < 60)
})

t.test('other nodes and hostile names', async (t) => {
  t.equal(
    picture(await sampleOf('no-k3s')),
    'node1  no k3s on this machine: no pod network to check  (checked 12 s ago)\n',
  )
  const well = await sampleOf('healthy')
  t.equal(
    picture({ ...well, flags: { 'flannel-backend': 'none' }, foreign: 'Cilium', unseen: [] }),
    `node1  Cilium: not flannel, only general checks  (checked 12 s ago)

  eth0            up    mtu 1500              192.0.2.10/24
`,
  )
  t.notMatch(picture(well, { node: '\u001b[2Jx' }), /\u001b/)
})
