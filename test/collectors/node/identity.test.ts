import t from 'tap'
import { isRoots, placeOf, shownPlace } from '../../../collectors/node/identity.ts'

/** What proc(5) shows of a k3s of systemd. */
const k3s = `Name:\tk3s-server
Umask:\t0022
State:\tS (sleeping)
Tgid:\t812
Pid:\t812
PPid:\t1
Uid:\t0\t0\t0\t0
Gid:\t0\t0\t0\t0
FDSize:\t256
Groups:\t
NStgid:\t812
NSpid:\t812
`

t.test('all four ids of user and group are those of root', async (t) => {
  t.ok(isRoots(k3s))
  t.ok(isRoots(k3s.replace('Groups:\t', 'Groups:\t0 27')), 'as sudo leaves it')
  t.ok(isRoots(k3s.replace(/^NS.*\n/gm, '')), 'Linux before 4.1')
  const not = {
    'a user': k3s.replace(/0\t0\t0\t0/g, '1000\t1000\t1000\t1000'),
    'a setuid program of a user': k3s.replace('Uid:\t0\t0\t0\t0', 'Uid:\t1000\t0\t0\t0'),
    'sudo of a user, which asks for a password': k3s.replace('Gid:\t0', 'Gid:\t1000'),
    'one whose owner is not of this namespace': k3s.replace(/0\t0\t0\t0/g, '65534\t65534\t65534\t65534'),
    'one in a container': k3s.replace('NSpid:\t812', 'NSpid:\t812\t1'),
    'a name that looks like the lines': `Name:\tUid:\\tUid:\t0\t0\t0\t0\n${k3s.replace(/^Uid.*$/m, 'Uid:\t7\t7\t7\t7')}`,
    'one that is over': k3s.replace('S (sleeping)', 'Z (zombie)'),
    nothing: '',
  }
  for (const [what, status] of Object.entries(not)) t.notOk(isRoots(status), what)
})

t.test('places that only root fills', async (t) => {
  const places: Record<string, string | undefined> = {
    '0::/system.slice/k3s.service': 'k3s',
    '0::/system.slice/rke2-server.service': 'rke2-server',
    '0::/runtime.slice/k3s-agent.service': 'k3s-agent',
    '0::/system.slice/system-k3s.slice/k3s@a.service': 'k3s@a',
    '0::/k3s.service/init': 'k3s',
    '12:cpuset:/\n5:memory:/user.slice\n1:name=systemd:/system.slice/k3s.service\n0::/system.slice/k3s.service':
      'k3s',
    '9:name=systemd:/system.slice/k3s.service\n0::/': 'k3s',
    '0::/k3s': undefined,
    '0::/': undefined,
    '0::/user.slice/user-0.slice/session-4.scope': undefined,
    '0::/openrc.k3s': undefined,
    '0::/openrc/k3s': undefined,
    '3:cpu:/\n1:name=openrc:/k3s': undefined,
    '4:memory:/\n2:cpu:/': undefined,
    // `systemd-run --scope`, k3s by hand on a hybrid hierarchy (which leaves `0::` where it was), and procd of OpenWrt.
    '0::/system.slice/run-r0123abcd.scope': undefined,
    '0::/system.slice/k3s.scope': undefined,
    '12:memory:/k3s\n11:cpu,cpuacct:/k3s\n1:name=systemd:/k3s\n0::/user.slice/user-1000.slice/session-3.scope':
      undefined,
    '12:memory:/k3s\n1:name=systemd:/user.slice/user-1000.slice/session-3.scope': undefined,
    '0::/services/k3s': undefined,
    '0::/services/k3s/instance1': undefined,
  }
  for (const [text, unit] of Object.entries(places)) t.same(placeOf(`${text}\n`), unit ? { unit } : {}, text)
})

t.test('places of users and containers', async (t) => {
  const uid = '0123abcd-0123-0123-0123-0123456789ab'
  for (const text of [
    '0::/user.slice/user-1000.slice/session-2.scope',
    '0::/user.slice/user-1000.slice/user@1000.service/app.slice/k3s.service',
    '0::/user.slice/user-1000.slice/user@1000.service/user-0.slice/k3s.service',
    '0::/user.slice',
    `0::/kubepods/besteffort/pod${uid}/abc`,
    `0::/kubepods.slice/kubepods-pod${uid}.slice/cri-containerd-abc.scope`,
    `0::/kubepods.slice/kubepods-pod${uid}.slice/k3s.service`,
    `0::/system.slice/k3s.service/kubepods-pod${uid}.slice:cri-containerd:abc`,
    '0::/system.slice/docker-abc.scope',
    '0::/system.slice/docker-abc.scope/system.slice/k3s.service',
    '0::/docker/abc',
    '0::/machine.slice/libpod-abc.scope',
    '0::/machine.slice/systemd-nspawn@node.service/payload/system.slice/k3s.service',
    '0::/lxc.payload.node/system.slice/k3s.service',
    '1:name=systemd:/system.slice/k3s.service\n0::/kubepods/x',
    '0::/../../k3s',
    '0::/system.slice/nerdctl-abc.scope',
    '0::/system.slice/crio-abc.scope',
    '0::/system.slice/libpod-abc.scope/container',
    '0::/system.slice/machine-abc.scope',
    '0::/system.slice/system-x.slice/run-1.scope',
    '0::/user.slice/user-1000.slice/user@1000.service/system.slice/run-1.scope',
    '0::/other.slice/run-1.scope',
    '12:memory:/k3s\n1:name=systemd:/docker/abc/kubepods\n0::/',
    '12:memory:/k3s/x\n0::/user.slice/user-1000.slice/session-3.scope',
    '0::/services',
    '0::/system.slice',
    'nonsense',
    '',
  ])
    t.equal(placeOf(`${text}\n`), undefined, text)
})

t.test('a machine that is a container itself begins where its init is', async (t) => {
  const init = '1:name=systemd:/lxc.payload.node/init.scope\n0::/lxc.payload.node/init.scope\n'
  const all = (path: string) => `1:name=systemd:${path}\n0::${path}\n`
  t.same(placeOf(all('/lxc.payload.node/system.slice/k3s.service'), init), { unit: 'k3s' })
  t.equal(placeOf(all('/lxc.payload.node2/system.slice/k3s.service'), init), undefined, 'another one')
  t.equal(placeOf(all('/system.slice/k3s.service'), init), undefined, 'that of the machine around it')
  t.same(placeOf('0::/system.slice/k3s.service\n', '0::/init.scope\n'), { unit: 'k3s' })
  t.same(placeOf('0::/system.slice/k3s.service\n', '0::/\n'), { unit: 'k3s' })
})

t.test('a cgroup in a sentence cannot pass for another', async (t) => {
  t.equal(shownPlace('0::/system.slice/k3s.service\n'), '/system.slice/k3s.service')
  t.equal(shownPlace('0::/a\u202eb`c\u001b\n'), '/a?b?c?')
  t.equal(shownPlace(`0::/${'x'.repeat(500)}\n`).length, 120)
  t.equal(shownPlace(''), 'none')
})
