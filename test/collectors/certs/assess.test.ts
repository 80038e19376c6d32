import t from 'tap'
import { assess } from '../../../collectors/certs/assess.ts'
import type { Certificate, CertsSample, SeenFile, Served } from '../../../collectors/certs/sample.ts'

const day = 86_400_000
const now = Date.parse('2027-11-23T06:00:00Z')

let count = 0
const lasting = (left: number, more: Partial<Certificate> = {}): Certificate => {
  count += 1
  return {
    name: `n${count}`,
    subject: 'CN=n',
    issuer: 'CN=ca',
    serial: '1',
    from: now + (left - 365) * day,
    to: now + left * day,
    print: `print ${count}`,
    ...more,
  }
}
const file = (path: string, certificates: Certificate[], more: Partial<SeenFile> = {}): SeenFile => ({
  path,
  of: 'k3s',
  stamp: '',
  certificates,
  ...more,
})
const server = (files: SeenFile[], more: Partial<CertsSample> = {}): CertsSample => ({
  k3s: {
    distribution: 'k3s',
    role: 'server',
    unit: 'k3s',
    dataDir: '/var/lib/rancher/k3s',
    running: { pid: 1, since: now - 301 * day },
  },
  files,
  served: [],
  ...more,
})
const own = (...left: number[]) =>
  server(left.map((days, at) => file(`/d/${at}.crt`, [lasting(days, { name: `c${at}` })])))

t.test('what ends together is one finding that names the first and counts the rest', async (t) => {
  t.same(assess(own(364, 200, 91), 30, now), [])
  const [it, ...more] = assess(own(364, 60, 40, 89), 30, now)
  t.same(more, [])
  t.match(it, { code: 'certs.expiring', subject: 'k3s server', severity: undefined })
  t.equal(
    it?.text,
    '2.crt (c2) expires 2028-01-02 06:00 UTC, in 40 d; 2 more follow by 2028-02-20. k3s renews them only when it starts, and has been up 301 d: a restart renews all 3.',
  )
  t.match(it?.evidence, { first: '/d/2.crt', not_after: '2028-01-02T06:00:00.000Z', count: 3 })
})

t.test('the last days are critical', async (t) => {
  t.match(assess(own(8), 30, now), [{ severity: undefined }])
  t.match(assess(own(6, 60), 30, now), [{ code: 'certs.expiring', severity: 'critical' }])
})

t.test('what has expired speaks for what follows, and says when it happened', async (t) => {
  const [it, ...more] = assess(own(-1, -0.5, 10, 364), 30, now)
  t.same(more, [])
  t.match(it, { code: 'certs.expired', subject: 'k3s server', at: now - day })
  t.equal(
    it?.text,
    '0.crt (c0) expired 2027-11-22 06:00 UTC, 1 d ago, and 1 more since; 1 more by 2027-12-03. k3s renews them only when it starts, and has been up 301 d: a restart renews all 3.',
  )
  t.match(it?.avoid, /^Don't reboot: /)
})

t.test('a k3s that stands still', async (t) => {
  const { k3s, ...rest } = own(-1)
  const { running: _, ...still } = k3s as NonNullable<typeof k3s>
  t.match(assess({ k3s: still, ...rest }, 30, now), [
    { text: /k3s is not running; its next start renews it\.$/ },
  ])
})

t.test('the window is that of the release', async (t) => {
  const at = (version: string) => {
    const sample = own(100)
    return assess(
      { ...sample, k3s: { ...(sample.k3s as NonNullable<CertsSample['k3s']>), version } },
      30,
      now,
    )
  }
  t.same(at('v1.33.0+k3s1'), [])
  t.match(at('v1.33.1+k3s1'), [{ code: 'certs.expiring' }])
})

t.test('the one k3s renews while it runs has a day to be renewed', async (t) => {
  const dynamic = (left: number) =>
    assess(server([file('/d/server/tls/dynamic-cert.json', [lasting(left)])]), 30, now)
  t.same(dynamic(89.5), [])
  const [late] = dynamic(88.5)
  t.match(late, { code: 'certs.expiring' })
  t.ok(late?.fix?.some((it) => it.includes('dynamic-cert.json') && it.includes('k3s-serving')))
  t.match(dynamic(-1), [{ code: 'certs.expired' }])
})

t.test('the served one has expired although every file is fine', async (t) => {
  const sample = own(364)
  const api: Served = { address: '127.0.0.1:6443', of: 'k3s', certificates: [lasting(-2, { name: 'k3s' })] }
  const [it, ...more] = assess({ ...sample, served: [api] }, 30, now)
  t.same(more, [])
  t.match(it?.text, /^what 127\.0\.0\.1:6443 serves \(k3s\) expired 2027-11-21/)
})

t.test('authorities: ten years are no matter, having expired is', async (t) => {
  const ca = (left: number) => {
    const one = lasting(left, { ca: true, from: now - 3_000 * day })
    return assess(server([file('/d/client-ca.crt', [one])]), 30, now)
  }
  t.same(ca(366), [])
  t.match(ca(364), [{ code: 'certs.ca-expiring', subject: 'k3s server CAs', severity: undefined, stage: 0 }])
  const evidence = { not_after: '2027-12-22T06:00:00.000Z' }
  t.match(ca(29), [{ code: 'certs.ca-expiring', severity: 'critical', stage: 1, evidence }])
  t.match(ca(-1), [
    {
      code: 'certs.expired',
      subject: 'k3s server CAs',
      fix: [/timedatectl/, /rotate-ca/, /restart/],
    },
  ])
})

t.test('files and addresses of the settings, each for itself', async (t) => {
  const sample: CertsSample = {
    files: [
      file('/x/a.pem', [lasting(20)], { of: 'extra' }),
      file('/x/b.pem', [lasting(40)], { of: 'extra' }),
    ],
    served: [{ address: 'v:8200/v.example', of: 'extra', certificates: [lasting(-1)] }],
  }
  const [a, v, ...more] = assess(sample, 30, now)
  t.same(more, [])
  t.match(a, { code: 'certs.expiring', subject: '/x/a.pem', text: /^\/x\/a\.pem .* in 20 d\.$/ })
  t.match(v, { code: 'certs.expired', subject: 'v:8200/v.example', severity: undefined })
  t.match(v?.fix?.[0], /-connect v:8200 -servername v\.example/)
  t.equal(assess(sample, 10, now).length, 1, 'the days are settable')
  t.notOk([a, v].some((it) => /k3s/.test(JSON.stringify(it))))
})

t.test('a kubeconfig with an old certificate harms only who uses it', async (t) => {
  const stale = file('/etc/rancher/k3s/k3s.yaml', [lasting(-3)], { of: 'kubeconfig' })
  const sample = own(364)
  t.match(assess({ ...sample, files: [...sample.files, stale] }, 30, now), [
    { code: 'certs.expired', subject: '/etc/rancher/k3s/k3s.yaml', severity: 'warning', impact: /401/ },
  ])
})

t.test('not valid yet, with the clock', async (t) => {
  const [it, ...more] = assess(own(366, 367, 364), 30, now)
  t.same(more, [])
  t.match(it, { code: 'certs.not-yet-valid', evidence: { not_before: '2027-11-25T06:00:00.000Z' } })
  t.equal(it?.subject, 'k3s server')
  t.equal(
    it?.text,
    '1.crt (c1) is valid from 2027-11-25 06:00 UTC, but the clock says 2027-11-23 06:00 UTC; 1 more not valid yet.',
  )
})

t.test('unreadable files of k3s are one finding', async (t) => {
  const broken = (path: string) => file(path, [], { problem: 'is empty' })
  const [it, ...more] = assess(server([broken('/d/a.crt'), broken('/d/b.crt')]), 30, now)
  t.same(more, [])
  t.match(it, { code: 'certs.unreadable', subject: 'k3s server', text: '/d/a.crt is empty; 1 more like it.' })
  t.match(it?.avoid, /tls folder/)
})

t.test("what an old k3s left is nobody's trouble", async (t) => {
  t.same(
    assess(server([file('/d/client-cloud-controller.crt', [lasting(-500)], { loose: true })]), 30, now),
    [],
  )
})

t.test('a kubeconfig is not blamed while k3s has just begun to renew', async (t) => {
  const admin = (changed: number) =>
    file('/d/client-admin.crt', [lasting(365, { subject: 'CN=admin' })], { changed })
  const copy = file('/etc/rancher/k3s/k3s.yaml', [lasting(-1, { subject: 'CN=admin' })], { of: 'kubeconfig' })
  const codes = (changed: number) =>
    assess(server([admin(changed), copy]), 30, now).filter((it) => it.code === 'certs.expired').length
  t.equal(codes(now - 5_000), 0)
  t.equal(codes(now - 5 * 60_000), 1)
})

t.test('that it is over is a stage of its own', async (t) => {
  const stage = (left: number) => assess(own(left), 30, now)[0]?.stage
  t.equal(stage(0.5), 5)
  t.equal(stage(-0.5), 6)
})
