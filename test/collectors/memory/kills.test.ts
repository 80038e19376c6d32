import t from 'tap'
import { containerId, header, killed, podCgroup, read, recorded, records } from './records.ts'

const mib = 1024 * 1024

t.test('seventeen recorded kills', async (t) => {
  const { kills } = read(recorded)
  t.equal(kills.length, 17)
  for (const it of kills)
    t.match(it, { comm: 'tail', uid: 0, scope: 'cgroup', limit: 24 * mib, adj: 999, processes: 1 })
  t.same(kills[0], {
    sequence: 806,
    uptime: 2938093216,
    pid: 10515,
    comm: 'tail',
    uid: 0,
    totalVm: 26016 * 1024,
    anonRss: 23808 * 1024,
    adj: 999,
    scope: 'cgroup',
    constraint: 'CONSTRAINT_MEMCG',
    limitedBy: podCgroup,
    limit: 24 * mib,
    cgroup: `${podCgroup}/${containerId}`,
    processes: 1,
  })
  t.equal(new Set(kills.map((it) => it.cgroup)).size, 17, 'a container each')
  t.notOk(kills.some((it) => it.inferred))
})

t.test('reading may stop and go on after any record, also in another process', async (t) => {
  const whole = read(recorded).kills
  for (let cut = 0; cut < 110; cut += 1) {
    const { kills, reading } = read(recorded.slice(0, cut))
    const rest = read(recorded.slice(cut), JSON.parse(JSON.stringify(reading)))
    if (JSON.stringify([...kills, ...rest.kills]) !== JSON.stringify(whole)) t.fail(`cut before ${cut}`)
  }
  t.pass()
})

t.test('what a process writes into the log is no kill', async (t) => {
  const [choice, kill] = killed('postgres', 1)
  t.same(read([`14,1,1000,-;${choice}`, `11,2,2000,-;${kill}`, `12,3,3000,-;${kill}`]).kills, [])
  const mixed = read(
    records(header('a'), `14,1,1000,-;${killed('a', 5, { task: '/forged' })[0]}`, ...killed('a', 5)),
  )
  t.equal(mixed.kills[0]?.cgroup, `${podCgroup}/${containerId}`)
})

t.test('the node itself, and what only looks like it', async (t) => {
  const scope = (constraint: string) =>
    read(records(header('x'), ...killed('x', 9, { constraint, global: true, task: '/a' }))).kills[0]
  t.match(scope('CONSTRAINT_NONE'), { scope: 'node', cgroup: '/a' })
  t.match(scope('CONSTRAINT_CPUSET'), { scope: 'set' })
  t.match(scope('CONSTRAINT_MEMORY_POLICY'), { scope: 'set' })
  t.match(scope('CONSTRAINT_BPF'), { scope: 'unknown', constraint: 'CONSTRAINT_BPF' })
  t.match(read(records(killed('x', 9, { global: true })[1])).kills[0], { scope: 'unknown' }, 'no word of why')
})

t.test('before 5.0', async (t) => {
  const cgroup = read(
    records(
      'java invoked oom-killer: gfp_mask=0x14000c0(GFP_KERNEL), nodemask=(null), order=0, oom_score_adj=969',
      `Task in ${podCgroup}/${containerId} killed as a result of limit of ${podCgroup}`,
      'memory: usage 2047696kB, limit 2047696kB, failcnt 23543',
      'Memory cgroup out of memory: Kill process 18286 (java) score 933 or sacrifice child',
      'Killed process 18290 (sh) total-vm:1972392kB, anon-rss:1953348kB, file-rss:0kB, shmem-rss:0kB',
    ),
  ).kills
  t.match(cgroup, [
    { pid: 18290, comm: 'sh', scope: 'cgroup', cgroup: `${podCgroup}/${containerId}`, limit: 2047696 * 1024 },
  ])
  t.equal(cgroup.length, 1, 'a child goes in place of its parent: one kill')
  const node = read(
    records(
      'perl invoked oom-killer: gfp_mask=0x24201ca(GFP_HIGHUSER_MOVABLE), nodemask=(null), order=0, oom_score_adj=0',
      'Out of memory: Kill process 18694 (perl) score 246 or sacrifice child',
      'Killed process 18694 (perl) total-vm:1972392kB, anon-rss:1953348kB, file-rss:0kB',
    ),
  ).kills
  t.match(node, [{ pid: 18694, scope: 'node' }])
  const policy = read(
    records(
      'perl invoked oom-killer: gfp_mask=0x24201ca(GFP_HIGHUSER_MOVABLE), nodemask=1, order=0, oom_score_adj=0',
      'Out of memory: Kill process 18694 (perl) score 246 or sacrifice child',
      'Killed process 18694 (perl) total-vm:1972392kB, anon-rss:1953348kB, file-rss:0kB',
    ),
  ).kills
  t.match(policy, [{ scope: 'unknown' }])
})

t.test('5.0 has both the choice and the sacrifice', async (t) => {
  const [choice] = killed('java', 50)
  t.match(
    read(
      records(
        header('java'),
        choice,
        'Memory cgroup out of memory: Kill process 50 (java) score 933 or sacrifice child',
        'Killed process 51 (sh) total-vm:10kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB',
      ),
    ).kills,
    [{ pid: 51, cgroup: `${podCgroup}/${containerId}`, limitedBy: podCgroup }],
  )
})

t.test('a group is one kill of many processes', async (t) => {
  const [choice, first] = killed('a', 10)
  const group = `Tasks in ${podCgroup} are going to be killed due to memory.oom.group set`
  const lines = records(header('a'), choice, first, group, first, killed('b', 11)[1], killed('c', 12)[1])
  t.match(read(lines).kills, [{ pid: 10, processes: 3 }])
  t.equal(read(lines).kills.length, 1, 'the first of them, killed twice, counts once')
  const next = records(...new Array(7).fill(''), header('z'), ...killed('z', 20)).slice(7)
  t.same(
    read([...lines, ...next]).kills.map((it) => [it.pid, it.processes]),
    [
      [10, 3],
      [20, 1],
    ],
  )
  const bare = read(records(first, group, killed('b', 11)[1]))
  t.match(bare.kills, [{ pid: 10, cgroup: podCgroup, processes: 2 }], 'it names what a storm leaves out')
})

t.test('victims that were exiting are none', async (t) => {
  const [choice, kill] = killed('a', 10)
  const exiting = 'Memory cgroup out of memory: OOM victim 10 (a) is already exiting. Skip killing the task'
  const { kills } = read(records(header('a'), choice, exiting, killed('b', 11)[1]))
  t.match(kills, [{ pid: 11, comm: 'b' }])
  t.equal(kills[0]?.cgroup, undefined, 'and lend nobody their cgroup')
  t.equal(read(records(header('a'), choice, exiting, choice, kill)).kills.length, 1)
  t.notOk('dump' in read(records(header('a'), choice, exiting)).reading)
  const other = read(records(header('a'), choice, killed('b', 11)[1])).kills
  t.equal(other[0]?.cgroup, undefined, 'a dump is of the one it names')
})

t.test('a storm leaves out all but the kill line', async (t) => {
  const alone = (comm: string, pid: number, adj = 999) => killed(comm, pid, { adj })[1]
  const other = '/kubepods/besteffort/pod455a7676-8553-4929-bb8f-a90e98abd527'
  t.match(read(records(alone('x', 1))).kills, [{ pid: 1, scope: 'cgroup' }], 'still a kill')
  const taken = read(
    records(header('x'), ...killed('x', 1), alone('x', 2), alone('y', 3), alone('x', 4, 0)),
  ).kills
  t.match(taken[1], { cgroup: `${podCgroup}/${containerId}`, inferred: true, limitedBy: podCgroup })
  t.equal(taken[2]?.cgroup, undefined, 'another name')
  t.equal(taken[3]?.cgroup, undefined, 'another score')
  const two = read(
    records(...killed('x', 1), ...killed('x', 2, { memcg: other, task: `${other}/c` }), alone('x', 3)),
  ).kills
  t.equal(two[2]?.cgroup, undefined, 'two pods with the same name: nobody knows')
  const late = read([...records(...killed('x', 1)), `3,9,90000000,-;${alone('x', 2)}`]).kills
  t.equal(late[1]?.cgroup, undefined, 'too long ago')
  const global = killed('x', 1, { global: true, constraint: 'CONSTRAINT_NONE', task: '/a' })
  t.match(read(records(...global, killed('y', 2, { global: true })[1])).kills[1], { scope: 'node' })
})

t.test('4,500 kills a minute, all but a few of them bare, take no more than they are', async (t) => {
  const lines = Array.from({ length: 4500 }, (_, at) =>
    at % 75 < 2 ? [header('x'), ...killed('x', at)] : [killed('x', at)[1]],
  ).flat()
  const { kills, reading } = read(records(...lines))
  t.equal(kills.length, 4500)
  t.ok(kills.every((it) => it.cgroup))
  t.ok(JSON.stringify(reading).length < 6000, `${JSON.stringify(reading).length} characters to remember`)
})

t.test('a line in pieces', async (t) => {
  const [choice, kill] = killed('x', 9)
  for (const cut of [30, 100, choice.length - 12]) {
    const lines = [
      `6,1,1000,-;${choice.slice(0, cut)}`,
      '6,2,1001,-;another processor said something',
      `6,3,1002,c;${choice.slice(cut)}`,
      `3,4,1003,-;${kill}`,
    ]
    t.match(read(lines).kills, [{ cgroup: `${podCgroup}/${containerId}`, limitedBy: podCgroup }], `at ${cut}`)
  }
})

t.test('names are unescaped', async (t) => {
  const task = '/system.slice/run-r1\\x5cx2da.scope'
  t.match(read(records(...killed('a\\x0ab', 9, { memcg: task, task }))).kills, [
    { comm: 'a\nb', cgroup: '/system.slice/run-r1\\x2da.scope' },
  ])
})
