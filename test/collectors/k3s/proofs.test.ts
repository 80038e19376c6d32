import t from 'tap'
import {
  diedOfKill,
  endedForCertificates,
  endedForSpace,
  failedOnFull,
  hasFailed,
  isFull,
  ofK3s,
  panickedAtLink,
  saysUnauthorized,
  shutOff,
} from '../../../collectors/k3s/proofs.ts'
import { finding } from '../../agent/findings.ts'

const effect = finding({ code: 'k3s.down' })
const of = (more: object) => finding({ code: 'a.b', ...more })

t.test('a disk that is only filling stops nothing yet', async (t) => {
  t.ok(isFull(of({ severity: 'critical' }), effect))
  t.notOk(isFull(of({ severity: 'warning' }), effect))
})

t.test('only a kill of k3s itself stops k3s', async (t) => {
  t.ok(ofK3s(of({ evidence: { process: 'k3s-server' } }), effect))
  t.ok(ofK3s(of({ evidence: { process: 'containerd' } }), effect))
  t.notOk(ofK3s(of({ evidence: { process: 'postgres' } }), effect))
  t.notOk(ofK3s(of({}), effect))
  const pod = { namespace: 'default', name: 'k3s' }
  t.notOk(ofK3s(of({ pod, evidence: { process: 'k3s-server' } }), effect), 'a pod may call itself anything')
})

t.test('a crash follows from a kill only if that is how it ended', async (t) => {
  const kill = (process: string, more = {}) =>
    of({ code: 'memory.oom-killed', evidence: { process }, ...more })
  const crash = (evidence: object) => of({ code: 'k3s.crashed', evidence })
  const killed = crash({ signal: 9, result: 'signal' })
  t.ok(diedOfKill(kill('k3s-server'), killed))
  t.ok(diedOfKill(kill('k3s-server'), crash({ result: 'oom-kill' })))
  t.notOk(diedOfKill(kill('k3s-server'), crash({ exit: 2, reason: 'panic: x' })), 'an agent beside a server')
  t.notOk(diedOfKill(kill('postgres'), killed), 'somebody killed it')
  t.notOk(diedOfKill(kill('containerd-shim'), killed))
  t.notOk(diedOfKill(kill('k3s-server', { pod: { namespace: 'a', name: 'b' } }), killed))
  t.ok(diedOfKill(kill('containerd'), crash({ exit: 0, reason: 'containerd exited: signal: killed' })))
  t.notOk(diedOfKill(kill('containerd'), crash({ exit: 0, reason: 'flannel exited: x' })))
})

t.test('what somebody stopped has not failed', async (t) => {
  t.ok(hasFailed(effect, of({ evidence: { state: 'failed', result: 'exit-code' } })))
  t.ok(hasFailed(effect, of({ evidence: { state: 'activating' } })))
  t.notOk(hasFailed(effect, of({ evidence: { state: 'inactive', result: 'success' } })))
  t.notOk(hasFailed(effect, of({})), 'nothing is known of it')
  const full = of({ severity: 'critical' })
  t.ok(failedOnFull(full, of({ evidence: { state: 'failed' } })))
  t.notOk(failedOnFull(full, of({ evidence: { state: 'inactive' } })))
})

t.test('401, and nothing else, is a refusal of who asks', async (t) => {
  t.ok(saysUnauthorized(effect, of({ evidence: { status: 401 } })))
  t.notOk(saysUnauthorized(effect, of({ evidence: { status: 503 } })))
  t.notOk(saysUnauthorized(effect, of({})))
})

t.test('an API that answers is not shut off, unless it is etcd that is', async (t) => {
  const blocks = (blocked: string) => of({ evidence: { blocked } })
  t.ok(shutOff(blocks('api-out 6443'), of({})))
  t.notOk(shutOff(blocks('api-out 6443'), of({ evidence: { status: 503 } })))
  t.ok(shutOff(blocks('etcd 2380'), of({ evidence: { status: 503 } })))
  t.notOk(shutOff(blocks('overlay 8472'), of({})))
})

t.test('a crash follows from what k3s said last', async (t) => {
  const crash = (reason?: string) =>
    of({ code: 'k3s.crashed', evidence: { exit: 2, ...(reason && { reason }) } })
  t.ok(panickedAtLink(effect, crash('panic: runtime error: index out of range [0] (vxlan_network.go:217)')))
  t.notOk(panickedAtLink(effect, crash('panic: assignment to entry in nil map (store.go:12)')))
  t.ok(endedForCertificates(effect, crash('x509: certificate has expired or is not yet valid')))
  t.notOk(endedForCertificates(effect, crash('panic: runtime error: index out of range [0]')))
  const full = of({ severity: 'critical' })
  t.ok(endedForSpace(full, crash('write /var/lib/rancher/k3s/db: no space left on device')))
  t.notOk(endedForSpace(full, crash('panic: runtime error: index out of range [0]')))
  t.notOk(panickedAtLink(effect, crash()), 'nothing is known of it')
})
