import type { Example } from './examples.ts'

const name = 'ip-10-0-113-27.eu-central-1.compute.internal'
const lost = (evidence: Example['it']['evidence'], subject = name): Example['it'] => ({
  code: 'cluster.node-lost',
  subject,
  text: `${subject} (10.0.113.27) is NotReady since 2026-11-23 03:00:00 UTC: its kubelet reports nothing any more.`,
  evidence: { ...evidence },
})

const cutOff = (evidence: Example['it']['evidence']): Example['it'] => ({
  code: 'cluster.cut-off',
  subject: 'server1',
  text: '3 nodes stopped reporting to server1 at once, at 2026-11-23 03:00:00 UTC, and no other is left.',
  evidence: { ...evidence },
})

export const cluster: readonly Example[] = [
  { it: cutOff({ state: 'network', nodes: 3, agents: 'none' }), key: 'no other node reports (3 nodes)' },
  { it: cutOff({ state: 'servers', nodes: 2 }), key: 'no other server answers (2)' },
  { it: lost({ state: 'stopped', pods: 3 }, 'node2'), key: 'k3s stopped: node2 (NotReady)' },
  { it: lost({ state: 'lost', pods: 110, server: true }), key: 'node lost: ip-10-0-113-2' },
  {
    it: lost({ state: 'lost', pods: 50, more: true, agents: 'none' }, 'node2'),
    key: 'node lost: node2 (50+ pods)',
  },
  { it: lost({ state: 'lost' }, 'node2'), key: 'node lost: node2 (NotReady)' },
  { it: lost({ state: 'not-ready' }, 'node2'), key: 'NotReady: node2 (kubelet alive)' },
  {
    it: lost({ state: 'silent', server: true, answering: 'server2' }, 'server3'),
    key: 'not answering: server3 (:6443)',
  },
]
