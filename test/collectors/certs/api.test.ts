import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTls } from 'node:https'
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net'
import t from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'
import type { Get } from '../../../agent/model/index.ts'
import { askApi } from '../../../collectors/certs/api.ts'
import type { Asked } from '../../../collectors/certs/sample.ts'
import type { K3s } from '../../../collectors/node/k3s.ts'
import type { K3sPorts } from '../../../collectors/node/k3s-ports.ts'
import { certificates } from './openssl.ts'

const machine = openMachine()
t.teardown(() => machine.close())
const network = machine.during(new AbortController().signal)
const { issue } = certificates(t)
const server = issue({ subject: '/O=k3s/CN=k3s', use: 'serverAuth' })
const client = issue({ subject: '/CN=system:admin', use: 'clientAuth' })

/** The machine's own door. Who is known not to answer, or not on this path, is not waited for as long as a busy API is. */
const ports = (silent?: RegExp): K3sPorts => ({
  handshake: network.handshake,
  get: (it) => network.get({ ...it, timeout: silent?.test(it.path) ? 100 : 30_000 }),
})

async function listening(it: Server): Promise<number> {
  await new Promise<void>((resolve) => it.listen(0, '127.0.0.1', resolve))
  t.teardown(() => it.close())
  return (it.address() as AddressInfo).port
}
/** An API that gives some answers by path; what has none hangs. */
const api = (answers: Readonly<Record<string, number>>) => {
  const answer: RequestListener = (request, response) => {
    const status = answers[request.url ?? '']
    if (status) response.writeHead(status).end('x')
  }
  return listening(createTls({ cert: server.pem, key: readFileSync(server.key) }, answer))
}

/** A data dir with the credentials of a node. */
const dataDir = t.testdir({ server: { tls: {} }, agent: {} })
const admin = `${dataDir}/server/tls/client-admin.crt`
const kubelet = `${dataDir}/agent/client-kubelet.crt`
for (const path of [admin, kubelet]) {
  writeFileSync(path, client.pem)
  writeFileSync(path.replace('.crt', '.key'), readFileSync(client.key))
}
const k3s = (port: number, more: Partial<K3s> = {}, flags: K3s['flags'] = {}): K3s => ({
  ...{ distribution: 'k3s', role: 'server', dataDir, unit: 'k3s', binary: '/usr/local/bin/k3s' },
  flags: { 'https-listen-port': [`${port}`], 'disable-agent': ['true'], ...flags },
  ...more,
})
const ask = (port: number, before: readonly Asked[] = [], silent?: RegExp) =>
  askApi(ports(silent), k3s(port), before)

t.test('what it says to the certificate, and whether it lives without one', async (t) => {
  for (const [answers, asked] of [
    [{ '/version': 200 }, { status: 200 }],
    [{ '/version': 503 }, { status: 503 }],
    [
      { '/version': 401, '/ping': 200 },
      { status: 401, alive: true },
    ],
    [
      { '/version': 401, '/ping': 401 },
      { status: 401, alive: true },
    ],
    [{ '/version': 401, '/ping': 503 }, { status: 401 }],
    [{ '/version': 401 }, { status: 401 }],
  ] as const) {
    const port = await api(answers)
    t.strictSame(
      await ask(port, [], '/ping' in answers ? undefined : /ping/),
      { api: [{ as: admin, address: `127.0.0.1:${port}`, ...asked }], unseen: [] },
      JSON.stringify(answers),
    )
  }
})

t.test('nobody listens, or nobody who speaks TLS: no status, and no blindness', async (t) => {
  const plain = await listening(createServer((_, response) => response.end()))
  const closed = createTcp()
  const port = await listening(closed)
  await new Promise((resolve) => closed.close(resolve))
  for (const at of [plain, port])
    t.strictSame(await ask(at), { api: [{ as: admin, address: `127.0.0.1:${at}` }], unseen: [] })
})

t.test('a busy API misses one look; two make it a blind spot, and what it said before stands', async (t) => {
  const port = await api({})
  const address = `127.0.0.1:${port}`
  const before: readonly Asked[] = [{ as: admin, address, status: 401, alive: true }]
  const first = await ask(port, before, /./)
  t.strictSame(first, { api: [{ as: admin, address, status: 401, alive: true, silent: true }], unseen: [] })
  const second = await ask(port, first.api, /./)
  t.strictSame(second.api, first.api)
  t.match(second.unseen, [
    { what: `what ${address} says to ${admin}`, why: /no answer/, codes: ['certs.api-unauthorized'] },
  ])
  const other = [{ as: admin, address: '127.0.0.1:1', status: 200, silent: true as const }]
  t.strictSame(
    await ask(port, other, /./),
    { api: [{ as: admin, address, silent: true }], unseen: [] },
    'what another address said is not this one',
  )
})

t.test('who is asked, and as whom', async (t) => {
  const asked: [address: string, as: string][] = []
  const noting: K3sPorts = {
    ...ports(),
    get: async (it: Get) => {
      asked.push([`${it.host}:${it.port}`, it.as?.certificate ?? ''])
      return { status: 200, body: '' }
    },
  }
  const of = async (it: K3s) => {
    asked.length = 0
    await askApi(noting, it, [])
    return asked.toSorted(([, a], [, b]) => (a < b ? -1 : 1))
  }
  t.strictSame(await of(k3s(7443)), [['127.0.0.1:7443', admin]], 'a server that is no agent')
  t.strictSame(await of(k3s(7443, {}, { 'disable-agent': [] })), [
    ['127.0.0.1:7443', kubelet],
    ['127.0.0.1:7443', admin],
  ])
  const agent = { role: 'agent', unit: 'k3s-agent' } as const
  t.strictSame(await of(k3s(7443, agent, { 'disable-agent': [] })), [['127.0.0.1:6444', kubelet]])
  t.strictSame(
    await of(k3s(7443, agent, { 'disable-agent': [], 'lb-server-port': ['7444'] })),
    [['127.0.0.1:7444', kubelet]],
    'its own load balancer',
  )
  t.strictSame(await of(k3s(7443, { ...agent, distribution: 'rke2' }, { 'disable-agent': [] })), [
    ['127.0.0.1:6443', kubelet],
  ])
})

t.test('without credentials nothing is asked, and that is said elsewhere', async (t) => {
  const empty = t.testdir()
  mkdirSync(`${empty}/server/tls`, { recursive: true })
  const port = await api({ '/version': 200 })
  t.strictSame(await askApi(ports(), k3s(port, { dataDir: empty }), []), { api: [], unseen: [] })
  writeFileSync(`${empty}/server/tls/client-admin.crt`, client.pem)
  t.strictSame(await askApi(ports(), k3s(port, { dataDir: empty }), []), { api: [], unseen: [] }, 'no key')
  rmSync(empty, { recursive: true })
})
