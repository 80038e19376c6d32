import t from 'tap'
import type { Detail, Lost } from '../../../collectors/cluster/sample.ts'
import { leavingOf, lostAt, reboots, shutsDown, verdictOf } from '../../../collectors/cluster/verdict.ts'

const at = Date.UTC(2026, 10, 23, 3, 0)
const minute = 60_000
const gone = { status: 'Unknown', reason: 'NodeStatusUnknown', message: 'x', since: at }
const sick = { status: 'False', reason: 'KubeletNotReady', message: 'PLEG is not healthy', since: at }
const none = { volumes: [], volumeCount: 0 }
const lost = (detail?: Partial<Detail>): Lost => ({
  ...{ name: 'node4', first: at + 5000, by: 'server1' },
  ...(detail && { detail: { ...none, ready: gone, ...detail } }),
})
const row = { name: 'node4', ready: false }
const cordoned = { ...row, cordoned: true as const }
const verdict = (it: Lost, of = row, after = minute) => verdictOf(it, of, at + after)
const word = (reason: string, before = minute) => ({
  ...{ status: 'Unknown', reason, message: 'The node reboots', since: at - before, heard: at - before },
})
const pods = (count: number) => ({ pods: { names: [], count } })

t.test('a kubelet that has fallen silent is lost, whatever is known of it', async (t) => {
  t.equal(verdict(lost()), 'lost')
  t.equal(verdict(lost({})), 'lost')
  t.equal(
    verdict(lost({ murphy: word('AgentStopped') })),
    'lost',
    'that Murphy was stopped says nothing of the node',
  )
  t.equal(verdict(lost({ murphy: { ...word('MemoryOomKilled'), status: 'False' } })), 'lost')
})

t.test('drained is cordoned and empty; cordoned alone is not', async (t) => {
  t.equal(verdict(lost(pods(0)), cordoned), 'drained')
  t.equal(verdict(lost(pods(3)), cordoned), 'lost')
  t.equal(verdict(lost({ pods: { names: [], count: 0, more: true } }), cordoned), 'lost')
  t.equal(verdict(lost({}), cordoned), 'lost', 'where its pods could not be read nothing is known of a drain')
  t.equal(verdict(lost(), cordoned), 'lost')
  t.equal(verdict(lost(pods(0))), 'lost', 'empty alone is no drain')
})

t.test('a reboot by order has ten minutes, and who is powered off stays off', async (t) => {
  const rebooting = lost({ murphy: word('NodeRebooting') })
  t.equal(verdict(rebooting), 'rebooting')
  t.equal(verdict(rebooting, row, reboots - 1), 'rebooting')
  t.equal(verdict(rebooting, row, reboots), 'lost')
  t.equal(verdict(lost({ murphy: word('NodeGoingDown') })), 'rebooting')
  for (const reason of ['NodePoweringOff', 'NodeHalting'])
    t.equal(verdict(lost({ murphy: word(reason) }), row, 1e9), 'off')
  t.equal(
    verdict(lost({ murphy: word('NodeRebooting', 11 * minute) })),
    'lost',
    'an order of an earlier time',
  )
  t.equal(verdict(lost({ murphy: { ...word('NodeRebooting'), status: 'False' } })), 'lost')
  t.equal(verdict(lost({ shutdown: true })), 'rebooting', 'its kubelet said so before it fell silent')
  t.equal(verdict(lost({ shutdown: true }), row, reboots), 'lost')
  t.equal(shutsDown({ ...sick, message: 'node is shutting down' }), true)
})

t.test('a kubelet that lives says why; its own Murphy notifies while it has something to say', async (t) => {
  t.equal(verdict(lost({ ready: sick })), 'ill')
  const says = { status: 'False', reason: 'K3sNodeNotReady', message: 'x', heard: at }
  const reports = { ...sick, heard: at + minute }
  t.equal(verdict(lost({ ready: reports, murphy: says })), 'own')
  t.equal(
    verdict(lost({ ready: { ...sick, heard: at + 15 * minute }, murphy: says })),
    'ill',
    'it says nothing any more',
  )
  const day = 24 * 60 * minute
  t.equal(
    verdict(lost({ ready: reports, murphy: says }), row, day),
    'own',
    'both are of one clock, whatever the others say',
  )
  t.equal(verdict(lost({ ready: sick, murphy: { ...says, status: 'True' } })), 'ill')
})

t.test('since when: by the API, or by when it was first seen', async (t) => {
  t.equal(lostAt(lost()), at + 5000)
  t.equal(lostAt(lost({})), at)
  t.equal(lostAt(lost({ ready: { ...gone, since: at + minute } })), at + 5000, 'no later than it was seen')
})

t.test('a clock of another machine moves nothing beyond what this server saw', async (t) => {
  const wellAt = at - 15_000
  const hour = 60 * minute
  for (const since of [at - hour, at + hour]) {
    const seen: Lost = { ...lost({ ready: { ...gone, since }, murphy: word('NodeRebooting') }), wellAt }
    t.ok(lostAt(seen) >= wellAt && lostAt(seen) <= seen.first)
  }
  const behind = lost({
    ready: { ...gone, since: at - hour },
    murphy: { ...word('NodeRebooting'), since: at - hour - minute },
  })
  t.equal(verdict({ ...behind, wellAt }), 'rebooting', 'or an hour of it would have passed already')
})

t.test('a machine that answers, and nothing listens there: its k3s is stopped', async (t) => {
  t.equal(verdict(lost({ kubelet: 'closed' })), 'stopped')
  for (const kubelet of ['answers', 'silent'] as const) t.equal(verdict(lost({ kubelet })), 'lost')
  t.equal(verdict(lost({ kubelet: 'closed', ready: sick })), 'ill', 'its kubelet reports')
})

t.test('a node that has never been Ready, or is leaving, is not lost', async (t) => {
  const never = { ...gone, reason: 'NodeStatusNeverUpdated' }
  t.equal(verdict(lost({ ready: never }), row, 1e9), 'joining')
  t.equal(verdict(lost({ ready: sick, created: at - 2000 })), 'joining')
  t.equal(verdict(lost({ ready: sick, created: at - 2000 }), row, 11 * minute), 'ill', 'it does not join')
  t.equal(verdict(lost({ ready: sick, created: at - 2 * minute })), 'ill', 'it was Ready meanwhile')
  t.equal(verdict(lost({ leaving: 'x' }), row, 1e9), 'leaving')
  for (const taint of [
    'ToBeDeletedByClusterAutoscaler:NoSchedule',
    'karpenter.sh/disrupted:NoSchedule',
    'aws-node-termination-handler/spot-itn:NoSchedule',
    'node.cloudprovider.kubernetes.io/shutdown:NoSchedule',
    'node.kubernetes.io/out-of-service:NoExecute',
  ])
    t.equal(leavingOf(['node.kubernetes.io/unreachable:NoExecute', taint]), taint)
  t.equal(leavingOf(['node.kubernetes.io/unreachable:NoExecute', 'dedicated:NoSchedule']), undefined)
})
