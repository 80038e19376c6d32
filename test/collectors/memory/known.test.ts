import t from 'tap'
import { rankOf } from '../../../collectors/memory/known.ts'

t.test('what a process is to the node', async (t) => {
  for (const comm of [
    'k3s-server',
    'k3s-agent',
    'rke2',
    'containerd',
    'containerd-shim',
    'kubelet',
    'systemd',
    'systemd-journal',
    'sshd',
  ])
    t.equal(rankOf(comm, false), 'node', comm)
  for (const comm of ['postgres', 'mysqld', 'mariadbd', 'redis-server', 'mongod', 'etcd', 'clickhouse-serv'])
    for (const inPod of [true, false]) t.equal(rankOf(comm, inPod), 'database', comm)
  for (const comm of ['tail', 'java', 'my-postgres', 'k3s-server2', ''])
    t.equal(rankOf(comm, false), undefined, comm)
})

t.test('in a pod nobody is what keeps the node', async (t) => {
  t.equal(rankOf('k3s-server', true), undefined)
  t.equal(rankOf('systemd', true), undefined)
})
