import t from 'tap'
import { evictedFrom, kubeletSettings, settingsOf } from '../../../collectors/node/kubelet-settings.ts'
import { machine } from './machine.ts'

const dir = '/var/lib/rancher/k3s/agent/etc/kubelet.conf.d'
const k3s = (given: readonly string[] = []) => ({
  ...{ dataDir: '/var/lib/rancher/k3s', flags: given.length > 0 ? { 'kubelet-arg': given } : {} },
})
/** As k3s v1.36.3+k3s1 writes it, in part. */
const defaults = `apiVersion: kubelet.config.k8s.io/v1beta1
evictionHard:
  imagefs.available: 5%
  nodefs.available: 5%
evictionMinimumReclaim:
  imagefs.available: 10%
  nodefs.available: 10%
healthzBindAddress: 127.0.0.1
kind: KubeletConfiguration
shutdownGracePeriod: 0s
`
const usual = { 'imagefs.available': '5%', 'nodefs.available': '5%' }
const file = (evictionHard: string) => `kind: KubeletConfiguration\nevictionHard:\n${evictionHard}`
const hard = async (files: Readonly<Record<string, string>>, given: readonly string[] = []) =>
  (await kubeletSettings(machine(t, files), k3s(given)))?.evictionHard

t.test("k3s's own: as a file since 1.32, as flags before", async (t) => {
  t.strictSame(await hard({ [`${dir}/00-k3s-defaults.conf`]: defaults }), usual)
  t.strictSame(await hard({ '/var/lib/rancher/k3s/agent/etc/x': '' }), usual)
})

t.test('flags go before drop-ins, later ones before earlier ones, in the order of their paths', async (t) => {
  const files = {
    [`${dir}/00-k3s-defaults.conf`]: defaults,
    [`${dir}/10-cli-config.conf`]: file('  nodefs.available: 7%\n'),
    [`${dir}/20-cli-config-dir/5-own.conf`]: file('  nodefs.available: "8%"\n  memory.available: 200Mi\n'),
    [`${dir}/20-cli-config-dir/notes.txt`]: file('  nodefs.available: 99%\n'),
  }
  const merged = { 'imagefs.available': '5%', 'nodefs.available': '8%', 'memory.available': '200Mi' }
  t.strictSame(await hard(files), merged, 'signals of their own are merged')
  const last = {
    ...files,
    [`${dir}/99-last.conf`]: file("  nodefs.available: '12%' # more\n  imagefs.available: null\n"),
  }
  t.strictSame(await hard(last), { 'nodefs.available': '12%', 'memory.available': '200Mi' })
  t.strictSame(
    await hard(last, [
      'eviction-hard=memory.available<100Mi',
      '--eviction-hard=nodefs.available<1Gi,imagefs.available<15%',
    ]),
    { 'nodefs.available': '1Gi', 'imagefs.available': '15%' },
    'a flag replaces all of it',
  )
})

t.test('JSON, a flow mapping, and the port of /healthz', async (t) => {
  t.strictSame(settingsOf(['{"evictionHard":{"nodefs.available":"3%"},"healthzPort":10349}'], []), {
    evictionHard: { 'nodefs.available': '3%' },
    healthzPort: '10349',
  })
  t.strictSame(settingsOf([defaults, 'evictionHard: {nodefs.available: "2%"}\nhealthzPort: 10350\n'], []), {
    evictionHard: { ...usual, 'nodefs.available': '2%' },
    healthzPort: '10350',
  })
  t.strictSame(settingsOf([defaults, 'healthzPort: 1\n', 'maxPods: 9\n'], []), {
    evictionHard: usual,
    healthzPort: '1',
  })
})

t.test('what is not read with certainty is not known', async (t) => {
  for (const text of [
    file('  <<: *other\n'),
    'evictionHard: *other\n',
    file('  nodefs.available: plenty\n'),
    file('  nodefs.available:\n    - 5%\n'),
    '{"evictionHard":{"nodefs.available":5}}',
    '{"evictionHard":',
    file(Array.from({ length: 20 }, (_, at) => `  ${'abcdefghijklmnopqrstuvwxyz'[at]}.x: 1%\n`).join('')),
  ])
    t.equal(await hard({ [`${dir}/50.conf`]: text }), undefined, text.slice(0, 60))
  t.equal(await hard({}, ['eviction-hard=rm -rf']), undefined)
  t.strictSame(await hard({}, ['eviction-hard=']), {}, 'nothing at all')
})

t.test('a file that was changed after k3s had started may not be what the kubelet has read', async (t) => {
  const files = {
    [`${dir}/00-k3s-defaults.conf`]: defaults,
    [`${dir}/50-own.conf`]: file('  nodefs.available: 40%\n'),
  }
  const started = Date.UTC(2026, 10, 23)
  const stat = (changed: number) => ({
    ...{
      kind: 'file' as const,
      size: 1,
      mtime: started,
      ctime: changed,
      dev: 1,
      ino: 1,
      uid: 0,
      mode: 0o100600,
    },
  })
  const known = async (own: number, folder = started) =>
    (
      await kubeletSettings(
        machine(t, files, {
          stats: {
            [dir]: { ...stat(folder), kind: 'folder' },
            [`${dir}/00-k3s-defaults.conf`]: stat(started),
            [`${dir}/50-own.conf`]: stat(own),
          },
        }),
        k3s(),
      )
    )?.evictionHard
  t.strictSame(
    await known(started + 5_000),
    { ...usual, 'nodefs.available': '40%' },
    'k3s writes one after the other',
  )
  t.equal(await known(started + 3_600_000), undefined)
  t.equal(await known(started, started + 3_600_000), undefined, 'one was put there, or deleted')
})

t.test('percent in use from which on pods are evicted', async (t) => {
  const gib = 2 ** 30
  t.equal(evictedFrom('5%', 40 * gib), 95)
  t.equal(evictedFrom('2.5%', 40 * gib), 97.5)
  t.equal(evictedFrom('4Gi', 40 * gib), 90)
  t.equal(evictedFrom('1G', 40 * gib), 97.7)
  t.equal(evictedFrom('80Gi', 40 * gib), 0, 'more than there is')
  for (const none of [undefined, '0', '0%', '', 'x', '5 %']) t.equal(evictedFrom(none, gib), undefined)
})
