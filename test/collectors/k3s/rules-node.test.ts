import t from 'tap'
import { causeOf } from '../../../agent/core/cascade/edges.ts'
import type { Finding } from '../../../agent/model/index.ts'
import { ofNode } from '../../../collectors/k3s/rules-node.ts'
import { finding } from '../../agent/findings.ts'

const minute = 60_000
const at = (code: string, since: number, more: Partial<Finding> = {}) =>
  finding({ code, since, onset: { from: since - 10_000, to: since }, severity: 'critical', ...more })
const notReady = (reason: string) => at('k3s.node-not-ready', 20 * minute, { evidence: { reason } })
const cause = (reason: string, ...all: readonly Finding[]) => {
  const effect = notReady(reason)
  return causeOf(
    effect,
    ofNode,
    Map.groupBy([effect, ...all], (it) => it.code),
  )?.code
}
const before = 19 * minute

t.test('what stops a kubelet explains that it is silent, or has no runtime', async (t) => {
  for (const code of ['k3s.down', 'k3s.restarting', 'k3s.killed', 'k3s.crashed'])
    for (const reason of ['silent', 'runtime', 'pleg', 'network'])
      t.equal(cause(reason, at(code, before)), code)
  t.equal(
    cause('silent', at('k3s.kubelet-unhealthy', before, { subject: 'kubelet' })),
    'k3s.kubelet-unhealthy',
  )
  const killed = at('memory.oom-killed', before, { evidence: { process: 'containerd' } })
  t.equal(cause('runtime', killed), 'memory.oom-killed')
})

t.test('and nothing else', async (t) => {
  for (const code of ['k3s.down', 'k3s.restarting', 'k3s.killed', 'k3s.crashed']) {
    for (const reason of ['disk', 'memory', 'pids', 'deleted', 'shutdown', 'other'])
      t.equal(cause(reason, at(code, before)), undefined, `${code} ${reason}`)
    t.equal(cause('silent', at(code, 5 * minute)), undefined, 'it was Ready long after that')
  }
  t.equal(cause('silent', at('k3s.kubelet-unhealthy', before, { subject: 'kube-proxy' })), undefined)
  const pod = { evidence: { process: 'postgres' }, pod: { namespace: 'shop', name: 'db-0' } }
  t.equal(cause('runtime', at('memory.oom-killed', before, pod)), undefined)
  for (const code of ['k3s.restarted', 'certs.expired', 'cni.bridge-missing', 'firewall.flushed'])
    t.equal(cause('silent', at(code, before)), undefined, code)
})

t.test('a missing CNI configuration explains a network that is not ready, and nothing else', async (t) => {
  const missing = at('cni.conf-missing', before)
  t.equal(cause('network', missing), 'cni.conf-missing')
  for (const reason of ['silent', 'runtime', 'pleg', 'disk'])
    t.equal(cause(reason, missing), undefined, reason)
  t.equal(cause('network', at('cni.conf-missing', 5 * minute)), undefined, 'it was Ready long after that')
  t.equal(cause('network', at('cni.subnet-env-missing', before)), undefined)
})

t.test('a pressure has its own cause', async (t) => {
  const full = at('k3s.disk-filling', 5 * minute)
  t.equal(cause('disk', full), 'k3s.disk-filling')
  t.equal(cause('disk', { ...full, severity: 'warning' }), undefined, 'it is only filling')
  t.equal(cause('memory', full), undefined)
  t.equal(cause('memory', at('memory.node-filling', 5 * minute)), 'memory.node-filling')
  t.equal(cause('disk', at('memory.node-filling', 5 * minute)), undefined)
})
