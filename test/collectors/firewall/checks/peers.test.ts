import t from 'tap'
import type { Host } from '../../../../agent/model/index.ts'
import { apiOf, readPeers } from '../../../../collectors/firewall/checks/peers.ts'
import type { K3s } from '../../../../collectors/node/k3s.ts'
import { node } from '../look.ts'

const k3s = (role: 'server' | 'agent') =>
  ({ role, dataDir: '/var/lib/rancher/k3s', distribution: 'k3s' }) as unknown as K3s
/** What is set up of policy routing on every node. */
const plain =
  '[{"priority":0,"src":"all","table":"local"},{"priority":32766,"src":"all","table":"main"},{"priority":32767,"src":"all","table":"default"}]'
interface Printed {
  readonly fdb?: string
  readonly neigh?: string
}
const host = (
  routes: string,
  { fdb = '[]', neigh = '[]' }: Printed = {},
  files: Readonly<Record<string, string>> = {},
) =>
  ({
    run: async (argv: readonly string[]) => {
      const of: Readonly<Record<string, string>> = {
        'ip route show': routes,
        'ip rule show': plain,
        'ip neigh show': neigh,
        'bridge fdb show': fdb,
      }
      const stdout = of[argv.filter((it) => !it.startsWith('-')).join(' ')]
      return { stdout: stdout ?? '', stderr: '', exit: stdout === undefined ? 2 : 0 }
    },
    text: async (path: string) => files[path] ?? Promise.reject(new Error('missing')),
  }) as unknown as Host
const uplink =
  '{"dst":"default","gateway":"192.0.2.254","dev":"eth0"},{"dst":"192.0.2.0/24","dev":"eth0","prefsrc":"192.0.2.1"}'
const overlay = '{"dst":"10.42.1.0/24","gateway":"10.42.1.0","dev":"flannel.1"}'

t.test('where other nodes are, on a node recorded without its policy rules', async (t) => {
  const recorded = node('two-nodes-ufw-on-node2-node2')
  t.same(await readPeers(recorded, k3s('agent'), 'ipv4', 'node'), {
    there: true,
    peers: [{ address: '192.0.2.10' }],
  })
})

t.test('whether there are any', async (t) => {
  const read = (routes: string, role: 'server' | 'agent' = 'server', more?: Printed) =>
    readPeers(host(`[${routes}]`, more), k3s(role), 'ipv4', 'node')
  t.same(await read(uplink), { there: false, peers: [] })
  t.same(await read(uplink, 'agent'), { there: true, peers: [] }, 'its server')
  t.same(await read(`${uplink},${overlay}`), { there: true, peers: [] })
  const mac = (last: number) => `"02:00:00:00:00:0${last}"`
  const fdb = `[{"mac":${mac(2)},"ifname":"flannel.1","dst":"192.0.2.2"},{"mac":${mac(3)},"ifname":"flannel.1","dst":"192.0.2.3"},
    {"mac":${mac(9)},"ifname":"vxlan7","dst":"192.0.2.9"},{"ifname":"eth0"}]`
  const neigh = `[{"dst":"10.42.1.0","dev":"flannel.1","lladdr":${mac(2)}},{"dst":"10.42.3.0","dev":"eth0","lladdr":${mac(3)}},
    {"dst":"10.42.9.0","dev":"vxlan7","lladdr":${mac(9)}}]`
  const at = async (more: Printed) => (await read(`${uplink},${overlay}`, 'server', more)).peers
  t.same(
    await at({ fdb, neigh }),
    [{ address: '192.0.2.2', on: 'eth0', own: '192.0.2.1' }],
    'where no neighbour points is an address that a node had before',
  )
  t.same(await at({ fdb, neigh: 'nonsense' }), [], 'it cannot be known which')
  t.same(await at({ fdb: 'nonsense', neigh }), [], 'a stranger of that name')
  const wireguard = '{"dst":"10.42.1.0/24","dev":"flannel-wg","scope":"link"}'
  t.ok((await read(`${uplink},${wireguard}`)).there)
  for (const other of ['nonsense', '', '{}'])
    await t.rejects(readPeers(host(other), k3s('server'), 'ipv4', 'node'), { code: 'failed' }, other)
})

t.test(
  'a bridge as the uplink looks like one of containers: nothing is said of nodes that are not known',
  async (t) => {
    const bridge = uplink.replaceAll('eth0', 'br-lan')
    const wireguard = '{"dst":"10.42.1.0/24","dev":"flannel-wg","scope":"link"}'
    for (const role of ['server', 'agent'] as const)
      t.same(await readPeers(host(`[${bridge},${wireguard}]`), k3s(role), 'ipv4', 'node'), {
        there: false,
        peers: [],
      })
    t.ok((await readPeers(host(`[${uplink},${wireguard}]`), k3s('server'), 'ipv4', 'node')).there)
  },
)

t.test('the port of the API, where servers have another than k3s by itself', async (t) => {
  t.same(apiOf(['192.0.2.6:7443', '192.0.2.7:7443', '192.0.2.1:443']), {
    port: 7443,
    addresses: ['192.0.2.6', '192.0.2.7'],
  })
  t.same(apiOf(['[2001:db8::1]:6443']), { port: 6443, addresses: ['2001:db8::1'] })
  t.same(apiOf(['nonsense']), { addresses: [] })
})

t.test('servers, as the load balancer of an agent and the connections of etcd have them', async (t) => {
  const balancer = { ServerURL: 'https://192.0.2.5:6443', ServerAddresses: ['192.0.2.6:6443', 'name:6443'] }
  const files = {
    '/var/lib/rancher/k3s/agent/etc/k3s-agent-load-balancer.json': JSON.stringify(balancer),
    '/proc/net/tcp': [
      '  sl  local_address rem_address   st',
      '   0: 010200C0:9C40 020200C0:094C 02 00000000:00000000',
      '   1: 010200C0:094C 030200C0:9C40 01 00000000:00000000',
      '   2: 0100007F:9C40 0100007F:094C 01 00000000:00000000',
    ].join('\n'),
  }
  const asked = (role: 'server' | 'agent') =>
    readPeers(host(`[${uplink}]`, {}, files), k3s(role), 'ipv4', 'server')
  t.same(
    (await asked('agent')).peers.map((it) => it.address),
    ['192.0.2.6', '192.0.2.5'],
  )
  t.same((await asked('server')).peers, [{ address: '192.0.2.2', on: 'eth0', own: '192.0.2.1' }])
  t.notOk((await readPeers(host(`[${uplink}]`), k3s('server'), 'ipv4', 'server')).there)
})
