import t from 'tap'
import { lostTitle } from '../../../collectors/cluster/titles.ts'
import { observation } from '../../agent/findings.ts'

const title = (evidence: Parameters<typeof lostTitle>[0]['evidence'], subject = 'node2') =>
  lostTitle(observation({ code: 'cluster.node-lost', subject, ...(evidence && { evidence }) }))

t.test('what happened to which node, and how much is on it', async (t) => {
  t.equal(title({ state: 'lost', pods: 12 }), 'node lost: node2 (12 pods)')
  t.equal(title({ state: 'lost', pods: 1 }), 'node lost: node2 (1 pod)')
  t.equal(title({ state: 'lost', pods: 50, more: true }), 'node lost: node2 (50+ pods)')
  for (const evidence of [undefined, { state: 'lost' }, { state: 'lost', pods: 0 }])
    t.equal(title(evidence), 'node lost: node2 (NotReady)')
  t.equal(title({ state: 'not-ready' }), 'NotReady: node2 (kubelet alive)')
  t.equal(title({ state: 'silent' }), 'not answering: node2 (:6443)')
  t.ok(title({ state: 'lost', pods: 12 }, 'x'.repeat(253)).length <= 40)
})
