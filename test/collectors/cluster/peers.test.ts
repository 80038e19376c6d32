import t from 'tap'
import { askPeers } from '../../../collectors/cluster/peers.ts'
import { cluster } from './machines.ts'

t.test(
  'the other servers, by the address that the API last showed: who answers, and who not since when',
  async (t) => {
    const { api, host, peer } = await cluster(t)
    const other = await peer('127.0.0.2')
    t.teardown(() => other.close())
    let now = 1000
    const data = '/var/lib/rancher/k3s/agent'
    const origin = `https://127.0.0.1:${api.port}`
    const place = {
      me: 'server1',
      distribution: 'k3s' as const,
      api: { origin, authority: `${data}/server-ca.crt`, certificate: `${data}/client-kubelet.crt` },
    }
    const server = (name: string, address?: string) => ({
      name,
      ready: true,
      server: true as const,
      ...(address && { address }),
    })
    const nodes = [
      server('server1', '127.0.0.1'),
      server('server2', '127.0.0.2'),
      server('server3', '127.0.0.3'),
      server('server4'),
      { name: 'node5', ready: true, address: '127.0.0.5' },
    ]
    const node = host('server1', () => now)
    const first = await askPeers(node, place, nodes, [])
    t.strictSame(first, [{ name: 'server2' }, { name: 'server3', since: 1000 }], 'neither itself, nor agents')
    now = 9000
    t.strictSame(await askPeers(node, place, nodes, first), first, 'since it was first silent')
    t.strictSame(other.asked, ['GET /ping as ', 'GET /ping as '], 'no credential is shown')
  },
)
