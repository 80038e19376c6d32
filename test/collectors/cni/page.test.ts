import { join } from 'node:path'
import t from 'tap'
import { page } from '../../../collectors/cni/page.ts'
import type { CniSample } from '../../../collectors/cni/sample.ts'
import { nodes, typed } from '../../agent/cli/commands/typed.ts'
import { viewOn } from '../../agent/views.ts'

const { agent, folder } = typed(t)

t.test('network shows the pod network of this machine and of a recorded one', async (t) => {
  const broken = agent('network', '--node', join(nodes, 'cni0-deleted'))
  t.equal(broken.exit, 2)
  t.match(broken.out, /cni0 +missing\n +CRITICAL cni0 missing: /)
  t.equal(agent('network', '--node', join(nodes, 'two-nodes-healthy-node1')).exit, 0)
  const json = JSON.parse(
    agent('network', '--json', '--node', join(nodes, 'two-nodes-peer-route-deleted-node1')).out,
  )
  t.match(json, {
    version: 2,
    node: 'node1',
    data: { peers: [{ lacks: ['route'] }] },
    findings: [{ code: 'cni.routes-missing', severity: 'critical' }],
  })
  t.ok([0, 1, 2].includes(agent('network').exit as number), 'without a daemon')
  t.match(agent('network', '--node', folder), { exit: 3, err: /no recorded node/ })
})

t.test('what it knows of times is ISO 8601 in the JSON', async (t) => {
  const at = Date.parse('2026-11-23T03:00:00Z')
  const iso = '2026-11-23T03:00:00.000Z'
  const link = { name: 'cni0', kind: 'bridge', up: true, mtu: 1450, addresses: ['10.42.0.1/24'] }
  const json = page.json(
    viewOn<CniSample, object>(
      {
        dns: { server: '10.43.0.10', name: 'n', rcode: 'NOERROR', due: true },
        interfaces: { links: [link], ports: {}, loose: ['veth1'] },
        errors: { cni0: [[at - 9, 1, 90] as const, [at, 3, 99] as const] },
        peers: [{ subnet: '10.42.1.0/24', via: '10.42.1.0', dev: 'flannel.1' }],
        reach: {
          '10.42.1.0': {
            first: 1,
            at,
            by: 'udp',
            passes: 'none',
            well: at,
            since: at,
            host: 'answers',
            served: true,
          },
        },
        pool: { folder: '/x', size: 253, used: 2, leaked: { '10.42.0.9': at }, course: [[at, 1] as const] },
        ...{
          lacking: { 'flannel.1': at },
          downs: { cni0: [at, at] },
          off: { 'ipv4/ip_forward': 0 as const },
        },
      },
      {},
    ),
  )
  t.match(json, {
    interfaces: [{ name: 'cni0', errors: 3 }],
    ...{ loose: ['veth1'], pods: [], off: ['ipv4/ip_forward'] },
    ...{ lacking: { 'flannel.1': iso }, downs: { cni0: [iso, iso] } },
  })
  t.match(json.peers, [
    {
      reach: {
        at: iso,
        passes: 'none',
        by: 'udp',
        well: iso,
        since: iso,
        host: 'answers',
      },
    },
  ])
  t.notMatch(JSON.stringify(json.peers), /served|first/)
  t.strictSame(
    json.dns,
    { server: '10.43.0.10', name: 'n', rcode: 'NOERROR' },
    'without what only the next look needs',
  )
  t.strictSame(json.pool, { folder: '/x', size: 253, used: 2, leaked: { '10.42.0.9': iso } })
})
