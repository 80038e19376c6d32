import t from 'tap'
import { addKills } from '../../../collectors/memory/history/victims.ts'
import { rankOf } from '../../../collectors/memory/process-rank.ts'
import { read, records } from './records.ts'

const now = Date.parse('2026-11-23T03:40:00Z')
const service = '/system.slice/k3s.service'

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
    t.equal(rankOf({ comm, uid: 0, cgroup: service }), 'node', comm)
  for (const comm of [
    'postgres',
    'mysqld',
    'mariadbd',
    'redis-server',
    'mongod',
    'etcd',
    'clickhouse-serv',
  ]) {
    t.equal(rankOf({ comm, uid: 1001, podUid: 'u' }), 'database', comm)
    t.equal(rankOf({ comm, uid: 113, cgroup: '/system.slice/x.service' }), 'database', comm)
    t.equal(rankOf({ comm, uid: 999, cgroup: '/system.slice/docker-abc.scope' }), 'database', comm)
  }
  for (const comm of ['tail', 'java', 'my-postgres', 'k3s-server2', ''])
    t.equal(rankOf({ comm, uid: 0, cgroup: service }), undefined, comm)
})

t.test('accounts of its own, where systemd runs it', async (t) => {
  const of = (comm: string, unit: string, uid = 101) =>
    rankOf({ comm, uid, cgroup: `/system.slice/${unit}.service` })
  t.equal(of('systemd-resolve', 'systemd-resolved'), 'node')
  t.equal(of('systemd-timesyn', 'systemd-timesyncd'), 'node')
  t.equal(of('dbus-daemon', 'dbus'), 'node')
  t.equal(of('systemd-resolve', 'cron', 1000), undefined)
  t.equal(of('dbus-daemon', 'cron', 1000), undefined)
  t.equal(of('k3s-server', 'k3s-server', 1000), undefined)
})

t.test('in a pod nobody is what keeps the node', async (t) => {
  t.equal(rankOf({ comm: 'k3s-server', uid: 0, podUid: 'u', cgroup: '/kubepods/podu' }), undefined)
  t.equal(rankOf({ comm: 'systemd', uid: 0, podUid: 'u', cgroup: '/kubepods/podu' }), undefined)
})

t.test('a name alone raises no alarm, on any kernel', async (t) => {
  const global = (cgroup: string, uid: number) =>
    `oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=${cgroup},task=k3s-server,pid=777,uid=${uid}`
  const sizes = 'total-vm:100kB, anon-rss:50kB, file-rss:0kB, shmem-rss:0kB'
  const line = (uid: number) =>
    `Out of memory: Killed process 777 (k3s-server) ${sizes}, UID:${uid} pgtables:40kB oom_score_adj:0`
  const rank = (...lines: string[]) => {
    const [kill] = read(records(...lines)).kills
    return addKills([], kill ? [{ ...kill, at: now }] : [], now, 3600_000).victims[0]?.rank
  }
  for (const [who, lines] of Object.entries({
    "a user's cron job": [global('/system.slice/cron.service', 1000), line(1000)],
    'a session of a user': [global('/user.slice/user-1000.slice/session-3.scope', 1000), line(1000)],
    'a container of docker': [global('/system.slice/docker-abc.scope', 100), line(100)],
    "root's in a container of docker": [global('/system.slice/docker-abc.scope', 0), line(0)],
    'a line without a dump': [line(1000)],
    'and of root': [line(0)],
    'Linux 4.15': [
      'Out of memory: Kill process 777 (k3s-server) score 999 or sacrifice child',
      `Killed process 777 (k3s-server) ${sizes}`,
    ],
  }))
    t.equal(rank(...lines), undefined, who)
  t.equal(rank(global(service, 0), line(0)), 'node')
  t.equal(
    rank(global(service, 0), `Out of memory: Killed process 777 (k3s-server) ${sizes}`),
    'node',
    'Linux 5.0 says the user in the line above',
  )
  const postgres = (uid?: number, cgroup?: string) =>
    rankOf({ comm: 'postgres', ...(uid !== undefined && { uid }), ...(cgroup && { cgroup }) })
  t.equal(postgres(1000, '/system.slice/cron.service'), undefined)
  t.equal(
    postgres(113, '/user.slice/user-1000.slice/user@1000.service/x'),
    undefined,
    'of a container of a user',
  )
  t.equal(postgres(), undefined)
})
