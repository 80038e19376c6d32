import t from 'tap'
import { type Host, HostError } from '../../../agent/model/index.ts'
import { certs } from '../../../collectors/certs/index.ts'
import type { CertsSample } from '../../../collectors/certs/sample.ts'
import { machine, process, unit } from '../node/machine.ts'
import { certificates } from './openssl.ts'

/** What the settings may name. */
type Named = Readonly<Record<'paths' | 'endpoints' | 'kubeconfigs' | 'ingress', readonly string[]>>
const settings: Named = { paths: [], endpoints: [], kubeconfigs: [], ingress: [] }
const { issue } = certificates(t)
const one = issue({ subject: '/CN=one' })
const data = '/var/lib/rancher/k3s'
const tls = `${data}/server/tls`
/** An hour later than the files, so that they can be told from the next. */
const now = Date.now() + 3_600_000

const node = (
  more: Readonly<Record<string, string>> = {},
  commands: Readonly<Record<string, string>> = {},
): Host =>
  machine(
    t,
    {
      ...process(40, 'k3s-server', '/usr/local/bin/k3s server\0'),
      '/etc/systemd/system/k3s.service': unit('/usr/local/bin/k3s server'),
      '/usr/local/bin/k3s': 'the program',
      [`${tls}/client-admin.crt`]: one.pem,
      [`${tls}/client-controller.crt`]: one.pem,
      ...more,
    },
    { now, commands },
  )
const look = (host: Host, more: Partial<typeof settings> = {}, sample?: CertsSample) =>
  certs.collect(host, { ...settings, ...more, warn_days: 30 }, { heard: [], ...(sample && { sample }) })
const ofs = (sample: CertsSample) => Object.fromEntries(sample.files.map((it) => [it.path, it.of]))

t.test('a machine without k3s, of which the settings name nothing: nothing at all', async (t) => {
  t.strictSame(await look(machine(t, {})), { files: [], served: [] })
})

t.test('what is k3s’s own stays that, whoever else names it', async (t) => {
  const host = node({ '/srv/own.pem': one.pem, '/srv/config': 'kind: Config\n' })
  const named = { paths: [`${tls}/client-admin.crt`, '/srv/own.pem'], kubeconfigs: ['/srv/config'] }
  t.match(ofs(await look(host, named)), {
    [`${tls}/client-admin.crt`]: 'k3s',
    '/srv/own.pem': 'extra',
    '/srv/config': 'kubeconfig',
  })
})

t.test('which k3s it is, asked only when the program is another', async (t) => {
  const asked: string[] = []
  const host = node(
    {},
    { '/usr/local/bin/k3s --version': 'k3s version v1.33.1+k3s1 (abc)\ngo version go1.24\n' },
  )
  const counting: Host = {
    ...host,
    run: (argv, options) => {
      asked.push(argv.join(' '))
      return host.run(argv, options)
    },
  }
  const first = await look(counting)
  t.match(first.k3s, { role: 'server', unit: 'k3s', dataDir: data, version: 'v1.33.1+k3s1' })
  const versions = () => asked.filter((it) => it.includes('--version')).length
  t.equal(versions(), 1)
  const again = await look(counting, {}, first)
  t.equal(versions(), 1)
  t.strictSame(again.k3s, first.k3s)
  const upgraded = { ...first, k3s: { ...first.k3s, binary: 'another' } } as CertsSample
  await look(counting, {}, upgraded)
  t.equal(versions(), 2)
})

t.test('what it had in use and is there no more, for as long as it is the same k3s', async (t) => {
  const host = node()
  const before = await look(host)
  t.equal(before.gone, undefined)
  const without = (...gone: readonly string[]): Host => ({
    ...host,
    list: async (path) => (await host.list(path)).filter((it) => !gone.includes(it.name)),
  })
  const path = `${tls}/client-admin.crt`
  const after = await look(without('client-admin.crt'), {}, before)
  t.strictSame(after.gone, [path])
  t.strictSame((await look(without('client-admin.crt'), {}, after)).gone, [path], 'it is remembered')
  t.equal((await look(host, {}, after)).gone, undefined, 'until it is there again')
  const other = { ...before, k3s: { ...before.k3s, running: { pid: 41, since: 1 } } } as CertsSample
  t.equal((await look(without('client-admin.crt'), {}, other)).gone, undefined, 'another k3s never had it')
  t.equal(
    (await look(without('client-admin.crt', 'client-controller.crt'), {}, before)).gone,
    undefined,
    'a folder of which nothing is seen may be one that cannot be looked into',
  )
})

t.test('what may not be read is said once for k3s, and each for itself where it was named', async (t) => {
  const host = node({ '/srv/a.pem': one.pem, '/srv/b.pem': one.pem })
  const refused = (path: string) => Promise.reject(new HostError('denied', `reading ${path}: no`))
  const sealed = (path: string) => path.startsWith(tls) || path.startsWith('/srv/')
  const denied: Host = {
    ...host,
    read: (path, options) => (sealed(path) ? refused(path) : host.read(path, options)),
    owned: (path, options) => (sealed(path) ? refused(path) : host.owned(path, options)),
  }
  const { unseen = [] } = await look(denied, { paths: ['/srv/a.pem', '/srv/b.pem'] })
  const files = unseen.filter((it) => sealed(it.what))
  t.match(files, [
    { what: `${tls}/client-admin.crt and 1 more`, why: /no$/ },
    { what: '/srv/a.pem', codes: [] },
    { what: '/srv/b.pem', codes: [] },
  ])
  t.equal(files.length, 3)
})
