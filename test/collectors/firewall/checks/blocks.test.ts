import t from 'tap'
import type { Blocked } from '../../../../collectors/firewall/checks/blocked.ts'
import { blocks } from '../../../../collectors/firewall/checks/blocks.ts'
import type { FirewallSample } from '../../../../collectors/firewall/sample.ts'

const at = Date.parse('2026-11-30T07:00:00Z')
const ufw = { family: 'ipv4', cells: { 'filter ufw': [60, 18] } }
const node = {
  sets: [ufw],
  k3s: { unit: 'k3s', running: { pid: 1, since: 0 }, proxies: [] },
  networks: { pods: ['10.42.0.0/16', 'fd42::/56'], services: ['10.43.0.0/16', 'fd43::/112'] },
}
const policy = 'the policy of INPUT is DROP'
const found = (blocked: readonly Blocked[], more: object = {}) =>
  blocks({ ...node, blocked, ...more } as unknown as FirewallSample, at)

t.test('grave or not, and whose doing', async (t) => {
  t.same(found([]), [])
  const kubelet = { need: 'pods-kubelet', port: 10_250, by: policy } as const
  t.match(found([kubelet]), [
    {
      severity: 'warning',
      subject: 'k3s',
      impact: /metrics-server/,
      text: /^ufw drops what k3s needs: pods to the kubelet/,
    },
  ])
  t.match(
    found([kubelet], { k3s: { ...node.k3s, running: undefined } }),
    [{ starting: true }],
    'it needs that again soon',
  )
  t.same(found([kubelet], { k3s: undefined }), [])
  const api = { need: 'pods-api', port: 6443, by: '-A INPUT `x` -j DROP' } as const
  t.match(found([api]), [
    { severity: 'critical', impact: /Pods cannot reach the API/, text: /^The firewall drops/ },
  ])
  t.match(found([kubelet], { sets: [{ ...ufw, cells: { 'filter ufw': [18, 18] } }] }), [
    { text: /^The firewall drops/, evidence: { by: 'policy' } },
  ])
})

t.test('each family with its networks', async (t) => {
  const six = [{ need: 'pods-api', port: 6443, by: policy, family: 'ipv6' }] as const
  t.match(found(six, { sets: [ufw, { ...ufw, family: 'ipv6' }] }), [
    {
      text: /pods to the API \(6443\/tcp\) over IPv6/,
      fix: [
        /^Allow pods .*: `ufw allow from fd42::\/56`$/,
        /^Allow services .*: `ufw allow from fd43::\/112`$/,
        /: `ufw disable`$/,
      ],
      evidence: { family: 'ipv6', table: 'filter', port: '6443', blocked: 'pods-api 6443 ipv6', by: 'ufw' },
    },
  ])
})

t.test('a single line: what dies of it, and from where', async (t) => {
  const line = '-A INPUT -p udp -m udp --dport 8472 -j DROP'
  const overlay = {
    need: 'overlay',
    port: 8472,
    udp: true,
    by: line,
    table: 'filter',
    peers: ['192.0.2.2'],
  } as const
  const [it] = found([overlay])
  t.equal(
    it?.text,
    `The firewall drops what k3s needs: other nodes to this node's pods (8472/udp) (\`${line}\`).`,
  )
  t.match(it?.impact, /cannot reach each other, while every node shows Ready/)
  t.match(found([{ ...overlay, some: true }])[0]?.text, /\(8472\/udp\), from or to 192\.0\.2\.2 \(`-A/)
  t.match(it?.evidence, { by: 'rule', blocked: 'overlay 8472' })
  const some = (peers: readonly string[], more = {}) =>
    found([{ ...overlay, some: true, peers, ...more }])[0]?.evidence?.blocked
  t.equal(some(['192.0.2.2', '192.0.2.3']), 'overlay 8472 (192.0.2.2 192.0.2.3)')
  t.equal(some(['2001:db8::2'], { family: 'ipv6' }), 'overlay 8472 ipv6 (2001:db8::2)')
  t.match(some(Array.from({ length: 30 }, (_, at) => `192.0.2.${at}`)), / 192\.0\.2\.15 …\)$/)
})

t.test('what a start brings, and what it does not', async (t) => {
  const pods = (['udp', 'tcp'] as const).map((protocol) => ({
    ...{ need: 'pods-in', port: 53, by: 'the policy of FORWARD is DROP', table: 'filter' },
    ...(protocol === 'udp' && { udp: true }),
  })) as readonly Blocked[]
  const young = { k3s: { ...node.k3s, running: { pid: 1, since: at - 60_000 } }, sets: [] }
  t.match(found(pods, young), [
    { starting: true, text: /pods here \(DNS, 53\/udp and 53\/tcp\) \(the policy/ },
  ])
  t.equal(found(pods)[0]?.starting, undefined)
  t.equal(found([{ need: 'pods-api', port: 6443, by: policy }, ...pods], young)[0]?.starting, undefined)
})
