import t from 'tap'
import { commandLine, doubtedProcesses, findProcess, started } from '../../../collectors/node/process.ts'
import { machine, process, status } from './machine.ts'

const boot = 1_795_000_000_000

t.test('k3s as it really looks: the title hides the flags', async (t) => {
  const host = machine(t, {
    ...process(1, 'systemd', '/sbin/init\0', 0, { cgroup: '0::/init.scope\n' }),
    ...process(812, 'k3s-server', `/usr/local/bin/k3s server${'\0'.repeat(40)}`, 12_345, {
      cgroup: '0::/system.slice/k3s.service\n',
    }),
  })
  t.same(await findProcess(host), {
    pid: 812,
    since: boot + 123_450,
    distribution: 'k3s',
    role: 'server',
    argv: ['/usr/local/bin/k3s', 'server'],
    unit: 'k3s',
  })
})

t.test('the name of the process is right where its command line lies (k3s-io/k3s#10616)', async (t) => {
  const host = machine(t, process(7, 'k3s-server', '/usr/local/bin/k3s agent\0\0'))
  t.match(await findProcess(host), { role: 'server' })
})

t.test('RKE2 and old k3s are told apart by their command', async (t) => {
  t.match(await findProcess(machine(t, process(7, 'rke2', '/usr/local/bin/rke2\0agent\0'))), {
    distribution: 'rke2',
    role: 'agent',
  })
})

t.test('kubectl, a program with a similar name and a k3s in a container are not this node', async (t) => {
  const host = machine(t, {
    ...process(5, 'k3s', 'k3s\0kubectl\0get\0nodes\0server\0'),
    ...process(6, 'k3s-server-x', 'k3s-server-x\0server\0'),
    ...process(7, 'k3s-server', '/bin/k3s server\0', 100, { status: status(0, '\t1') }),
  })
  t.equal(await findProcess(host), undefined)
})

t.test('a known process is not searched again, and its start does not wander with the clock', async (t) => {
  const host = machine(t, {
    ...process(5, 'k3s-agent', '/usr/local/bin/k3s agent\0'),
    ...process(900, 'k3s-server', '/usr/local/bin/k3s server\0', 100),
  })
  t.match(await findProcess(host, { pid: 900, since: boot + 3_000 }), { pid: 900, since: boot + 3_000 })
  t.match(await findProcess(host, { pid: 900, since: boot - 60_000 }), { pid: 5 }, 'another one with its id')
  t.match(await findProcess(host, { pid: 901, since: boot }), { pid: 5 }, 'it is gone')
})

t.test("a user's process with the name of k3s is nobody's k3s, whatever it says of itself", async (t) => {
  const line = 'k3s\0server\0--data-dir\0/home/ada/forged\0--constructor\0'
  const initial = { '/proc/self/uid_map': '         0          0 4294967295\n' }
  const forged = (more: object) =>
    findProcess(machine(t, { ...initial, ...process(40, 'k3s-server', line, 100, { ...ours, ...more }) }))
  const ours = { uid_map: initial['/proc/self/uid_map'] }
  t.match(await forged({}), { pid: 40 }, 'it would be, were it of root')
  t.equal(await forged({ status: status(1000) }), undefined, 'its ids are not those of root')
  t.equal(
    await forged({ uid_map: '         0       1000          1\n' }),
    undefined,
    'root of its own namespace',
  )
  t.equal(await forged({ cgroup: '0::/user.slice/user-1000.slice/session-2.scope\n' }), undefined)
  t.equal(await forged({ cgroup: '' }), undefined, 'nowhere')
})

t.test('what is not of root is asked for nothing that touches its memory', async (t) => {
  const host = machine(t, {
    ...process(40, 'k3s-server', 'k3s\0server\0', 100, { status: status(1000) }),
    ...process(41, 'bash', 'bash\0'),
    ...process(42, 'k3s-server', 'k3s\0server\0'),
  })
  const asked: string[] = []
  const text: typeof host.text = (path, options) => {
    asked.push(path)
    return host.text(path, options)
  }
  t.match(await findProcess({ ...host, text }), { pid: 42 })
  t.same(
    asked.filter((it) => /cmdline|environ|maps|exe/.test(it)),
    ['/proc/42/cmdline'],
  )
})

t.test('what root has started under the name of k3s and is not believed is named', async (t) => {
  const session = '0::/user.slice/user-1000.slice/session-2.scope\n'
  const doubted = async (comm: string, more: object, line = 'k3s\0server\0') =>
    (await doubtedProcesses(machine(t, process(40, comm, line, 100, more)))).map(({ pid: _, ...it }) => it)
  const cgroup = '/user.slice/user-1000.slice/session-2.scope'
  t.same(await doubted('k3s-server', { cgroup: session }), [{ name: 'k3s-server', cgroup }])
  t.same(await doubted('k3s', { cgroup: session }), [{ name: 'k3s', cgroup }])
  const none = {
    "a user's": { status: status(1000), cgroup: session },
    "a user's in the place of the real one": { status: status(1000) },
    'the k3s of this machine': {},
    'one in a container': { status: status(0, '\t1') },
    'in a place of a container': { cgroup: '0::/system.slice/docker-abc.scope\n' },
    'one that is over': { status: status(0).replace('Uid', 'State:\tZ (zombie)\nUid'), cgroup: session },
  }
  for (const [what, more] of Object.entries(none)) t.same(await doubted('k3s-server', more), [], what)
  t.same(await doubted('k3s', { cgroup: session }, 'k3s\0kubectl\0get\0pods\0'), [], 'kubectl')
  t.same(
    await doubted('k3s', { status: status(1000), cgroup: session }),
    [],
    'whose command line is not read',
  )
  t.match(await doubted('k3s-server', { cgroup: '0::/user.slice/`a\x1b[2J\n' }), [
    { cgroup: '/user.slice/?a?[2J' },
  ])
})

t.test("root's among many of users'", async (t) => {
  const session = '0::/user.slice/user-1000.slice/session-2.scope\n'
  const files = Array.from({ length: 50 }, (_, at) =>
    process(100 + at, 'k3s-server', '', 100, { cgroup: session, ...(at !== 40 && { status: status(1000) }) }),
  )
  const found = await doubtedProcesses(machine(t, Object.assign({}, ...files)))
  t.match(found, [{ pid: 140 }])
})

t.test('command lines', async (t) => {
  t.same(commandLine('a\0b c\0'), ['a', 'b c'])
  t.same(commandLine('a b c\0\0\0'), ['a', 'b', 'c'])
  t.same(commandLine(''), [])
  t.equal(commandLine('-a\0'.repeat(80_000)).length, 1_000, 'bounded')
  t.equal(commandLine('-a '.repeat(80_000)).length, 1_000)
})

t.test('when it started, also with a name that looks like the fields', async (t) => {
  const host = machine(t, process(9, 'a) R 1 (b', 'x', 250))
  t.equal(await started(host, 9), boot + 2_500)
  t.equal(await started(host, 10), 0)
})
