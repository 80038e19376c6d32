import { readFileSync } from 'node:fs'
import { createServer as createHttp } from 'node:http'
import { createServer } from 'node:https'
import { type AddressInfo, createServer as createTcp, type Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import t from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'
import type { Host } from '../../../agent/model/index.ts'
import { certs } from '../../../collectors/certs/index.ts'
import { machine, process, unit } from '../node/machine.ts'
import { certificates, days, type Issued } from './openssl.ts'

/** A k3s of files in a folder whose API is a real TLS server on loopback that answers as k3s does. */
const real = openMachine()
t.teardown(() => real.close())
const network = real.during(new AbortController().signal)
const { issue } = certificates(t)
const settings = { paths: [], endpoints: [], kubeconfigs: [], ingress: [], warn_days: 30 }
const none = { heard: [] }
const data = '/var/lib/rancher/k3s'
const tls = `${data}/server/tls`
const clientCa = issue({ subject: '/CN=k3s-client-ca@1', ca: true, to: days(3650) })
const serverCa = issue({ subject: '/CN=k3s-server-ca@1', ca: true, to: days(3650) })
const admin = (left: number) =>
  issue({
    subject: '/O=system:masters/CN=system:admin',
    use: 'clientAuth',
    by: clientCa,
    from: days(left - 365),
    to: days(left),
  })
const api = (left: number) =>
  issue({ subject: '/O=k3s/CN=k3s', use: 'serverAuth', by: serverCa, from: days(left - 365), to: days(left) })

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => server.close())
  return (server.address() as AddressInfo).port
}

const unauthorized =
  '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}'

/** As k3s: a client certificate is asked for and not demanded; /ping is for all, the rest for whom it knows. */
const k3sApi = (it: Issued) =>
  listening(
    createServer(
      {
        cert: it.pem,
        key: readFileSync(it.key),
        ca: clientCa.pem,
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => {
        const { authorized } = request.socket as TLSSocket
        if (request.url === '/ping') response.end('pong')
        else response.writeHead(authorized ? 200 : 401).end(authorized ? '{"major":"1"}' : unauthorized)
      },
    ),
  )

const dynamic = (it: Issued) =>
  JSON.stringify({
    data: {
      'tls.crt': Buffer.from(it.pem + serverCa.pem).toString('base64'),
      'tls.key': readFileSync(it.key).toString('base64'),
    },
  })

function node(
  port: number,
  client: Issued,
  file: Issued,
  more: Record<string, string> = {},
  stats = {},
): Host {
  const files = machine(
    t,
    {
      ...process(40, 'k3s-server', '/usr/local/bin/k3s server\0'),
      '/etc/systemd/system/k3s.service': unit(
        `/usr/local/bin/k3s server --disable-agent --https-listen-port ${port}`,
      ),
      [`${tls}/client-admin.crt`]: client.pem + clientCa.pem,
      [`${tls}/client-admin.key`]: readFileSync(client.key, 'utf8'),
      [`${tls}/client-ca.crt`]: clientCa.pem,
      [`${tls}/server-ca.crt`]: serverCa.pem,
      [`${tls}/dynamic-cert.json`]: dynamic(file),
      ...more,
    },
    { now: Date.now(), stats },
  )
  return {
    ...files,
    handshake: (it) => network.handshake(it),
    // The files of this node stand in a folder, so its door is opened with the ones they came from.
    get: (it) => network.get({ ...it, ...(it.as && { as: { certificate: client.file, key: client.key } }) }),
  }
}
const iso = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000Z$/
const look = async (host: Host) => {
  const sample = await certs.collect(host, settings, none)
  return { sample, told: certs.assess(sample, none, settings, Date.now()) }
}

t.test('a healthy server: nothing to say, and the 401 of everybody is not ours', async (t) => {
  const served = api(300)
  const port = await k3sApi(served)
  t.equal((await network.get({ host: '127.0.0.1', port, path: '/version' })).status, 401)
  const { sample, told } = await look(node(port, admin(300), served))
  t.same(told, [])
  t.match(sample.api, [{ as: `${tls}/client-admin.crt`, status: 200 }])
  t.same(
    sample.pairs?.map((it) => [it.path.slice(tls.length + 1), it.problem]),
    [
      ['client-admin.crt', undefined],
      ['dynamic-cert.json', undefined],
    ],
  )
  t.notMatch(JSON.stringify(sample), /PRIVATE|tls\.key/)
})

t.test('an expired certificate is served while the file is fine', async (t) => {
  const port = await k3sApi(api(-2))
  const { told } = await look(node(port, admin(300), api(300)))
  t.match(told, [
    {
      code: 'certs.served-differs',
      subject: `127.0.0.1:${port}`,
      severity: 'critical',
      text: /serves a cert \(k3s\) that expired .* ago\. .*dynamic-cert\.json holds one that expires /,
      fix: [/systemctl restart k3s/, /dynamic-cert\.json.*k3s-serving/],
      evidence: { served_not_after: iso, file_not_after: iso },
    },
  ])
  t.equal(told.length, 1)
})

t.test('the file has expired while what is served is fine', async (t) => {
  const port = await k3sApi(api(300))
  const { told } = await look(node(port, admin(300), api(-2)))
  t.match(told, [
    { code: 'certs.expired', subject: 'k3s server', text: /^dynamic-cert\.json \(k3s\) expired/ },
    { code: 'certs.served-differs', severity: undefined },
  ])
  t.equal(told.length, 2)
})

t.test("the node's own certificate has expired, and the API says 401 to it", async (t) => {
  const served = api(300)
  const { sample, told } = await look(node(await k3sApi(served), admin(-3), served))
  t.match(sample.api, [{ status: 401, alive: true }])
  t.match(told, [
    { code: 'certs.expired', subject: 'k3s server', impact: /^`kubectl` gets 401/ },
    {
      code: 'certs.api-unauthorized',
      subject: 'k3s server',
      text: /says 401 Unauthorized to client-admin\.crt \(system:admin\); the cert expired /,
      impact: '`kubectl` gets 401.',
      evidence: { not_after: iso },
    },
  ])
  t.equal(told.length, 2)
  t.match(certs.rules['certs.api-unauthorized'].because, [{ code: 'certs.expired' }])
})

t.test('a server that never answers, one that speaks plain HTTP, one that is not there', async (t) => {
  const silent = await listening(createTcp(() => {}))
  const begun = performance.now()
  const host = node(silent, admin(300), api(300))
  const { sample, told } = await look(host)
  t.ok(performance.now() - begun < 5_500, 'each question has its timeout, all at once')
  t.same(told, [])
  t.match(sample.api, [{ silent: true }])
  t.equal(sample.unseen, undefined, 'a busy API misses one look')
  const again = await certs.collect(host, settings, { ...none, sample })
  t.match(again.unseen, [
    { what: /serves/, why: /no answer within 3 s/, codes: ['certs.served-differs'] },
    { why: /no answer within 3 s/, codes: ['certs.api-unauthorized'] },
  ])

  const plain = await look(
    node(await listening(createHttp((_, response) => response.end())), admin(300), api(300)),
  )
  t.same(plain.told, [])
  t.notOk(plain.sample.api?.[0]?.status)
  const closed = await look(node(1, admin(300), api(300)))
  t.same(closed.told, [])
  t.equal(closed.sample.unseen, undefined)
})

t.test('signed by another authority, or not for the key beside it', async (t) => {
  const served = api(300)
  const port = await k3sApi(served)
  const other = issue({ subject: '/CN=k3s-client-ca@1', ca: true, key: 'ed25519' })
  const strange = await look(node(port, admin(300), served, { [`${tls}/client-ca.crt`]: other.pem }))
  t.match(strange.told, [
    {
      code: 'certs.chain-broken',
      subject: 'k3s server',
      text: /client-admin\.crt is not signed by client-ca\.crt beside it\.$/,
      impact: /`kubectl` gets 401/,
    },
  ])
  const wrong = await look(
    node(port, admin(300), served, { [`${tls}/client-admin.key`]: readFileSync(other.key, 'utf8') }),
  )
  t.match(wrong.told, [{ text: /client-admin\.crt does not belong to the key beside it\.$/ }])
  const damaged = await look(
    node(port, admin(300), served, {
      [`${tls}/client-admin.key`]: '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n',
    }),
  )
  t.match(damaged.told, [{ code: 'certs.chain-broken' }])
})

t.test('replaced or deleted under a running k3s', async (t) => {
  const served = api(300)
  const port = await k3sApi(served)
  const now = Date.now()
  const hour = 3_600_000
  const since = 1_795_000_000_000 + 1_000
  const stat = { kind: 'file', size: 1, ctime: 1, dev: 1, ino: 1, uid: 0, mode: 0o600 } as const
  const cred = `${data}/server/cred/admin.kubeconfig`
  const at = (written: number, certificate: number) =>
    node(
      port,
      admin(300),
      served,
      { [cred]: 'kind: Config\nclusters: []\nclient-certificate: /x\n' },
      {
        [`${tls}/client-admin.crt`]: { ...stat, mtime: certificate },
        [`${tls}/client-ca.crt`]: { ...stat, mtime: since },
        [`${tls}/server-ca.crt`]: { ...stat, mtime: since },
        [cred]: { ...stat, mtime: written },
      },
    )
  const judged = async (host: Host) => {
    const sample = await certs.collect(host, settings, none)
    return certs
      .assess(sample, none, settings, now + 400 * 24 * hour)
      .filter((it) => it.code === 'certs.rotated-not-restarted')
  }
  t.same(await judged(at(since, since)), [])
  t.same(await judged(at(since + 5 * hour, since + 5 * hour)), [], 'an agent that waited for its server')
  t.match(await judged(at(since, since + 5 * hour)), [
    {
      subject: 'k3s server',
      text: /^client-admin\.crt was replaced .* still uses the certs it read at its start\.$/,
    },
  ])

  const host = at(since, since)
  const before = await certs.collect(host, settings, none)
  const gone: Host = {
    ...host,
    list: async (path) => (await host.list(path)).filter((it) => it.name !== 'client-admin.crt'),
  }
  const after = await certs.collect(gone, settings, { ...none, sample: before })
  t.match(certs.assess(after, none, settings, now), [
    { code: 'certs.rotated-not-restarted', text: /^client-admin\.crt is missing\./ },
  ])
  const later = await certs.collect(gone, settings, { ...none, sample: after })
  t.same(later.gone, after.gone, 'it stays so until k3s starts again')
  const { k3s, ...rest } = after
  const restarted = {
    ...rest,
    k3s: { ...(k3s as NonNullable<typeof k3s>), running: { pid: 41, since: now } },
  }
  t.equal((await certs.collect(gone, settings, { ...none, sample: restarted })).gone, undefined)
})
