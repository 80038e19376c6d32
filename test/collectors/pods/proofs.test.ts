import t from 'tap'
import { patterns } from '../../../collectors/pods/patterns.ts'
import {
  cutOff,
  endedByKill,
  endedForMemory,
  notForwarded,
  saysApi,
  saysCertificates,
  saysFull,
  saysKilled,
  saysNetwork,
  shutOut,
  shutOverlay,
} from '../../../collectors/pods/proofs.ts'
import { finding } from '../../agent/findings.ts'

const cause = finding({ code: 'cni.dns-dead' })
const loop = (evidence: Record<string, string | number>) => finding({ code: 'pods.crash-looping', evidence })

t.test(
  'only a line that says so makes a crash loop follow from the network, the API or a disk',
  async (t) => {
    t.ok(saysNetwork(cause, loop({ 'log says': 'dns' })))
    t.ok(saysNetwork(cause, loop({ pattern: 'dns' })), 'or is that line')
    t.ok(saysNetwork(cause, loop({ 'log says': 'x509', says: 'x509 unreachable' })), 'or one of several')
    t.notOk(saysNetwork(cause, loop({ 'log says': 'permission-denied' })))
    t.notOk(saysNetwork(cause, loop({ 'last exit code': 1 })))
    t.ok(saysCertificates(cause, loop({ 'log says': 'x509' })))
    t.notOk(saysCertificates(cause, loop({ 'log says': 'dns' })))
    t.ok(saysApi(cause, loop({ 'log says': 'api-unauthorized' })))
    t.ok(saysApi(cause, loop({ 'log says': 'unreachable', address: '10.43.0.1:443' })))
    t.notOk(saysApi(cause, loop({ 'log says': 'unreachable', address: '10.43.7.7:5432' })), 'a database')
    t.notOk(saysApi(cause, loop({ 'log says': 'dns' })), 'the DNS runs on without the API')
    const refuses = finding({ code: 'k3s.api-unhealthy', evidence: { status: 401 } })
    t.notOk(saysApi(refuses, loop({ 'log says': 'unreachable', address: '10.43.0.1:443' })), 'it answers')
    t.ok(saysApi(refuses, loop({ 'log says': 'api-unauthorized' })))
    const down = finding({ code: 'k3s.down', evidence: { status: 1 } })
    t.ok(saysApi(down, loop({ 'log says': 'unreachable', address: '10.43.0.1:443' })), 'how it exited')
    t.ok(saysFull(cause, loop({ 'log says': 'postgres-disk-full' })))
    t.notOk(saysFull(cause, loop({ 'log says': 'postgres-wal' })))
  },
)

t.test('what was killed ends with 137 or OOMKilled, or says so when it starts', async (t) => {
  t.ok(endedByKill(cause, loop({ 'last exit code': 137 })))
  t.ok(endedByKill(cause, loop({ reason: 'OOMKilled' })))
  t.ok(endedByKill(cause, loop({ 'log says': 'postgres-wal' })))
  t.notOk(endedForMemory(cause, loop({ 'last exit code': 137 })), 'a failed probe ends so as well')
  t.ok(saysKilled(cause, loop({ 'log says': 'postgres-wal' })))
  t.notOk(saysKilled(cause, loop({ reason: 'OOMKilled' })))
  t.notOk(endedByKill(cause, loop({ 'last exit code': 1 })))
  t.notOk(endedByKill(cause, loop({ 'log says': 'dns' })))
})

t.test('ufw shuts pods out of the API, and of the DNS only with the overlay', async (t) => {
  const blocks = (blocked: string) => finding({ code: 'firewall.blocks-k3s', evidence: { blocked } })
  const pods = blocks('pods-api 6443, pods-kubelet 10250')
  const api = loop({ 'log says': 'unreachable', address: '10.43.0.1:443' })
  const names = loop({ 'log says': 'dns', address: '10.43.0.10:53' })
  t.ok(shutOut(pods, api))
  t.notOk(shutOut(pods, names), 'nothing that comes in lies between pods')
  t.notOk(shutOut(blocks('pods-kubelet 10250, nodes-api 6443'), api), 'the API is open to pods')
  t.notOk(shutOverlay(pods, names))
  for (const it of ['overlay 8472', 'pods-out 53']) t.ok(shutOverlay(blocks(it), names), it)
  t.notOk(shutOverlay(blocks('overlay 8472'), api), 'it is not reached over it')
})

t.test('a flush shuts pods out with nat, or where it leaves FORWARD closed', async (t) => {
  const flush = (evidence: Record<string, string>) => finding({ code: 'firewall.flushed', evidence })
  const names = loop({ 'log says': 'dns' })
  t.ok(cutOff(flush({ table: 'nat, filter' }), names))
  t.notOk(cutOff(flush({ table: 'filter', forward: 'DROP' }), names))
  t.ok(notForwarded(flush({ table: 'filter', forward: 'DROP' }), names))
  t.notOk(notForwarded(flush({ table: 'filter' }), names), 'under ACCEPT')
  t.notOk(cutOff(flush({ table: 'nat' }), loop({ 'last exit code': 1 })))
})

t.test('each pattern that counts as a proof exists', async (t) => {
  for (const name of ['dns', 'x509', 'x509-authority', 'api-unauthorized', 'disk-full', 'postgres-wal'])
    t.ok(
      patterns.some((it) => it.name === name),
      name,
    )
})
