import t from 'tap'
import { collect } from '../../../collectors/k3s/collect.ts'
import { k3s } from '../../../collectors/k3s/index.ts'
import type { K3sSample } from '../../../collectors/k3s/sample.ts'
import { certificates } from '../certs/openssl.ts'
import { machine, process, status, unit } from '../node/machine.ts'
import { limits, minute } from './samples.ts'

const booted = 1_795_000_000_000
const show =
  'systemctl show k3s.service -p ActiveState,SubState,NRestarts,Result,ExecMainStatus,LoadState,UnitFileState,InactiveEnterTimestampMonotonic'
const said = (active: string, more = '') =>
  `ActiveState=${active}\nSubState=x\nNRestarts=0\nResult=success\nLoadState=loaded\nUnitFileState=enabled\n${more}`
const files = {
  '/etc/systemd/system/k3s.service': unit('/usr/local/bin/k3s server'),
  '/proc/sys/kernel/random/boot_id': '11111111-2222\n',
  '/proc/stat': `btime ${booted / 1000}\n`,
}
const running = { ...files, ...process(44, 'k3s-server', '/usr/local/bin/k3s server', 60_000) }
const version = { '/usr/local/bin/k3s --version': 'k3s version v1.33.1+k3s1 (1a2b3c)\n' }
const now = booted + 3600_000
const past = (sample: K3sSample, at = now) => ({ sample, at, heard: [] })
const none = { heard: [] }

t.test('a server at its first look, and at the next one, which asks no process', async (t) => {
  const first = await collect(
    machine(t, running, { commands: { ...version, [show]: said('active') }, now }),
    none,
  )
  t.match(first, {
    boot: '11111111-2222',
    booted,
    k3s: { role: 'server', unit: 'k3s', running: { pid: 44, since: booted + 600_000 } },
    version: 'v1.33.1+k3s1',
    seen: true,
    unit: { active: 'active', enabled: true },
  })
  t.notOk(first.happened)
  const again = await collect(machine(t, running, { commands: version, now: now + minute }), past(first))
  t.strictSame(
    { ...again, unseen: undefined },
    { ...first, unseen: undefined },
    'nothing new is the same sample',
  )
})

t.test('while all is well two looks of three only ask whether it is still the same', async (t) => {
  const gets = Object.fromEntries(
    [
      'https://127.0.0.1:6443/readyz as /var/lib/rancher/k3s/agent/client-kubelet.crt',
      'http://127.0.0.1:10248/healthz',
      'http://127.0.0.1:10256/healthz',
    ].map((it) => [it, { status: 200, body: 'ok' }]),
  )
  const asked: number[] = []
  const looking = (t: Parameters<typeof machine>[0], at: number, more: object = {}) => {
    const host = machine(t, running, {
      commands: { ...version, [show]: said('active') },
      gets,
      now: at,
      ...more,
    })
    const get: typeof host.get = (it) => {
      asked.push(at)
      return host.get(it)
    }
    return { ...host, get }
  }
  let sample = await collect(looking(t, now), none)
  asked.length = 0
  for (let count = 1; count <= 6; count += 1) {
    const at = now + count * minute
    sample = await collect(looking(t, at), past(sample, at - minute))
  }
  t.strictSame(new Set(asked).size, 2)
  const { since: up } = sample.k3s?.running ?? {}
  t.strictSame(sample.answers?.api, { well: true, status: 200, since: now, seen: now + 6 * minute, up })
  const calm = now + 7 * minute
  asked.length = 0
  await collect(looking(t, calm), { sample, at: calm - minute, heard: [{ at: calm, text: 'containerd' }] })
  t.not(asked.length, 0, 'woken, it looks in full')
  asked.length = 0
  await collect(looking(t, calm), past(sample, calm - 60 * minute))
  t.not(asked.length, 0, 'and after a pause of its own')
})

t.test('a look that comes sooner, as something is wrong, sees what was freed and asks no port', async (t) => {
  const data = '/var/lib/rancher/k3s'
  const state = `${data}/server/db/state.db`
  const stat = { kind: 'folder', size: 0, mtime: 0, ctime: 0, dev: 1, ino: 1, uid: 0, mode: 448 } as const
  const looking = (at: number, used: number, size: number) => {
    const space = { size: 1000, available: 1000 - used, inodes: 0, inodesFree: 0 }
    const host = machine(t, running, {
      commands: { ...version, [show]: said('active') },
      now: at,
      stats: { [data]: stat, [state]: { ...stat, kind: 'file', size: size * 2 ** 20 } },
      spaces: { [data]: space },
    })
    return {
      ...host,
      get: async () => {
        t.equal(at, now, 'nothing is asked')
        return { status: 200, body: 'ok' }
      },
    }
  }
  const full = await collect(looking(now, 960, 3000), none)
  t.match(full, { disks: [{ used: 96 }], datastore: { size: 3000 * 2 ** 20 } })
  t.notOk(full.unseen)
  const calm = now + 70_000
  const freed = await collect(looking(calm, 500, 100), past(full, calm - 10_000))
  t.match(freed, { disks: [{ used: 50 }], datastore: { size: 100 * 2 ** 20 } })
  const usual = await collect(looking(calm, 500, 100), past(full, calm - minute))
  t.match(usual, { disks: [{ used: 96 }] }, 'the usual look does without')
})

t.test('it is stopped, and started again', async (t) => {
  const first = await collect(
    machine(t, running, { commands: { ...version, [show]: said('active') }, now }),
    none,
  )
  const stop = said('inactive', 'InactiveEnterTimestampMonotonic=3630000000\n')
  const gone = await collect(
    machine(t, files, { commands: { ...version, [show]: stop }, now: now + minute }),
    past(first),
  )
  t.match(gone, { gone: booted + 3_630_000, unit: { active: 'inactive' }, seen: true })
  t.notOk(gone.k3s?.running)
  const later = await collect(
    machine(t, files, { commands: { ...version, [show]: stop }, now: now + 2 * minute }),
    past(gone, now + minute),
  )
  t.equal(later.gone, gone.gone)
  const anew = { ...files, ...process(45, 'k3s-server', '', 372_000) }
  const back = await collect(
    machine(t, anew, { commands: { ...version, [show]: said('active') }, now: now + 3 * minute }),
    past(later, now + 2 * minute),
  )
  t.match(back.happened, [{ code: 'k3s.restarted', at: booted + 3_720_000 }])
  t.notOk(back.gone)
})

t.test('a journal that is silent is asked again, three times in all', async (t) => {
  const first = await collect(
    machine(t, running, { commands: { ...version, [show]: said('active') }, now }),
    none,
  )
  const crashed = said('active').replace('NRestarts=0', 'NRestarts=1')
  const anew = { ...files, ...process(45, 'k3s-server', '', 366_000) }
  let before = { sample: first, at: now }
  const next = async (after: number, commands: Readonly<Record<string, string>> = {}) => {
    const at = now + after
    const host = machine(t, anew, { commands: { ...version, [show]: crashed, ...commands }, now: at })
    before = { sample: await collect(host, { ...before, heard: [] }), at }
    return before.sample
  }
  t.match(await next(61_000), { owed: 1, happened: [{ code: 'k3s.restarted' }] })
  const whole = before
  t.match(await next(71_000), { owed: 2, happened: [{ code: 'k3s.restarted' }] })
  t.match(await next(81_000), { owed: undefined, ended: undefined }, 'then it is let be')

  before = whole
  const own = {
    __REALTIME_TIMESTAMP: `${(now + 55_000) * 1000}`,
    MESSAGE_ID: '98e322203f7a4ed290d09fe03c09fe15',
    EXIT_CODE: 'exited',
    EXIT_STATUS: '2',
  }
  const asked =
    'journalctl --lines=30 --output=json --no-pager --output-fields=MESSAGE_ID,EXIT_CODE,EXIT_STATUS,UNIT_RESULT,INVOCATION_ID _PID=1 UNIT=k3s.service MESSAGE_ID=98e322203f7a4ed290d09fe03c09fe15 MESSAGE_ID=d9b373ed55a64feb8242e02dbe79a49c MESSAGE_ID=7ad2d189f7e94e70a38c781354912448 MESSAGE_ID=de5b426a63be47a7b6ac3eaac82e2f6f'
  await next(71_000, { [asked]: JSON.stringify(own) })
  t.match(await next(81_000, { [asked]: JSON.stringify(own) }), {
    owed: undefined,
    happened: [{ code: 'k3s.crashed', at: now + 55_000, evidence: { exit: 2 } }, { code: 'k3s.restarted' }],
  })
})

t.test('a k3s that cannot be believed is said, and nothing is over by it, nor begins', async (t) => {
  const none = { heard: [] }
  const session = '0::/user.slice/user-1000.slice/session-2.scope\n'
  const looked = async (more: object, base: object = files) =>
    collect(machine(t, { ...base, ...process(50, 'k3s-server', '', 100, more) }, { now }), none)
  const codes = ['k3s.down', 'k3s.restarting', 'k3s.api-unhealthy', 'k3s.kubelet-unhealthy']
  const byHand = await looked({ cgroup: session })
  t.match(byHand, {
    doubted: true,
    unseen: [
      { codes, why: /k3s-server \(pid 50, uid 0, cgroup \/user.slice\/user-1000.slice\/session-2.scope\)/ },
    ],
  })
  t.notOk(byHand.k3s?.running)
  const theirs = await looked({ status: status(1000), cgroup: session })
  t.notOk(
    theirs.unseen?.some((it) => it.what === 'whether k3s runs'),
    "a user's word is no news",
  )
  t.notOk(theirs.doubted, 'and keeps nobody from being told that k3s is down')
  t.equal(
    (await looked({ status: status(1000) }, {})).unseen,
    undefined,
    'where nothing is installed, it is no news',
  )
  t.notOk(
    (await looked({})).unseen?.some((it) => it.codes?.includes('k3s.down')),
    'one that is believed',
  )
  t.notOk(
    (
      await collect(
        machine(t, { ...running, ...process(50, 'k3s-server', '', 100, { cgroup: session }) }, { now }),
        none,
      )
    ).doubted,
    'beside the one that is',
  )
})

t.test('an uninstalled k3s is no stopped one', async (t) => {
  const first = await collect(machine(t, running, { commands: version, now }), none)
  const {
    boot,
    booted: began,
    ...rest
  } = await collect(
    machine(t, { '/proc/sys/kernel/random/boot_id': '11111111-2222\n' }, { now }),
    past(first),
  )
  t.equal(boot, '11111111-2222')
  t.equal(began, booted)
  t.strictSame(rest, { had: { what: 'k3s server v1.33.1+k3s1', at: now } })
})

t.test('a node remembers that it had k3s, and which, also over restarts of the agent', async (t) => {
  const first = await collect(
    machine(t, running, { commands: { ...version, [show]: said('active') }, now }),
    none,
  )
  const bare = Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith('/proc')))
  const gone = await collect(machine(t, bare, { now: now + minute }), past(first))
  t.match(gone, { k3s: undefined, had: { what: 'k3s server v1.33.1+k3s1', at: now } })
  const later = await collect(machine(t, bare, { now: now + 9 * minute }), past(gone, now + minute))
  t.strictSame(later.had, gone.had, 'and since when')
  const never = await collect(machine(t, bare, { now }), none)
  t.notOk(never.had)
  const back = await collect(
    machine(t, running, { commands: { ...version, [show]: said('active') }, now: now + 10 * minute }),
    past(later, now + 9 * minute),
  )
  t.notOk(back.had, 'until it is there again')
  t.equal(k3s.absent?.(gone), 'gone')
  t.equal(k3s.absent?.(never), 'never')
  t.equal(k3s.absent?.(back), undefined)
})

t.test('this node as the cluster sees it: asked in each look, kept while nobody can be asked', async (t) => {
  const { issue } = certificates(t)
  const data = '/var/lib/rancher/k3s/agent'
  const kubelet = {
    [`${data}/kubelet.kubeconfig`]: `    server: https://127.0.0.1:6443
    certificate-authority: ${data}/server-ca.crt
    client-certificate: ${data}/client-kubelet.crt
    client-key: ${data}/client-kubelet.key
`,
    [`${data}/client-kubelet.crt`]: issue({ subject: '/O=system:nodes/CN=system:node:node1' }).pem,
  }
  const answer = (conditions: object[]) => ({
    [`https://127.0.0.1:6443/api/v1/nodes/node1 as ${data}/client-kubelet.crt`]: {
      status: 200,
      body: JSON.stringify({ kind: 'Node', status: { conditions } }),
    },
  })
  const commands = { ...version, [show]: said('active') }
  const looks = (
    gets: ReturnType<typeof answer> | Record<string, never>,
    before?: K3sSample,
    at = now,
    of: object = running,
  ) =>
    collect(
      machine(t, { ...of, ...kubelet }, { commands, gets, now: at }),
      before ? past(before, at - minute) : none,
    )
  const well = await looks(answer([{ type: 'Ready', status: 'True' }]))
  t.strictSame(well.node, { name: 'node1', ready: true, pressures: [], taints: [] })
  const message = 'PLEG is not healthy'
  const ill = await looks(answer([{ type: 'Ready', status: 'False', message }]), well, now + minute)
  t.match(ill.node, { ready: false, condition: { message } })
  t.match(k3s.assess(ill, { heard: [] }, limits, now + minute), [
    { code: 'k3s.node-not-ready', subject: 'node1' },
  ])
  const down = await looks({}, ill, now + 2 * minute, files)
  t.match(down.node, { ready: false, stale: true }, 'k3s does not run')
})
