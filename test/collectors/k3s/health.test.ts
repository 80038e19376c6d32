import t from 'tap'
import { askHealth, failingChecks } from '../../../collectors/k3s/health.ts'
import type { K3s } from '../../../collectors/node/k3s.ts'
import { machine } from '../node/machine.ts'
import { minute, noon } from './samples.ts'

const k3s: K3s = {
  distribution: 'k3s',
  role: 'server',
  dataDir: '/d',
  unit: 'k3s',
  flags: {},
  binary: '/k3s',
  running: { pid: 1, since: 1 },
}
const readyz = 'https://127.0.0.1:6443/readyz as /d/agent/client-kubelet.crt'
const ping = 'https://127.0.0.1:6443/ping'
const kubelet = 'http://127.0.0.1:10248/healthz'
const proxy = 'http://127.0.0.1:10256/healthz'
const ok = { status: 200, body: 'ok' }
const well = { [readyz]: ok, [kubelet]: ok, [proxy]: ok }
const ask = (t: Parameters<typeof machine>[0], gets: object, it = k3s, before = {}) =>
  askHealth(machine(t, {}, { gets: { ...well, ...gets } as never, now: noon }), it, before)

t.test('all is well, and what was so keeps its since', async (t) => {
  const answer = { well: true, since: noon, seen: noon, status: 200, up: 1 }
  t.strictSame(await ask(t, {}), {
    answers: { api: answer, kubelet: answer, 'kube-proxy': answer },
    unseen: [],
  })
  const { answers } = await ask(t, {}, k3s, {
    api: { well: true, since: 5 },
    kubelet: { well: false, since: 6 },
  })
  t.match(answers, { api: { since: 5 }, kubelet: { since: noon } })
  const silent = { [kubelet]: { status: 503, body: '' } }
  const { kubelet: fallen } = (await ask(t, silent, k3s, { kubelet: { ...answer, up: 1 } })).answers
  t.match(fallen, { well: false, up: 1, seen: noon }, 'of which process it was well, and when')
  t.match((await ask(t, silent, k3s, { kubelet: { well: true, since: 1, seen: 7 } })).answers.kubelet, {
    seen: 7,
  })
  const again = { ...k3s, running: { pid: 2, since: 9 } }
  t.match((await ask(t, silent, again, { kubelet: fallen })).answers.kubelet, { well: false, up: 1 })
  t.match((await ask(t, {}, again, { kubelet: fallen })).answers.kubelet, {
    well: true,
    up: 9,
    late: undefined,
  })
  const young = { ...k3s, running: { pid: 2, since: noon - minute } }
  const starting = (await ask(t, silent, young, { kubelet: answer })).answers.kubelet
  t.match(starting, { well: false, up: 1, late: undefined }, 'this start may still put it right')
  const old = { ...k3s, running: { pid: 2, since: noon - 5 * minute } }
  t.match((await ask(t, silent, old, { kubelet: starting })).answers.kubelet, { late: true })
  t.match(
    (await ask(t, silent, young, { kubelet: fallen })).answers.kubelet,
    { late: true },
    'as it was before',
  )
})

t.test('the API: refused, not ready, silent, gone', async (t) => {
  const said = async (gets: object) => (await ask(t, gets)).answers.api
  // Measured: k3s's own words, with a certificate that has expired.
  const unauthorized = {
    status: 401,
    body: '{"kind":"Status","status":"Failure","message":"Unauthorized","code":401}',
  }
  t.match(await said({ [readyz]: unauthorized }), {
    well: false,
    status: 401,
    said: /401 Unauthorized to this node's own certificate/,
  })
  const body =
    '[+]ping ok\n[-]etcd failed: reason withheld\n[-]poststarthook/rbac failed: reason withheld\nreadyz check failed\n'
  t.match(await said({ [readyz]: { status: 500, body } }), {
    said: 'answers 500: not ready: etcd, poststarthook/rbac',
  })
  t.match(await said({ [readyz]: ['refused', 'x'], [ping]: ['refused', 'x'] }), {
    said: 'does not answer: nothing listens on 127.0.0.1:6443',
    port: 6443,
  })
  t.match(await said({ [readyz]: ['timeout', 'x'], [ping]: { status: 200, body: 'pong\n' } }), {
    said: 'does not answer within 5 s on 127.0.0.1:6443; k3s itself answers (`/ping`)',
  })
})

t.test("without the node's certificate only the supervisor is asked", async (t) => {
  const said = async (gets: object) => (await ask(t, { [readyz]: ['missing', 'x'], ...gets })).answers.api
  t.match(await said({ [ping]: { status: 200, body: 'pong' } }), { well: true })
  t.match(await said({ [ping]: ['refused', 'x'] }), { well: false, said: 'k3s does not answer' })
})

t.test('what may not be asked, or was not recorded, is unseen and keeps its verdict', async (t) => {
  const before = { api: { well: false, since: 5, said: 'x' } }
  const denied = await ask(t, { [readyz]: ['denied', 'permission denied'] }, k3s, before)
  t.strictSame(denied.answers.api, before.api)
  t.match(denied.unseen, [{ what: 'how the API is', codes: ['k3s.api-unhealthy'] }])
  const { unseen, answers } = await askHealth(machine(t, {}), k3s)
  t.strictSame(answers, {})
  t.ok(unseen.every((it) => it.unrecorded))
})

t.test('somebody else on its ports is neither k3s nor its health', async (t) => {
  const of = (port: number, uid: number, address = '0100007F') =>
    `   0: ${address}:${port.toString(16).toUpperCase()} 00000000:0000 0A 00000000:00000000 00:00000000 00000000 ${uid} 0 1\n`
  const listening = (tcp: string, tcp6 = '') => ({ '/proc/net/tcp': tcp, '/proc/net/tcp6': tcp6 })
  const said = async (files: object, gets: object = {}) =>
    (await askHealth(machine(t, files as never, { gets: { ...well, ...gets } as never, now: noon }), k3s))
      .answers
  const theirs = of(6443, 1000) + of(10_248, 1000) + of(10_256, 1000)
  t.match(await said(listening(theirs)), {
    api: { well: false, said: 'does not answer: uid 1000 listens on 127.0.0.1:6443, not k3s' },
    kubelet: { well: false, said: 'does not answer: uid 1000 listens on 127.0.0.1:10248, not k3s' },
  })
  const beside = of(10_248, 0, '00000000000000000000000001000000')
  const ours = listening(of(6443, 0) + of(10_248, 1000), beside)
  t.match(await said(ours, { 'http://::1:10248/healthz': ok }), {
    api: { well: true },
    kubelet: { well: true },
  })
  t.match(await said(listening('')), {
    kubelet: { said: 'does not answer: nothing listens on 127.0.0.1:10248' },
  })
})

t.test('a port of /healthz that was written into a file after the kubelet had started', async (t) => {
  const filed = async (gets: object) =>
    (await askHealth(machine(t, {}, { gets: { ...well, ...gets } as never, now: noon }), k3s, {}, '10350'))
      .answers.kubelet
  const none = (port: number) =>
    Object.fromEntries(['127.0.0.1', '::1'].map((it) => [`http://${it}:${port}/healthz`, ['refused', 'x']]))
  t.match(await filed({ 'http://127.0.0.1:10350/healthz': ok, [kubelet]: ['refused', 'x'] }), { well: true })
  t.match(await filed(none(10350)), { well: true }, 'it still listens where it did')
  t.match(await filed({ ...none(10350), ...none(10248) }), {
    well: false,
    said: 'does not answer: nothing listens on 127.0.0.1:10350',
  })
})

t.test('the kubelet on IPv6, and silent; kube-proxy only where there is one', async (t) => {
  const six = await ask(t, { [kubelet]: ['refused', 'x'], 'http://::1:10248/healthz': ok })
  t.match(six.answers.kubelet, { well: true })
  const gone = { [kubelet]: ['refused', 'x'], 'http://::1:10248/healthz': ['refused', 'x'] }
  t.match((await ask(t, gone)).answers.kubelet, {
    well: false,
    said: 'does not answer: nothing listens on 127.0.0.1:10248',
  })
  const none = { [proxy]: ['refused', 'x'], 'http://::1:10256/healthz': ['refused', 'x'] }
  t.notOk((await ask(t, none)).answers['kube-proxy'])
  const before = { 'kube-proxy': { well: true, since: noon - minute } }
  t.match((await ask(t, none, k3s, before)).answers['kube-proxy'], { well: false, since: noon })
  t.match((await ask(t, { [proxy]: { status: 503, body: '' } })).answers['kube-proxy'], {
    well: false,
    said: 'answers 503',
  })
})

t.test('an agent asks through its load balancer', async (t) => {
  const at = 'https://127.0.0.1:6444/readyz as /d/agent/client-kubelet.crt'
  const agent = { ...k3s, role: 'agent' as const }
  t.match((await ask(t, { [at]: ok }, agent)).answers.api, { well: true })
  t.match((await ask(t, { [at]: ['failed', 'asking x: it hung up'] }, agent)).answers.api, {
    said: 'does not answer on 127.0.0.1:6444 (it hung up)',
  })
})

t.test('hostile lists of checks', async (t) => {
  t.strictSame(failingChecks('[-]<script> failed\n[-]`id` failed: x'), [])
  t.equal(failingChecks('[-]a b\n'.repeat(9999)).length, 5)
})
