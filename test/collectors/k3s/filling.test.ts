import t from 'tap'
import { datastore, diskForecast, disks } from '../../../collectors/k3s/filling.ts'
import type { Disk } from '../../../collectors/k3s/sample.ts'
import { limits, minute, noon, server } from './samples.ts'

const gib = 2 ** 30
const disk = (it: Partial<Disk>): Disk => ({
  path: '/var/lib/rancher/k3s',
  also: ['/var/log/pods'],
  size: 40 * gib,
  used: 40,
  inodes: 10,
  evicts: 95,
  ...it,
})
const judge = (it: Partial<Disk>, series?: Parameters<typeof disks>[2]) =>
  disks(server({ disks: [disk(it)] }), limits, series, noon)
/** A day of values, five minutes apart, that ends at `last` and rises by `daily`. */
const rising = (last: number, daily: number) => () =>
  Array.from({ length: 288 }, (_, at) => ({
    at: noon - (287 - at) * 5 * minute,
    value: last - (daily * (287 - at)) / 288,
  }))

t.test('by what is left, in bytes and inodes', async (t) => {
  t.strictSame(judge({}), [])
  t.strictSame(judge({ used: 89.9 }), [])
  t.match(judge({ used: 92.5 }), [
    {
      code: 'k3s.disk-filling',
      subject: '/var/lib/rancher/k3s',
      severity: 'warning',
      text: '/var/lib/rancher/k3s (with /var/log/pods): 92.5 % of 40 GiB used, 3 GiB free.',
      evidence: { used_percent: 92.5 },
    },
  ])
  t.match(judge({ used: 95 }), [{ severity: 'critical' }], 'where pods are evicted')
  const [inodes] = judge({ inodes: 98.4 })
  t.match(inodes, { severity: 'critical', text: /98\.4 % of the inodes used/ })
  t.match(inodes?.fix?.[0], /du -x --inodes/)
  t.match(judge({ used: 91, inodes: 99 }), [{ severity: 'critical', text: /inodes/ }], 'the worse of both')
})

t.test("by the kubelet's own settings", async (t) => {
  t.match(judge({ used: 95 }), [{ text: /3?.* free\. From 95 % on the kubelet evicts pods\.$/ }])
  t.match(judge({ used: 85, evicts: 85 }), [
    { severity: 'critical', text: /From 85 % on the kubelet evicts/ },
  ])
  t.strictSame(judge({ used: 84.9, evicts: 85 }), [])
  t.match(judge({ used: 96, evicts: 98 }), [{ severity: 'critical', text: /free\.$/ }], 'none yet')
  const { evicts: _, ...other } = disk({ used: 96 })
  const [alone] = disks(server({ disks: [other] }), limits, rising(96, 6), noon)
  t.match(alone, { severity: 'critical' }, 'full, whoever evicts')
  t.match(alone?.text, /it is full in/)
  t.notMatch(alone?.text, /evict/, 'on a disk of volumes alone nothing is evicted')
  t.match(judge({ inodes: 95.5, evictsInodes: 95 }), [
    { severity: 'critical', text: /95\.5 % of the inodes used\. From 95 % on the kubelet evicts pods\./ },
  ])
})

t.test('by when it will be full', async (t) => {
  t.match(judge({ used: 80 }, rising(80, 6)), [
    { severity: 'warning', text: /k3s evicts pods \(95 %\) in 2 d/ },
  ])
  t.match(judge({ used: 90 }, rising(90, 24)), [{ severity: 'critical', text: /in 5 h/ }])
  t.strictSame(judge({ used: 80 }, rising(80, 1)), [], 'in two weeks is no news')
  t.strictSame(judge({ used: 60 }, rising(60, 30)), [], 'with so much room it is a download')
  t.strictSame(judge({ used: 80 }, rising(80, -5)), [])
  t.match(diskForecast(disk({ used: 80 }), 'disk', rising(80, 6), noon), { confidence: 'likely' })
  t.equal(diskForecast(disk({}), 'disk', undefined, noon), undefined)
})

t.test('what it recommends can be pasted, whatever the folder is called', async (t) => {
  const [it] = judge({ path: '/srv/my `k3s`', used: 99 })
  for (const step of it?.fix ?? []) t.equal(step.split('`').length % 2, 1, step)
  const rke2 = disks(
    server({
      disks: [disk({ used: 99 })],
      k3s: {
        ...(server().k3s as NonNullable<ReturnType<typeof server>['k3s']>),
        distribution: 'rke2',
        dataDir: '/var/lib/rancher/rke2',
      },
    }),
    limits,
    undefined,
    noon,
  )
  t.match(rke2[0]?.fix?.[1], '/var/lib/rancher/rke2/bin/crictl rmi --prune')
})

t.test('the datastore', async (t) => {
  const mib = 2 ** 20
  const it = (size: number, more: object = {}) =>
    server({ datastore: { kind: 'sqlite', size: size * mib, log: 0, ...more } })
  t.strictSame(datastore(it(100), 2048, undefined, noon), [])
  t.match(datastore(it(1900, { log: 200 * mib }), 2048, undefined, noon), [
    {
      code: 'k3s.datastore-growing',
      subject: 'sqlite',
      text: 'The sqlite datastore takes 2.1 GiB, 200 MiB of that in its write-ahead log.',
    },
  ])
  t.match(datastore(it(1600, { kind: 'etcd', quota: 2 * gib }), 2048, undefined, noon), [
    { text: /Beyond 2 GiB etcd refuses every write\./ },
  ])
  t.match(datastore(it(1000), 2048, rising(1000 * mib, 300 * mib), noon), [{ text: /reaches 2 GiB in 3 d/ }])
  t.strictSame(datastore(it(100), 2048, rising(100 * mib, 300 * mib), noon), [], 'too small to extrapolate')
  t.strictSame(datastore(server(), 2048, undefined, noon), [])
})
