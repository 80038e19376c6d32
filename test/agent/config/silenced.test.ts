import t from 'tap'
import { allRules } from '../../../agent/cli/commands/explain.ts'
import { whatFlaw } from '../../../agent/config/silenced.ts'

const codes = Object.keys(allRules()).filter((it) => !it.startsWith('agent.'))

t.test('what may match is taken: subjects are not known beforehand', async (t) => {
  for (const it of [
    'all',
    ...codes.filter((it) => !it.endsWith('.blind')),
    ...codes.filter((it) => !it.endsWith('.blind')).map((it) => it.split('.')[0] ?? ''),
    ...['shop/db-0', 'shop/db-0/postgres', 'memory.oom-killed/shop/db-0', 'pod 38b85a3d'],
    ...['cni0', 'flannel.1', 'node', 'k3s server', 'k3s.service', 'k3s-agent.service', 'O=system:masters'],
    ...[
      '/var/lib/rancher',
      '10.42.1.0/24',
      'ufw',
      'bridge',
      'rules',
      'conntrack',
      'iptables',
      'api',
      'clock',
    ],
    ...['ipv4', 'ipv6 nft', 'flannel', 'etcd', 'sqlite', 'kube-proxy', 'kubelet', 'web.example.org'],
  ])
    t.equal(whatFlaw(it, codes), undefined, it)
})

t.test('what can match nothing is not', async (t) => {
  t.match(whatFlaw('firewal', codes), /^no area has this name; did you mean firewall\? .*CODE\/SUBJECT$/)
  t.match(whatFlaw('All', codes), /did you mean all or/)
  t.match(whatFlaw('memory.*', codes), /^a \* is no placeholder; write memory for all of its codes$/)
  for (const it of ['*', 'shop/*', 'firewall*']) t.match(whatFlaw(it, codes), /is no placeholder/, it)
  t.match(whatFlaw('memory.oom-kiled', codes), /^is no code; did you mean memory\.oom-killed\?/)
  t.match(whatFlaw('memory.oom-kiled/shop/db-0', codes), /^is no code; did you mean memory\.oom-killed\?/)
  t.match(whatFlaw('firewall.blind', codes), /never hidden/)
  t.match(whatFlaw('agent', codes), /never hidden/)
})
