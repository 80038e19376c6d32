import t from 'tap'
import { parseServers, serversOf } from '../../../collectors/node/servers.ts'
import { machine } from './machine.ts'

t.test('the servers of an agent', async (t) => {
  const text =
    '{"ServerURL":"https://192.0.2.10:6443","ServerAddresses":["192.0.2.10:6443","[2001:db8::1]:6443","; rm -rf /"]}'
  t.strictSame(parseServers(text), ['192.0.2.10:6443', '[2001:db8::1]:6443'])
  for (const broken of ['', 'null', '{"ServerAddresses":5}', '[]'])
    t.strictSame(parseServers(broken), [], broken)
})

t.test(
  'the file of the API itself counts before that by which agents join; no file, no servers',
  async (t) => {
    const of = (files: Record<string, string>, distribution: 'k3s' | 'rke2' = 'k3s') =>
      serversOf(machine(t, files), { dataDir: '/data', distribution })
    const file = (address: string) => JSON.stringify({ ServerAddresses: [address] })
    const join = '/data/agent/etc/rke2-agent-load-balancer.json'
    const api = '/data/agent/etc/rke2-api-server-agent-load-balancer.json'
    t.strictSame(await of({ [join]: file('192.0.2.1:9345'), [api]: file('192.0.2.1:6443') }, 'rke2'), [
      '192.0.2.1:6443',
    ])
    t.strictSame(await of({ '/data/agent/etc/k3s-agent-load-balancer.json': file('192.0.2.1:6443') }), [
      '192.0.2.1:6443',
    ])
    t.strictSame(await of({}), [])
  },
)
