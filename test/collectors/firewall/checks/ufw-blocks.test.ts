import t from 'tap'
import { ufwBlocks } from '../../../../collectors/firewall/checks/ufw-blocks.ts'
import type { FirewallSample } from '../../../../collectors/firewall/sample.ts'

t.test('grave or not, and whose doing', (t) => {
  const sample = {
    sets: [{ family: 'ipv4', cells: { 'filter ufw': [60, 18] } }],
    k3s: { unit: 'k3s', running: { pid: 1, since: 0 }, proxies: [] },
    blocked: [{ need: 'pods-kubelet', port: 10_250, by: 'the policy of INPUT is DROP' }],
  } as unknown as FirewallSample
  t.match(ufwBlocks(sample), [{ severity: 'warning', subject: 'ufw' }])
  const api = [{ need: 'pods-api', port: 6443, by: '-A INPUT `x` -j DROP' }] as const
  t.match(ufwBlocks({ ...sample, blocked: api }), [
    { severity: 'critical', impact: /Pods cannot reach the API/ },
  ])
  t.same(ufwBlocks({ ...sample, ufw: { enabled: false } }), [])
  const six = [{ need: 'pods-api', port: 6443, by: 'the policy of INPUT is DROP', family: 'ipv6' }] as const
  t.same(ufwBlocks({ ...sample, blocked: six }), [], 'ufw leaves IPv6 alone here')
  const both = {
    ...sample,
    blocked: six,
    sets: [...sample.sets, { family: 'ipv6', cells: { 'filter ufw': [60, 18] } }],
    networks: { pods: ['10.42.0.0/16', 'fd42::/56'], services: ['10.43.0.0/16', 'fd43::/112'] },
  } as unknown as FirewallSample
  t.match(ufwBlocks(both), [
    {
      text: /pods to the API \(6443\/tcp\) over IPv6/,
      fix: [
        /^Allow pods, .*: `ufw allow from fd42::\/56`$/,
        /^Allow services, .*: `ufw allow from fd43::\/112`$/,
        /: `ufw disable`$/,
      ],
      evidence: { family: 'ipv6', table: 'filter', port: '6443', blocked: 'pods-api 6443 ipv6' },
    },
  ])
  const disabled = [{ family: 'ipv4', cells: { 'filter ufw': [18, 18] } }]
  t.same(ufwBlocks({ ...sample, sets: disabled } as unknown as FirewallSample), [], 'its chains are empty')
  t.end()
})
