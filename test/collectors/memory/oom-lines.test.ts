import t from 'tap'
import { comesInPieces, isKill, oomLine } from '../../../collectors/memory/oom-lines.ts'

const kb = 1024

t.test('kill lines', async (t) => {
  t.same(
    oomLine(
      'Memory cgroup out of memory: Killed process 10515 (tail) total-vm:26016kB, anon-rss:23808kB, file-rss:880kB, shmem-rss:0kB, UID:0 pgtables:92kB oom_score_adj:999',
    ),
    {
      kind: 'killed',
      cgroup: true,
      pid: 10515,
      comm: 'tail',
      uid: 0,
      totalVm: 26016 * kb,
      anonRss: 23808 * kb,
      adj: 999,
    },
    '5.4 and later',
  )
  t.same(
    oomLine(
      'Out of memory: Killed process 1892 (node) total-vm:8432120kB, anon-rss:7821300kB, file-rss:0kB, shmem-rss:0kB',
    ),
    {
      kind: 'killed',
      cgroup: false,
      pid: 1892,
      comm: 'node',
      totalVm: 8432120 * kb,
      anonRss: 7821300 * kb,
    },
    '5.1, between the formats',
  )
  t.same(
    oomLine('Killed process 18694 (perl) total-vm:1972392kB, anon-rss:1953348kB, file-rss:0kB'),
    { kind: 'killed', pid: 18694, comm: 'perl', totalVm: 1972392 * kb, anonRss: 1953348 * kb },
    '4.x says before it what was reached',
  )
  t.match(
    oomLine(
      'Killed process 21945 (tidb-server), UID 1000, total-vm:33027492kB, anon-rss:31303276kB, file-rss:0kB, shmem-rss:0kB',
    ),
    { pid: 21945, comm: 'tidb-server', uid: 1000, totalVm: 33027492 * kb },
    "3.10 and 4.18 of Red Hat's",
  )
  t.match(
    oomLine(
      'Out of memory (oom_kill_allocating_task): Killed process 7 (x) total-vm:1kB, anon-rss:2kB, file-rss:0kB, shmem-rss:0kB, UID:65534 pgtables:8kB oom_score_adj:-997',
    ),
    { kind: 'killed', cgroup: false, pid: 7, uid: 65534, adj: -997 },
  )
})

t.test('what comes before and after', async (t) => {
  t.same(oomLine('Out of memory: Kill process 1892 (node) score 942 or sacrifice child'), {
    kind: 'sacrifice',
    pid: 1892,
    cgroup: false,
  })
  t.same(oomLine('Memory cgroup out of memory: Kill process 18286 (java) score 933 or sacrifice child'), {
    kind: 'sacrifice',
    pid: 18286,
    cgroup: true,
  })
  t.same(
    oomLine(
      'Memory cgroup out of memory: OOM victim 3804877 (stress) is already exiting. Skip killing the task',
    ),
    { kind: 'exiting', pid: 3804877 },
  )
  t.same(oomLine('Tasks in /a/b are going to be killed due to memory.oom.group set'), {
    kind: 'group',
    cgroup: '/a/b',
  })
  t.same(oomLine('Task in /docker/a killed as a result of limit of /docker'), {
    kind: 'choice',
    constraint: 'CONSTRAINT_MEMCG',
    cgroup: '/docker/a',
    limitedBy: '/docker',
  })
  t.same(oomLine('tail invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=999'), {
    kind: 'header',
    anyNode: false,
  })
  t.same(
    oomLine(
      'perl invoked oom-killer: gfp_mask=0x24201ca(GFP_HIGHUSER_MOVABLE), nodemask=(null), order=0, oom_score_adj=0',
    ),
    { kind: 'header', anyNode: true },
  )
  t.same(oomLine('memory: usage 24576kB, limit 24576kB, failcnt 227'), {
    kind: 'usage',
    limit: 24576 * kb,
  })
  t.same(oomLine('memory: usage 1kB, limit 9007199254740988kB, failcnt 0'), { kind: 'usage' }, 'no limit')
})

t.test('the choice', async (t) => {
  t.same(
    oomLine(
      'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c1,mems_allowed=0-1,3,oom_memcg=/p,task_memcg=/p/c,task=python3,pid=5671,uid=0',
    ),
    { kind: 'choice', constraint: 'CONSTRAINT_MEMCG', pid: 5671, uid: 0, limitedBy: '/p', cgroup: '/p/c' },
  )
  t.same(
    oomLine(
      'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),cpuset=/,mems_allowed=0,global_oom,task_memcg=/user.slice,task=stress,pid=9,uid=1000',
    ),
    { kind: 'choice', constraint: 'CONSTRAINT_NONE', pid: 9, uid: 1000, cgroup: '/user.slice' },
  )
  t.same(
    oomLine('oom-kill:constraint=whatever comes,nodemask=0,2,global_oom,task_memcg=/x,task=y,pid=9,uid=1'),
    { kind: 'choice', constraint: 'whatever comes', pid: 9, uid: 1, cgroup: '/x' },
    'the set of constraints is open',
  )
  t.equal(oomLine('oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=c1'), undefined, 'a piece')
  t.ok(comesInPieces('oom-kill:constraint=CONSTRAINT_MEMCG'))
  t.notOk(comesInPieces('Memory cgroup stats for /x:'))
})

t.test('names cannot move the words', async (t) => {
  t.match(oomLine('Killed process 1 (a) total-vm:9kB) total-vm:5kB, anon-rss:4kB, file-rss:0kB'), {
    pid: 1,
    comm: 'a) total-vm:9kB',
    totalVm: 5 * kb,
  })
  t.match(
    oomLine(
      'oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/p,task_memcg=/p/c,task=x,pid=1,uid=0,pid=77,uid=5',
    ),
    { pid: 77, uid: 5, cgroup: '/p/c' },
  )
})

t.test('cgroups may be called anything too', async (t) => {
  const choice = (memcg: string) =>
    oomLine(
      `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=0,2-3,cpuset=c,oom_memcg=x,mems_allowed=0-1,3,${memcg},task=x,pid=1,uid=0`,
    )
  const mine = '/u,task_memcg=/kubepods/burstable/pod1'
  t.match(choice(`oom_memcg=${mine},task_memcg=${mine}/a`), {
    limitedBy: mine,
    cgroup: `${mine}/a`,
  })
  t.match(choice('oom_memcg=/,task_memcg=/a'), { limitedBy: '/', cgroup: '/a' })
  t.match(choice('global_oom,task_memcg=/a,task_memcg=/b'), { cgroup: '/a,task_memcg=/b' })
  t.notOk('cgroup' in (choice('oom_memcg=/a,task_memcg=/b') ?? {}), 'a victim is below the limit')
  t.match(oomLine('Task in /a/b killed as a result of limit of /c killed as a result of limit of /a'), {
    cgroup: '/a/b killed as a result of limit of /c',
    limitedBy: '/a',
  })
})

t.test('every version since 4.15, with the longest names', async (t) => {
  const name = '\\x0a) a: [1]\\xff(('
  for (const line of [
    `Killed process 4194304 (${name}) total-vm:1kB, anon-rss:2kB, file-rss:3kB, shmem-rss:4kB`,
    `Out of memory: Killed process 4194304 (${name}) total-vm:1kB, anon-rss:2kB, file-rss:3kB, shmem-rss:4kB`,
    `Memory cgroup out of memory: Killed process 4194304 (${name}) total-vm:1kB, anon-rss:2kB, file-rss:3kB, shmem-rss:4kB, UID:4294967295 pgtables:180kB oom_score_adj:-1000`,
    `Out of memory: Killed process 4194304 (${name}) total-vm:1kB, anon-rss:2kB, file-rss:3kB, shmem-rss:4kB oom_score_adj:0`,
  ]) {
    t.match(oomLine(line), { kind: 'killed', pid: 4194304, comm: name, totalVm: kb, anonRss: 2 * kb })
    t.ok(isKill(line))
  }
  for (const line of [
    `${name} invoked oom-killer: gfp_mask=0x14200ca(GFP_HIGHUSER_MOVABLE), nodemask=(null),  order=0, oom_score_adj=0`,
    `${name} invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=0-1,3, order=-1, oom_score_adj=-998`,
    `${name} invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL|__GFP_ZERO), order=3, oom_score_adj=0`,
  ])
    t.match(oomLine(line), { kind: 'header' }, line)
})

t.test('nobody becomes a kill by their name or by what they say', async (t) => {
  for (const line of [
    'Killed process [123]: segfault at 0 ip 0000 sp 0000 error 4',
    'usb 1-1: Product: Killed process 1 (systemd) total-vm:1kB',
    'audit: comm="x" Out of memory: Killed process 1 (x) total-vm:1kB',
    'CPU: 1 UID: 0 PID: 10515 Comm: tail Not tainted 6.18.44 #1 PREEMPT(none) ',
    '[  16343]     0 16343     6504     6283     5952      331         0    94208        0           999 tail',
    'oom_reaper: reaped process 12 (x), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB',
    'Out of memory and no killable processes...',
    'Memory cgroup stats for /kubepods:',
    'Tasks state (memory values in pages):',
    '',
    // What 6.18 prints when a program of those names crashes.
    'Out of memory[13779]: segfault at 0 ip 000000000040008d sp 00007ffebe18a060 error 6 in Killed process 777 (k3s-server) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0[8d,400000+1000] likely on CPU 1 (core 1, socket 0)',
    // The same, as kernels before 6.1 ended it, and with other names of 15 bytes and less.
    'Out of memory[1]: segfault at 0 ip 0 sp 0 error 6 in Killed process 777 (k3s-server) total-vm:9kB, anon-rss:8kB, file-rss:0kB[400000+1000]',
    'Killed process [1]: segfault at 0 ip 0 sp 0 error 6 in Killed process 777 (k3s-server) total-vm:9kB, anon-rss:8kB, file-rss:0kB[400000+1000]',
    'traps: Out of memory:[9] trap invalid opcode ip:0 sp:0 error:0 in Killed process 1 (x) total-vm:1kB, anon-rss:1kB, file-rss:0kB[400000+1000]',
    'Out of memory: [5]: segfault at 0 ip 0 sp 0 error 4 in : Killed process 1 (k3s-server) total-vm:1kB, anon-rss:1kB, file-rss:1kB',
    'x[9]: segfault at 0 ip 0 sp 0 error 4 in a invoked oom-killer: gfp_mask=0x0, order=0, oom_score_adj=0',
    'Out of memory: Killed process 1 (sixteen bytes ok) total-vm:1kB, anon-rss:1kB, file-rss:0kB',
    'Out of memory: Killed process 1 (x) total-vm:1kB, anon-rss:1kB, file-rss:0kB and more',
    ' Out of memory: Killed process 1 (x) total-vm:1kB, anon-rss:1kB, file-rss:0kB',
    'Out of memory: Killed process 1 (x) total-vm:1kB',
    'Tasks in /a are going to be killed due to memory.oom.group set, says x',
    'Tasks in the world are going to be killed due to memory.oom.group set',
    'Task in /a killed as a result of limit of /b',
    'memory: usage 1kB, limit 2kB, failcnt 3, says x',
    'Memory cgroup out of memory: Kill process 1 (x) score 9 or sacrifice child[400000+1000]',
    'Out of memory: OOM victim 1 (x) is already exiting. Skip killing the task[400000+1000]',
    'oom-kill:constraint=CONSTRAINT_NONE,nodemask=(null),task_memcg=/a,task=x,pid=1,uid=0[400000+1000]',
  ]) {
    t.equal(oomLine(line), undefined, line.slice(0, 40))
    t.notOk(isKill(line))
  }
})

t.test('a hostile line takes no longer than its length', async (t) => {
  const slow = ['Killed process 1 (', 'oom-kill:constraint=', 'Tasks in ', 'Out of memory: '].map((start) => {
    const line = start + ',task=,pid=,uid=,task_memcg=('.repeat(40_000)
    const begun = performance.now()
    oomLine(line)
    return performance.now() - begun
  })
  // A megabyte each: minutes if it were quadratic.
  t.ok(Math.max(...slow) < 2000, `${slow.map(Math.round)} ms`)
})
