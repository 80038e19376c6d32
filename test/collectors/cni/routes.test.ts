import t from 'tap'
import { routes } from '../../../collectors/cni/routes.ts'
import type { CniSample, Part } from '../../../collectors/cni/sample.ts'
import { sampleOf, withLink } from './node.ts'

const well = await sampleOf('two-nodes-healthy-node1')
const plan = { kind: 'flannel', backend: 'vxlan', bridge: 'cni0', overlays: ['flannel.1'] } as const
const lacking = (...lacks: readonly Part[]): CniSample => ({
  ...well,
  peers: (well.peers ?? []).map((it) => ({ ...it, lacks })),
})

t.test('the recorded faults, with the commands that mend them', async (t) => {
  t.same(routes(well, plan, true), [])
  t.match(routes(await sampleOf('two-nodes-peer-route-deleted-node1'), plan, true), [
    {
      code: 'cni.routes-missing',
      subject: '10.42.1.0/24',
      text: 'This node lacks the route for the pods of node 192.0.2.20 (10.42.1.0/24 over flannel.1).',
      fix: [
        /^Restore the route: `ip route replace 10\.42\.1\.0\/24 via 10\.42\.1\.0 dev flannel\.1 onlink`$/,
        /^Or restart k3s, .*: `systemctl restart k3s`$/,
      ],
    },
  ])
  t.match(routes(await sampleOf('two-nodes-peer-fdb-deleted-node1'), plan, true), [
    {
      text: /lacks the FDB entry for the pods of another node/,
      fix: [/^Restart .*: `systemctl restart k3s`$/],
    },
  ])
  t.match(routes(lacking('fdb'), plan, true), [
    { fix: [/`bridge fdb append 6e:b3:c4:42:08:4b dev flannel\.1 dst 192\.0\.2\.20`/] },
  ])
  t.match(routes(lacking('route', 'neighbour'), plan, true), [
    {
      text: /lacks the route and the neighbour entry/,
      fix: [
        /^Restore the route: .*onlink`$/,
        /^Restore the neighbour entry: `ip neigh replace 10\.42\.1\.0 dev flannel\.1 lladdr 6e:b3:c4:42:08:4b nud permanent`/,
      ],
    },
  ])
})

t.test('WireGuard has one route for all', (t) => {
  const wireguard = { ...plan, backend: 'wireguard', overlays: ['flannel-wg'] }
  const links = [
    ...(well.interfaces?.links ?? []),
    { name: 'flannel-wg', kind: 'wireguard', up: true, mtu: 1420, addresses: [] },
  ]
  const node = { ...well, interfaces: { ports: {}, loose: [], links }, peers: [] }
  t.same(routes({ ...node, direct: ['flannel-wg'] }, wireguard, true), [])
  t.match(routes({ ...node, direct: [] }, wireguard, true), [
    { subject: 'flannel-wg', text: 'This node lacks the route to 10.42.0.0/16 through flannel-wg.' },
  ])
  t.match(routes({ ...node, direct: [] }, wireguard, false), [{ starting: true }], 'k3s is still starting')
  t.same(routes(withLink({ ...node, direct: [] }, 'flannel-wg', { up: false }), wireguard, true), [])
  t.same(routes(node, wireguard, true), [], 'not seen')
  t.end()
})
