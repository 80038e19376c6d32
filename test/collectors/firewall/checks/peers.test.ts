import t from 'tap'
import type { Host } from '../../../../agent/model/index.ts'
import { readPeers } from '../../../../collectors/firewall/checks/peers.ts'
import type { K3s } from '../../../../collectors/node/k3s.ts'
import { node } from '../look.ts'

const k3s = (role: 'server' | 'agent') =>
  ({ role, dataDir: '/var/lib/rancher/k3s', distribution: 'k3s' }) as unknown as K3s
const host = (routes: string, fdb = '[]', files: Readonly<Record<string, string>> = {}) =>
  ({
    run: async ([command = '']: readonly string[]) => ({
      stdout: command === 'ip' ? routes : fdb,
      stderr: '',
      exit: 0,
    }),
    text: async (path: string) => files[path] ?? Promise.reject(new Error('missing')),
  }) as unknown as Host
const uplink =
  '{"dst":"default","gateway":"192.0.2.254","dev":"eth0"},{"dst":"192.0.2.0/24","dev":"eth0","prefsrc":"192.0.2.1"}'
const overlay = '{"dst":"10.42.1.0/24","gateway":"10.42.1.0","dev":"flannel.1"}'

t.test('where other nodes are, on a recorded one', async (t) => {
  const recorded = node('two-nodes-ufw-on-node2-node2')
  t.same(await readPeers(recorded, k3s('agent'), 'ipv4', 'node'), {
    there: true,
    peers: [{ address: '192.0.2.10', on: 'eth0', own: '192.0.2.20' }],
  })
})

t.test('whether there are any', async (t) => {
  const read = (routes: string, role: 'server' | 'agent' = 'server', fdb?: string) =>
    readPeers(host(`[${routes}]`, fdb), k3s(role), 'ipv4', 'node')
  t.same(await read(uplink), { there: false, peers: [] })
  t.same(await read(uplink, 'agent'), { there: true, peers: [] }, 'its server')
  t.same(await read(`${uplink},${overlay}`), { there: true, peers: [] })
  const entries =
    '[{"ifname":"flannel.1","dst":"192.0.2.2"},{"ifname":"vxlan7","dst":"192.0.2.9"},{"ifname":"eth0"}]'
  t.same((await read(`${uplink},${overlay}`, 'server', entries)).peers, [
    { address: '192.0.2.2', on: 'eth0', own: '192.0.2.1' },
  ])
  t.same((await read(`${uplink},${overlay}`, 'server', 'nonsense')).peers, [], 'a stranger of that name')
  const wireguard = '{"dst":"10.42.1.0/24","dev":"flannel-wg","scope":"link"}'
  t.ok((await read(`${uplink},${wireguard}`)).there)
  for (const other of ['nonsense', '', '{}'])
    await t.rejects(readPeers(host(other), k3s('server'), 'ipv4', 'node'), { code: 'failed' }, other)
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
  const asked = (other: 'server' | 'etcd') =>
    readPeers(host(`[${uplink}]`, '[]', files), k3s('agent'), 'ipv4', other)
  t.same(
    (await asked('server')).peers.map((it) => it.address),
    ['192.0.2.6', '192.0.2.5'],
  )
  t.same((await asked('etcd')).peers, [{ address: '192.0.2.2', on: 'eth0', own: '192.0.2.1' }])
  t.notOk((await readPeers(host(`[${uplink}]`), k3s('server'), 'ipv4', 'etcd')).there)
})
