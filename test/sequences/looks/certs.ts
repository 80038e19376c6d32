import { codes, type Fact, type Node } from '../node.ts'
import { profile } from '../profile.ts'
import { causeIn } from '../reach.ts'
import type { Statement } from '../truth.ts'

const server = 'k3s server'

/** What the collector of certificates says of the node now. */
export function certsSay(node: Node): readonly Statement[] {
  const one = (
    fact: Fact,
    subject: string,
    text: string,
    more: Partial<Statement> = {},
  ): readonly Statement[] => {
    const wrong = node.wrong.get(fact)
    return wrong ? [{ code: codes[fact], subject, text, seen: true, ...wrong, ...more }] : []
  }
  const { k3s, time } = node
  const expired = node.wrong.get('expired')
  const ran = k3s.running ? time.now() - k3s.running.since : 0
  return [
    ...one('expired', server, 'client-admin.crt (system:admin) expired, and 8 more since.', {
      at: node.wall(expired?.since ?? 0),
      stage: 6,
      evidence: { first: 'client-admin.crt', count: 9 },
    }),
    ...(expired
      ? []
      : one('expiring', server, 'client-admin.crt (system:admin) runs out in 21 d; 8 more follow.', {
          stage: 2,
          evidence: { first: 'client-admin.crt', count: 9 },
        })),
    ...one('chain', server, 'client-kubelet.crt is not signed by client-ca.crt.', {
      evidence: { first: 'client-kubelet.crt', count: 1 },
    }),
    ...(k3s.running && ran > 10 * 60_000
      ? one('unloaded', server, 'client-admin.crt and 8 more are there no more.')
      : []),
    ...one('kubeconfig', '/root/.kube/config', 'holds an older certificate of system:admin than k3s has.'),
    ...(expired && k3s.running ? refused(node) : []),
    ...clock(node),
  ]
}

/** collectors/certs/clock.ts: told for an hour after each jump; formerly also after the one that puts it right. */
function clock(node: Node): readonly Statement[] {
  const { jumped, time, offset } = node
  if (!jumped || time.now() - jumped.at >= 60 * 60_000) return []
  const right = node.wrong.get('clock') === undefined
  if (right && profile().early) return []
  const text = 'The clock was moved.'
  const { by, after } = jumped
  const evidence = { moved_by_ms: offset }
  return [
    {
      code: 'certs.clock-wrong',
      subject: 'clock',
      text,
      seen: true,
      evidence,
      by,
      after,
      ...(right && { over: true as const }),
    },
  ]
}

/** The API refuses this node's own certificates. */
function refused(node: Node): readonly Statement[] {
  const origin = causeIn(node, ['expired'])
  if (!origin) return []
  const text = '127.0.0.1:6443 answers, but says 401 Unauthorized to client-admin.crt (system:admin).'
  return [
    {
      code: 'certs.api-unauthorized',
      subject: server,
      text,
      seen: true,
      evidence: { status: 401 },
      ...origin,
    },
  ]
}
