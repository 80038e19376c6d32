import t, { type Test } from 'tap'
import type { Host } from '../../../agent/model/index.ts'
import { k3sPorts } from '../../../collectors/node/k3s-ports.ts'
import { machine } from './machine.ts'

const running = { running: { pid: 1, since: 1 } }
const line = (address: string, port: number, uid: number) =>
  `   0: ${address}:${port.toString(16).toUpperCase().padStart(4, '0')} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 ${uid} 0 1\n`
const ping = { host: '127.0.0.1', port: 6443, path: '/ping' }
const gets = { 'https://127.0.0.1:6443/ping': { status: 200, body: 'pong' } }
const handshakes = { '127.0.0.1:2379': { certificates: [], protocol: 'TLSv1.3' } }

/** A node that counts what it is asked, with what listens now and, if another, later. */
function asked(t: Test, now: string | undefined, later = now) {
  const files = now === undefined ? {} : { '/proc/net/tcp': now }
  const base = machine(t, files, { gets, handshakes })
  const then = machine(t, later === undefined ? {} : { '/proc/net/tcp': later }, { gets })
  const questions: string[] = []
  let reads = 0
  const host: Host = {
    ...base,
    text: (path, options) => {
      if (path.endsWith('/tcp')) reads += 1
      return questions.length > 0 ? then.text(path, options) : base.text(path, options)
    },
    get: (request) => {
      questions.push(request.path)
      return base.get(request)
    },
  }
  return { host, questions, reads: () => reads }
}

t.test("only root's listener is asked, and only while k3s runs", async (t) => {
  const of = (uid: number) => line('0100007F', 6443, uid)
  const root = asked(t, of(0))
  t.match(await k3sPorts(root.host, running).get(ping), { body: 'pong' })

  const user = asked(t, of(1000))
  await t.rejects(k3sPorts(user.host, running).get(ping), {
    name: 'NotK3s',
    code: 'refused',
    message: 'asking 127.0.0.1:6443: not asked, because uid 1000 listens there, not k3s',
  })
  const cut = asked(t, of(0).slice(0, 50))
  await t.rejects(k3sPorts(cut.host, running).get(ping), { message: /another listens there/ })
  const none = asked(t, '')
  await t.rejects(k3sPorts(none.host, running).get(ping), { code: 'refused', message: /nothing listens/ })
  const stopped = asked(t, of(0))
  await t.rejects(k3sPorts(stopped.host, {}).get(ping), { code: 'refused', message: /no k3s runs/ })
  for (const it of [user, cut, none, stopped]) t.same(it.questions, [], 'nothing was sent')
})

t.test('an answer counts only where root still listens after it', async (t) => {
  const { host } = asked(t, line('0100007F', 6443, 0), line('0100007F', 6443, 1000))
  await t.rejects(k3sPorts(host, running).get(ping), { name: 'NotK3s' })
})

t.test('the sockets are read twice for all questions of a look, not for each', async (t) => {
  const { host, reads, questions } = asked(t, line('0100007F', 6443, 0))
  const ports = k3sPorts(host, running)
  await Promise.all(Array.from({ length: 20 }, () => ports.get(ping)))
  t.equal(questions.length, 20)
  t.equal(reads(), 2)
})

t.test('an etcd may have a user of its own, on its own ports only', async (t) => {
  const etcd = asked(t, line('0100007F', 2379, 52_034) + line('0100007F', 6443, 52_034))
  const ports = k3sPorts(etcd.host, running, 52_034)
  await t.rejects(ports.get(ping), { name: 'NotK3s' })
  await ports.handshake({ host: '127.0.0.1', port: 2379 })
  await t.rejects(k3sPorts(etcd.host, running).handshake({ host: '127.0.0.1', port: 2379 }), {
    name: 'NotK3s',
  })
})

t.test('a recording that does not say who listened answers as it stands; a machine has to say', async (t) => {
  t.match(await k3sPorts(asked(t, undefined).host, {}).get(ping), { body: 'pong' })
  const errors = { 'read /proc/net/tcp': ['unrecorded', 'it was not recorded'] as const }
  t.match(await k3sPorts(machine(t, {}, { gets, errors }), running).get(ping), { body: 'pong' })
  const denied = { 'read /proc/net/tcp': ['denied', 'permission denied'] as const }
  await t.rejects(k3sPorts(machine(t, {}, { gets, errors: denied }), running).get(ping), {
    code: 'denied',
    message: /cannot be seen who listens \(permission denied\)/,
  })
  const live = { ...asked(t, undefined).host, recorded: false }
  await t.rejects(k3sPorts(live, running).get(ping), { code: 'denied' })
})
