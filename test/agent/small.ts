import type { Snapshot } from '../../agent/api/snapshot.ts'
import { collector } from '../../agent/model/index.ts'
import { finding, rule } from './findings.ts'

/** A collector that sees nothing. */
export const things = collector({
  name: 'things',
  title: 'things',
  every: '0 * * * * *',
  timeout: 1000,
  rules: { 'things.broken': rule() },
  settings: {},
  collect: async () => ({}),
  assess: () => [],
  summary: () => 'a thing',
})

/** A picture with one of everything, at half past three in the morning. */
export const now = Date.parse('2026-11-23T03:30:00Z')
const minute = 60_000

export const cause = finding({
  code: 'firewall.flushed',
  subject: 'nft',
  severity: 'critical',
  title: 'the firewall was flushed',
  text: '`iptables` (pid 25978) removed 91 of 91 rules at 03:12:07 UTC.',
  impact: 'Services and the ingress are unreachable.',
  fix: [
    '`systemctl restart k3s`',
    'then delete the ingress pod: `kubectl -n kube-system delete pod ingress`',
  ],
  avoid: ['`iptables -F` again: ufw drops by default, and it would cut SSH.'],
  since: now - 18 * minute,
})

export const picture: Snapshot = {
  version: 2,
  node: 'node1',
  at: now,
  agent: { version: '0.1.0', pid: 7, started: now - 3600_000 },
  state: 'critical',
  machine: 'Debian GNU/Linux 12',
  incidents: [
    {
      id: cause.id,
      cause,
      affected: [
        finding({
          code: 'firewall.kube-chains-missing',
          severity: 'critical',
          title: "kube-proxy's chains are missing",
          since: now - 17 * minute,
        }),
      ],
      severity: 'critical',
      since: cause.since,
      notifyAt: cause.since,
      fix: cause.fix,
      avoid: cause.avoid ?? [],
    },
  ],
  collectors: [
    {
      name: 'certs',
      title: 'TLS certificates',
      state: 'ok',
      summary: '24 certificates.',
      last: now - 12_000,
      took: 3,
      next: now + 4 * minute,
      unseen: [],
      findings: 0,
      trend: [1, 2, 3, 4, 5],
    },
    {
      name: 'firewall',
      title: 'the firewall',
      state: 'findings',
      summary: '0 rules.',
      last: now - 1000,
      took: 30,
      unseen: [],
      findings: 2,
      trend: [],
    },
    {
      name: 'memory',
      title: 'memory',
      state: 'blind',
      summary: '',
      last: now,
      took: 1,
      blindSince: now - 30 * minute,
      unseen: [{ what: '/dev/kmsg', why: 'reading /dev/kmsg: permission denied' }],
      findings: 0,
      trend: [],
    },
  ],
  sinks: [
    { name: 'discord', type: 'discord', lastSent: now - 3 * minute, waiting: 0 },
    {
      name: 'ntfy',
      type: 'ntfy',
      failing: { since: now - 32 * minute, why: 'nobody listens', next: now + 40_000 },
      waiting: 1,
    },
  ],
  deadlines: [{ what: 'certificates', at: now + 364 * 24 * 3600_000, confidence: 'date' }],
  silences: [],
}
