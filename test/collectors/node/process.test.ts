import t from 'tap'
import { commandLine, findProcess, started } from '../../../collectors/node/process.ts'
import { machine, process } from './machine.ts'

const boot = 1_795_000_000_000

t.test('k3s as it really looks: the title hides the flags', async (t) => {
  const host = machine(t, {
    ...process(1, 'systemd', '/sbin/init\0'),
    ...process(812, 'k3s-server', `/usr/local/bin/k3s server${'\0'.repeat(40)}`, 12_345, {
      cgroup: '0::/system.slice/k3s.service\n',
      status: 'Name:\tk3s-server\nNSpid:\t812\n',
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
    ...process(7, 'k3s-server', '/bin/k3s server\0', 100, { status: 'NSpid:\t7\t1\n' }),
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

t.test('command lines', async (t) => {
  t.same(commandLine('a\0b c\0'), ['a', 'b c'])
  t.same(commandLine('a b c\0\0\0'), ['a', 'b', 'c'])
  t.same(commandLine(''), [])
})

t.test('when it started, also with a name that looks like the fields', async (t) => {
  const host = machine(t, process(9, 'a) R 1 (b', 'x', 250))
  t.equal(await started(host, 9), boot + 2_500)
  t.equal(await started(host, 10), 0)
})
