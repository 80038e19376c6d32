import t from 'tap'
import { causeOf } from '../../../agent/core/cascade/edges.ts'
import type { Finding } from '../../../agent/model/index.ts'
import { allAgents, dropsTheApi } from '../../../collectors/cluster/proofs.ts'
import { rules } from '../../../collectors/cluster/rules.ts'
import { finding } from '../../agent/findings.ts'

const minute = 60_000
const at = (code: string, since: number, evidence: Finding['evidence'] = {}) =>
  finding({ code, since, onset: { from: since - 10_000, to: since }, severity: 'critical', evidence })
const lost = (evidence: Finding['evidence']) => at('cluster.node-lost', 20 * minute, evidence)
const blocks = (blocked: string, since = 19 * minute) => at('firewall.blocks-k3s', since, { blocked })
const cause = (effect: Finding, ...all: readonly Finding[]) =>
  causeOf(
    effect,
    rules,
    Map.groupBy([effect, ...all], (it) => it.code),
  )?.code
const none = { state: 'lost', agents: 'none' }

t.test(
  "this server's firewall explains lost agents only if it drops their API, and none is Ready",
  async (t) => {
    t.equal(cause(lost(none), blocks('nodes-api 6443, overlay 8472')), 'firewall.blocks-k3s')
    t.equal(cause(lost(none), blocks('pods-api 6443, overlay 8472')), undefined, 'the API is let through')
    t.equal(cause(lost(none), blocks('nodes-api 6443 (192.0.2.2)')), undefined, 'others get through')
    t.equal(cause(lost(none), blocks('overlay 8472, nodes-api 6443 ipv6')), 'firewall.blocks-k3s')
    t.equal(cause(lost({ state: 'lost' }), blocks('nodes-api 6443')), undefined, 'another agent gets through')
    t.equal(cause(lost({ state: 'silent', server: true }), blocks('nodes-api 6443')), undefined)
    t.equal(
      cause(lost(none), blocks('nodes-api 6443', 5 * minute)),
      undefined,
      'they were well long after it',
    )
  },
)

t.test('what shuts all off explains that none reports either', async (t) => {
  const cut = at('cluster.cut-off', 20 * minute, { ...none, state: 'api' })
  t.equal(cause(cut, blocks('nodes-api 6443')), 'firewall.blocks-k3s')
  t.equal(cause(cut, blocks('pods-api 6443')), undefined)
  t.equal(
    cause(at('cluster.cut-off', 20 * minute, { state: 'servers' }), blocks('nodes-api 6443')),
    undefined,
  )
})

t.test('a flush that left DROP explains it too; a lockout of SSH alone does not', async (t) => {
  const lockout = at('firewall.lockout', 19 * minute)
  const flushed = at('firewall.flushed', 19 * minute, { table: 'filter' })
  t.equal(cause(lost(none), lockout, flushed), 'firewall.lockout')
  t.equal(cause(lost(none), lockout), undefined)
  t.equal(cause(lost({ state: 'lost' }), lockout, flushed), undefined)
})

t.test('nothing else of this node explains it', async (t) => {
  const others = [
    'k3s.restarted',
    'k3s.rebooted',
    'certs.expired',
    'memory.oom-killed',
    'cni.overlay-missing',
  ]
  t.equal(cause(lost(none), ...others.map((it) => at(it, 19 * minute))), undefined)
})

t.test('proofs are total', async (t) => {
  const bare = finding({ code: 'x' })
  t.equal(allAgents(bare, bare), false)
  t.equal(dropsTheApi(bare, lost(none)), false)
})
