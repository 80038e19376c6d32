import { readFileSync } from 'node:fs'
import t from 'tap'
import { type Host, HostError } from '../../../agent/model/index.ts'
import { authorityOf, checkPairs } from '../../../collectors/certs/chain.ts'
import type { SeenFile } from '../../../collectors/certs/sample.ts'
import { machine } from '../node/machine.ts'
import { certificates, type Issued } from './openssl.ts'

t.test('who signs what stands in the folders of k3s', async (t) => {
  const tls = '/d/server/tls'
  const signers: Readonly<Record<string, string | undefined>> = {
    [`${tls}/client-admin.crt`]: `${tls}/client-ca.crt`,
    [`${tls}/client-auth-proxy.crt`]: `${tls}/request-header-ca.crt`,
    [`${tls}/serving-kube-apiserver.crt`]: `${tls}/server-ca.crt`,
    [`${tls}/dynamic-cert.json`]: `${tls}/server-ca.crt`,
    [`${tls}/kube-scheduler/kube-scheduler.crt`]: `${tls}/server-ca.crt`,
    [`${tls}/etcd/server-client.crt`]: `${tls}/etcd/server-ca.crt`,
    [`${tls}/etcd/client.crt`]: `${tls}/etcd/server-ca.crt`,
    [`${tls}/etcd/peer-server-client.crt`]: `${tls}/etcd/peer-ca.crt`,
    '/d/agent/client-kubelet.crt': '/d/agent/client-ca.crt',
    '/d/agent/serving-kubelet.crt': '/d/agent/server-ca.crt',
    [`${tls}/client-ca.crt`]: undefined,
    [`${tls}/client-ca.nochain.crt`]: undefined,
    [`${tls}/client-admin.key`]: undefined,
    [`${tls}/service.key`]: undefined,
    '/etc/x/client-a.crt': undefined,
    '': undefined,
  }
  for (const [path, authority] of Object.entries(signers)) t.equal(authorityOf(path), authority, path)
})

const { issue } = certificates(t)
const tls = '/d/server/tls'
const ca = issue({ subject: '/CN=k3s-client-ca@1', ca: true })
const otherCa = issue({ subject: '/CN=k3s-client-ca@1', ca: true, key: 'ed25519' })
const admin = issue({ subject: '/CN=system:admin', by: ca })
const key = (it: Issued) => readFileSync(it.key, 'utf8')

const seen = (path: string, print: string, more: Partial<SeenFile> = {}): SeenFile => ({
  path,
  of: 'k3s',
  stamp: 's',
  certificates: [{ name: 'n', subject: 'CN=n', issuer: 'CN=i', serial: '1', from: 0, to: 1, print }],
  ...more,
})
const files = [seen(`${tls}/client-admin.crt`, 'leaf'), seen(`${tls}/client-ca.crt`, 'ca')]
/** Its files are an hour old: a fresh one cannot be told from the next. */
const node = (more: Readonly<Record<string, string>> = {}) =>
  machine(
    t,
    {
      [`${tls}/client-admin.crt`]: admin.pem + ca.pem,
      [`${tls}/client-admin.key`]: key(admin),
      [`${tls}/client-ca.crt`]: ca.pem,
      ...more,
    },
    { now: Date.now() + 3_600_000 },
  )
const problem = async (host: Host, its = files) => {
  const { pairs, unseen } = await checkPairs(host, its, [])
  t.strictSame(unseen, [])
  return pairs.map((it) => it.problem)
}

t.test('signed by the authority beside it, and for the key beside it', async (t) => {
  t.strictSame(await problem(node()), [undefined])
  t.strictSame(
    await problem(node({ [`${tls}/client-ca.crt`]: otherCa.pem + ca.pem })),
    [undefined],
    'one of several, as while a CA is rotated',
  )
  const strange = 'is not signed by client-ca.crt beside it'
  t.strictSame(await problem(node({ [`${tls}/client-ca.crt`]: otherCa.pem })), [strange])
  const key = 'does not belong to the key beside it'
  t.strictSame(await problem(node({ [`${tls}/client-admin.key`]: readFileSync(otherCa.key, 'utf8') })), [key])
  const damaged = '-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n'
  t.strictSame(await problem(node({ [`${tls}/client-admin.key`]: damaged })), [key])
  const removed = '-----BEGIN EC PRIVATE KEY-----\n<removed>\n-----END EC PRIVATE KEY-----\n'
  t.strictSame(await problem(node({ [`${tls}/client-admin.key`]: removed })), [undefined], 'a recording')
})

t.test('the certificate that listens is a JSON file with both in it', async (t) => {
  const json = (it: Issued, its: Issued) =>
    JSON.stringify({
      data: {
        'tls.crt': Buffer.from(it.pem).toString('base64'),
        'tls.key': readFileSync(its.key).toString('base64'),
      },
    })
  const of = (text: string) =>
    problem(machine(t, { [`${tls}/dynamic-cert.json`]: text, [`${tls}/server-ca.crt`]: ca.pem }), [
      seen(`${tls}/dynamic-cert.json`, 'leaf'),
      seen(`${tls}/server-ca.crt`, 'ca'),
    ])
  t.strictSame(await of(json(admin, admin)), [undefined])
  t.strictSame(await of(json(admin, otherCa)), ['does not belong to the key beside it'])
  t.strictSame(await of(json(otherCa, otherCa)), ['is not signed by server-ca.crt beside it'])
  t.strictSame(await of('{"data":{}}'), [undefined], 'that it holds none, others say')
})

t.test('only what k3s uses, has an authority beside it and could be read', async (t) => {
  const [leaf, authority] = files as [SeenFile, SeenFile]
  for (const its of [
    [leaf],
    [authority],
    [{ ...leaf, loose: true as const }, authority],
    [{ ...leaf, of: 'extra' as const }, authority],
    [{ ...leaf, certificates: [] }, authority],
    [leaf, { ...authority, certificates: [] }],
  ])
    t.strictSame((await checkPairs(node(), its, [])).pairs, [])
})

t.test('asked again only when one of the three has changed', async (t) => {
  const host = node()
  const asked: string[] = []
  const counting: Host = {
    ...host,
    text: (path, options) => {
      asked.push(path)
      return host.text(path, options)
    },
  }
  const first = await checkPairs(counting, files, [])
  t.strictSame(
    asked.toSorted((a, b) => (a < b ? -1 : 1)),
    [`${tls}/client-admin.crt`, `${tls}/client-admin.key`, `${tls}/client-ca.crt`],
  )
  asked.length = 0
  t.strictSame(await checkPairs(counting, files, first.pairs), first)
  t.strictSame(asked, [])
  const [leaf, authority] = files as [SeenFile, SeenFile]
  for (const changed of [
    [seen(leaf.path, 'other'), authority],
    [leaf, seen(authority.path, 'other')],
  ]) {
    asked.length = 0
    t.not((await checkPairs(counting, changed, first.pairs)).pairs[0]?.of, first.pairs[0]?.of)
    t.ok(asked.length > 0)
  }
  t.notMatch(JSON.stringify(first), /PRIVATE|BEGIN/, 'nothing of a key is kept')
})

t.test('what may not be read keeps what was known of it, and is said once', async (t) => {
  const failing = (code: HostError['code']): Host => ({
    ...node(),
    text: async (path) => Promise.reject(new HostError(code, `reading ${path}: no`)),
  })
  const past = [{ path: `${tls}/client-admin.crt`, of: 'before', problem: 'does not fit' }]
  const two = [...files, seen(`${tls}/client-controller.crt`, 'second')]
  for (const code of ['denied', 'timeout', 'unrecorded'] as const) {
    const { pairs, unseen } = await checkPairs(failing(code), two, past)
    t.strictSame(pairs, past, code)
    t.match(unseen, [{ what: `whether ${tls}/client-admin.crt fits its key`, codes: ['certs.chain-broken'] }])
    t.equal(unseen.length, 1)
  }
  t.strictSame(
    await checkPairs(failing('missing'), two, past),
    { pairs: past, unseen: [] },
    'others say that',
  )
})
