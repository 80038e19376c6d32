import t from 'tap'
import type { Detail, Lost } from '../../../collectors/cluster/sample.ts'
import { lostAt, reboots, verdictOf } from '../../../collectors/cluster/verdict.ts'

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
  t.equal(verdict(lost({ ready: { ...sick, message: 'node is shutting down' } })), 'rebooting')
})

t.test('a kubelet that lives says why; its own Murphy notifies while it has something to say', async (t) => {
  t.equal(verdict(lost({ ready: sick })), 'ill')
  const says = { status: 'False', reason: 'K3sNodeNotReady', message: 'x', heard: at }
  t.equal(verdict(lost({ ready: sick, murphy: says })), 'own')
  t.equal(verdict(lost({ ready: sick, murphy: says }), row, 16 * minute), 'ill', 'it says nothing any more')
  t.equal(verdict(lost({ ready: sick, murphy: { ...says, status: 'True' } })), 'ill')
})

t.test('since when: by the API, or by when it was first seen', async (t) => {
  t.equal(lostAt(lost()), at + 5000)
  t.equal(lostAt(lost({})), at)
  t.equal(lostAt(lost({ ready: { ...gone, since: at + minute } })), at + 5000, 'no later than it was seen')
})
