import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { getHeapSnapshot, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t from 'tap'
import { assess } from '../../../collectors/certs/assess.ts'
import { parse, parseCertificate } from '../../../collectors/certs/parse.ts'
import { certificates, days, type Key, openssl } from './openssl.ts'

/** OpenSSL of 2014, in the test only, as a second reading by other code than Node's. */
const x509 = createRequire(import.meta.url)('x509.js') as {
  parseCert(pem: string): {
    subject: { commonName: string }
    serial: string
    notBefore: string
    notAfter: string
  }
}

const healthy = 'test/nodes/healthy/files'
const tls = `${healthy}/var/lib/rancher/k3s/server/tls`

t.test("k3s's own files: the leaf first, then who signed it", async (t) => {
  const { certificates: found, problem } = parse(readFileSync(`${tls}/client-admin.crt`))
  t.equal(problem, undefined)
  t.match(found, [
    {
      name: 'system:admin',
      subject: 'O=system:masters, CN=system:admin',
      issuer: 'CN=k3s-client-ca@1795392751',
      use: 'client',
      to: Date.parse('2027-11-23T00:12:31Z'),
    },
    { name: 'k3s-client-ca@1795392751', ca: true, to: Date.parse('2036-11-20T00:12:31Z') },
  ])
  t.notOk(found[0]?.ca)
  t.match(parse(readFileSync(`${tls}/etcd/server-client.crt`)).certificates[0], { use: 'both' })
})

t.test("the API's serving certificate in dynamic-cert.json, and k3s.yaml", async (t) => {
  t.match(parse(readFileSync(`${tls}/dynamic-cert.json`)), {
    certificates: [{ name: 'k3s', subject: 'O=k3s, CN=k3s' }],
    problem: undefined,
  })
  const kubeconfig = parse(readFileSync(`${healthy}/etc/rancher/k3s/k3s.yaml`))
  t.same(
    kubeconfig.certificates.map((it) => [it.name, it.ca ?? false]),
    [
      ['system:admin', false],
      ['k3s-server-ca@1795392751', true],
      ['k3s-client-ca@1795392751', true],
    ],
  )
  t.equal(kubeconfig.problem, undefined)
  t.same(parse(readFileSync(`${healthy}/var/lib/rancher/k3s/agent/kubelet.kubeconfig`)), {
    certificates: [],
    names: ['/var/lib/rancher/k3s/agent/server-ca.crt', '/var/lib/rancher/k3s/agent/client-kubelet.crt'],
    servers: ['127.0.0.1:6443'],
  })
})

t.test('a kubeconfig as JSON reads as one in YAML', async (t) => {
  const yaml = readFileSync(`${healthy}/etc/rancher/k3s/k3s.yaml`, 'utf8')
  const data = (key: string) => new RegExp(`${key}: (\\S+)`).exec(yaml)?.[1]
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'a',
        cluster: {
          'certificate-authority-data': data('certificate-authority-data'),
          server: 'https://127.0.0.1:6443',
        },
      },
    ],
    users: [{ name: 'a', user: { 'client-certificate-data': data('client-certificate-data') } }],
  }
  for (const text of [JSON.stringify(config), JSON.stringify(config, null, 2)])
    t.same(parse(Buffer.from(text)), parse(Buffer.from(yaml)))
})

t.test('what openssl makes, openssl and x509.js read alike', async (t) => {
  const { issue } = certificates(t)
  const authority = issue({ key: 'rsa', subject: '/O=Test/CN=authority', ca: true, to: days(3650) })
  const keys: Key[] = ['rsa', 'p256', 'ed25519']
  const dates: [Date, Date][] = [
    [days(-1), days(364)],
    [days(-400), days(-1)],
    [days(10), days(100)],
    [new Date('1999-12-31T23:59:59Z'), new Date('2049-12-31T23:59:59Z')],
    [new Date('2050-01-01T00:00:00Z'), new Date('2051-02-03T04:05:06Z')],
    [new Date('1970-01-02T00:00:00Z'), new Date('9999-12-31T23:59:59Z')],
  ]
  const subjects = [
    '/CN=plain.example',
    '/O=Müller \\& Söhne/CN=Zürich 東京 🚀',
    '/CN=a, O=b \\+ CN=c',
    '/CN=<!channel> @everyone [x](http:\\/\\/evil.example) `rm -rf`',
    `/CN=${'x'.repeat(64)}`,
  ]
  let read = 0
  for (const key of keys)
    for (const [at, [from, to]] of dates.entries()) {
      const subject = subjects[(read + at) % subjects.length] as string
      read += 1
      const it = issue({ key, from, to, subject, by: authority, serial: '7F00AB'.repeat(at + 1) })
      const [mine] = parse(Buffer.from(it.pem + authority.pem)).certificates
      if (!mine) throw new Error(`not read: ${subject}`)
      t.equal(mine.from, Math.floor(from.getTime() / 1000) * 1000, `from ${from.toISOString()}`)
      t.equal(mine.to, Math.floor(to.getTime() / 1000) * 1000, `to ${to.toISOString()}`)
      const [serial, name = ''] = openssl(
        ...['x509', '-in', it.file, '-noout', '-serial', '-subject'],
        ...['-nameopt', 'sep_multiline,utf8,esc_2253,esc_ctrl'],
      ).split(/\nsubject=\n/)
      t.equal(`serial=${mine.serial}`, serial)
      const common = /CN=(.*)/.exec(name)?.[1] ?? 'none'
      t.equal(mine.name, common.replace(/\\(.)/g, '$1').replaceAll('`', "'").trim())
      t.same(parse(it.der).certificates, [mine], 'the same as DER')
      if (key === 'ed25519') continue
      const other = x509.parseCert(it.pem)
      t.equal(Date.parse(other.notAfter), mine.to, 'x509.js reads the same end')
      t.equal(Date.parse(other.notBefore), mine.from)
      t.equal(other.serial, mine.serial)
    }
  t.equal(read, 18)
})

t.test('bundles, other headers, text around', async (t) => {
  const { issue, folder } = certificates(t)
  const a = issue({ subject: '/CN=a', use: 'serverAuth' })
  const b = issue({ subject: '/CN=b', key: 'ed25519', ca: true })
  const names = (text: string) => parse(Buffer.from(text)).certificates.map((it) => it.name)
  t.same(names(`# comment\r\n${a.pem.replaceAll('\n', '\r\n')}text between\n${b.pem}`), ['a', 'b'])
  t.match(parse(Buffer.from(a.pem)), { certificates: [{ use: 'serving' }] })
  openssl('x509', '-in', a.file, '-trustout', '-addtrust', 'serverAuth', '-out', `${folder}/trusted.pem`)
  t.match(readFileSync(`${folder}/trusted.pem`, 'utf8'), 'TRUSTED CERTIFICATE')
  t.same(
    parse(readFileSync(`${folder}/trusted.pem`)).certificates.map((it) => it.name),
    ['a'],
  )
  const key = readFileSync(a.key, 'utf8')
  t.same(names(`${key}${a.pem}`), ['a'], 'a key before it')
  t.same(parse(Buffer.from(key)), { certificates: [], problem: 'holds no certificate', foreign: true })
  const noSubject = issue({ subject: '/', names: 'DNS:a.example' })
  t.match(parse(noSubject.der), { certificates: [{ name: 'no name', subject: '' }] })
})

t.test('what is wrong with a file is said, and the rest of it is read', async (t) => {
  const { issue } = certificates(t)
  const a = issue({ subject: '/CN=a' }).pem
  const b = issue({ subject: '/CN=b' }).pem
  const problem = (content: string | Uint8Array) => parse(Buffer.from(content)).problem
  t.equal(problem(''), 'is empty')
  t.equal(problem('hello'), 'holds no certificate')
  t.equal(problem('\0'.repeat(4096)), 'holds no certificate', 'what a full disk leaves')
  t.equal(problem('{"data": '), 'cannot be understood')
  t.equal(problem('{"data": {"tls.key": "x"}}'), 'holds no certificate')
  t.equal(problem('null'), 'holds no certificate')
  t.equal(problem(a.slice(0, 300)), 'is cut off in certificate 1')
  t.equal(problem(issue().der.subarray(0, 200)), 'holds no certificate that can be read')
  t.equal(problem('users:\n- user:\n    client-certificate-data: DATA+OMITTED\n'), 'holds no certificate')
  const damaged = a.replace(/\n.{20}/, `\n${'A'.repeat(20)}`)
  t.match(parse(Buffer.from(damaged + b)), {
    problem: 'is damaged in certificate 1',
    certificates: [{ name: 'b' }],
  })
  t.match(parse(Buffer.from(a + b.slice(0, 300))), {
    problem: 'is cut off in certificate 2',
    certificates: [{ name: 'a' }],
  })
  t.match(parse(Buffer.from(`${a.slice(0, 300)}\n${b}`)), {
    problem: 'is cut off in certificate 1',
    certificates: [{ name: 'b' }],
  })
  const many = parse(Buffer.from(a.repeat(1_001)))
  t.equal(many.certificates.length, 1_000)
  t.equal(many.problem, 'holds more than 1000 certificates')
})

t.test('names from outside cannot carry markup, control or direction characters', async (t) => {
  const { issue } = certificates(t)
  const it = parseCertificate(issue({ subject: '/CN=a\u202eb `c`' }).der)
  t.match(it?.name, /^[^\u0000-\u001f\u202e`]*$/)
  t.notOk(/[`\u202e\n]/.test(JSON.stringify(it)))
})

t.test(
  '4,000 mutations of every kind of file: a value and a verdict each time, in bounded time and memory',
  async (t) => {
    const { issue } = certificates(t)
    const one = issue({ names: 'DNS:a.example,IP:::1,email:a@b.example', use: 'serverAuth' })
    const seeds = [
      Buffer.from(one.pem + one.pem),
      one.der,
      readFileSync(`${tls}/dynamic-cert.json`),
      readFileSync(`${healthy}/etc/rancher/k3s/k3s.yaml`),
      readFileSync(`${healthy}/var/lib/rancher/k3s/agent/kubelet.kubeconfig`),
    ]
    // A generator of its own, so that a failure can be repeated.
    let state = 1
    const random = (below: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
      return Math.floor((state / 2 ** 32) * below)
    }
    /** Bytes changed, cut out, doubled, or exchanged for part of another file. */
    const mutated = (round: number) => {
      let bytes = Buffer.from(seeds[round % seeds.length] as Buffer)
      for (let edits = random(6) + 1; edits > 0; edits -= 1) bytes[random(bytes.length)] = random(256)
      const kind = random(8)
      const [from, to] = [random(bytes.length), random(bytes.length)].sort((a, b) => a - b) as [
        number,
        number,
      ]
      if (kind === 0) bytes = bytes.subarray(from, to)
      if (kind === 1) bytes = Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])
      if (kind === 2) bytes = Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])
      if (kind === 3) {
        const other = seeds[random(seeds.length)] as Buffer
        bytes = Buffer.concat([bytes.subarray(0, from), other.subarray(random(other.length))])
      }
      return bytes
    }
    const begun = performance.now()
    const before = process.memoryUsage().rss
    let readable = 0
    let slowest = 0
    for (let round = 0; round < 4_000; round += 1) {
      const bytes = mutated(round)
      const at = performance.now()
      const { certificates: found, problem } = parse(bytes)
      const file = { path: '/a', stamp: '', certificates: found, ...(problem && { problem }) }
      for (const owner of ['k3s', 'home', 'extra'] as const)
        for (const it of assess({ files: [{ ...file, of: owner }], served: [] }, 30, 1.8e12))
          if (!it.text || it.text.length > 2_000) t.fail(`round ${round}: ${it.text}`)
      slowest = Math.max(slowest, performance.now() - at)
      if (found.length > 0) readable += 1
      for (const it of found)
        if (!Number.isFinite(it.from) || !Number.isFinite(it.to) || it.subject.length > 200)
          t.fail(`round ${round}: ${JSON.stringify(it)}`)
      if (problem !== undefined && problem.length > 100) t.fail(`round ${round}: ${problem}`)
      // A kubeconfig that keeps its names and servers is a value too.
      if (
        found.length === 0 &&
        problem === undefined &&
        !/client-cert|certificate-auth|server/.test(bytes.toString('latin1'))
      )
        t.fail(`round ${round}: neither a value nor a problem`)
    }
    t.ok(readable > 400 && readable < 4_000, `${readable} were still readable`)
    t.ok(slowest < 1_000, `the slowest took ${slowest} ms`)
    t.ok(performance.now() - begun < 20_000)
    const grown = (process.memoryUsage().rss - before) / 1048576
    t.ok(grown < 50, `${grown} MB more`)
  },
)

t.test('a megabyte made to be slow takes no time', async (t) => {
  const size = 1024 * 1024
  for (const piece of [
    '-----BEGIN CERTIFICATE-----',
    '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n',
    '-----END CERTIFICATE-----',
    '\n',
    ' ',
    '{',
    '{"a":',
    'client-certificate-data: ',
    'client-certificate-data:',
    'client-certificate',
    'kind:',
    '"{,',
    '0\x82',
  ]) {
    const begun = performance.now()
    for (const lead of ['', '{', '-----BEGIN ', 'clusters kind: Config\n'])
      parse(Buffer.from(`${lead}${piece.repeat(size / piece.length)}-----END CERTIFICATE-----`))
    t.ok(performance.now() - begun < 3_000, `${JSON.stringify(piece)}: ${performance.now() - begun} ms`)
  }
})

t.test('with what is kept of a kubeconfig its key is not', async (t) => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  // Made here, so that no source and no constant has it.
  const key = (at: number) => Buffer.from(`a key that nobody else has, ${at}`).toString('hex').repeat(8)
  const kept = Array.from({ length: 20 }, (_, at) =>
    parse(
      Buffer.from(
        `clusters:\n- cluster:\n    certificate-authority: /etc/authority-${at}-of-a-long-name.crt\n    server: https://10.0.0.${at}:6443\nusers:\n- user:\n    client-certificate: /etc/client-${at}-of-a-long-name.crt\n    client-key-data: ${key(at)}\n`,
      ),
    ),
  )
  collect()
  let heap = ''
  for await (const part of getHeapSnapshot()) heap += part
  t.ok(heap.includes('client-7-of-a-long-name'), 'what is kept is there')
  // The last text may still be that of the last match of a pattern.
  const left = Array.from({ length: 19 }, (_, at) => at).filter((at) =>
    heap.includes(`client-key-data: ${key(at)}`),
  )
  t.strictSame(left, [])
  t.equal(kept.length, 20)
})
