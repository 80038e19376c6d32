import t from 'tap'
import { findUnit } from '../../../collectors/node/unit.ts'
import { machine, unit } from './machine.ts'

const system = '/etc/systemd/system'

t.test("the installer's unit and its environment file", async (t) => {
  const host = machine(t, {
    [`${system}/k3s-agent.service`]: unit(
      '/usr/local/bin/k3s \\\n    agent \\\n',
      `${system}/k3s-agent.service.env`,
    ),
    [`${system}/k3s-agent.service.env`]: "K3S_TOKEN='x'\nK3S_URL='https://10.0.0.1:6443'\n",
    '/etc/default/k3s-agent': 'K3S_NODE_NAME=n2\n',
    [`${system}/k3s-killall.service`]: '[Service]\nExecStart=/usr/local/bin/k3s-killall.sh\n',
  })
  t.same(await findUnit(host), {
    name: 'k3s-agent',
    distribution: 'k3s',
    always: true,
    role: 'agent',
    argv: ['/usr/local/bin/k3s', 'agent'],
    environment: { K3S_TOKEN: 'x', K3S_URL: 'https://10.0.0.1:6443', K3S_NODE_NAME: 'n2' },
  })
})

t.test('a name of its own, a drop-in and Environment=', async (t) => {
  const host = machine(t, {
    [`${system}/k3s-edge.service`]: unit('/opt/bin/k3s server'),
    [`${system}/k3s-edge.service.d/10-data.conf`]: '[Service]\nEnvironment="K3S_DATA_DIR=/srv/a b" X=1\n',
    [`${system}/k3s-edge.service.d/20.conf`]:
      '[Service]\nExecStart=\nExecStart=/opt/bin/k3s server --disable traefik\n',
    [`${system}/k3s-edge.service.d/notes.txt`]: 'ExecStart=/bin/false\n',
  })
  t.match(await findUnit(host), {
    name: 'k3s-edge',
    argv: ['/opt/bin/k3s', 'server', '--disable', 'traefik'],
    environment: { K3S_DATA_DIR: '/srv/a b', X: '1' },
  })
})

t.test('of several the one that runs, else the one that starts at boot', async (t) => {
  const files = {
    [`${system}/k3s-agent.service`]: unit('/usr/local/bin/k3s agent'),
    [`${system}/k3s.service`]: unit('/usr/local/bin/k3s server'),
    '/usr/local/lib/systemd/system/rke2-server.service': '[Service]\nExecStart=/usr/local/bin/rke2 server\n',
  }
  const host = machine(t, files)
  const running = { pid: 1, since: 0, argv: [], distribution: 'k3s' } as const
  t.match(await findUnit(host, { ...running, role: 'server' }), { name: 'k3s' })
  t.match(await findUnit(host, { ...running, role: 'server', unit: 'k3s-agent' }), { name: 'k3s-agent' })
  t.match(await findUnit(host, { ...running, distribution: 'rke2' }), { name: 'rke2-server' })
  const enabled = machine(t, {
    ...files,
    [`${system}/multi-user.target.wants/k3s.service`]: '-> ../k3s.service',
  })
  t.match(await findUnit(enabled), { name: 'k3s' })
})

t.test('none', async (t) => {
  t.equal(await findUnit(machine(t, { [`${system}/ssh.service`]: 'ExecStart=/usr/sbin/sshd' })), undefined)
})
