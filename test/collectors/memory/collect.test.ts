import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import t from 'tap'
import { slug } from '../../../agent/host/recording.ts'
import { recordedNode } from '../../../agent/host/replay.ts'
import type { Host } from '../../../agent/model/index.ts'
import { HostError } from '../../../agent/model/index.ts'
import { collect } from '../../../collectors/memory/collect.ts'
import type { MemorySample } from '../../../collectors/memory/sample.ts'
import { asJson, type JournalEntry, kernelEntry } from './journal.ts'
import { containerId, header, killed, podCgroup, uid } from './records.ts'

const minute = 60_000
const hour = 60 * minute
const at = '2026-11-23T03:40:00Z'
const now = Date.parse(at)
const uptime = 10_000

/** A machine that has run for 10,000 s, with these files. */
function machine(
  t: { teardown(done: () => void): unknown },
  files: Readonly<Record<string, string>>,
  { boot = 'one', journal = [] as readonly JournalEntry[] } = {},
): Host {
  const folder = mkdtempSync(join(tmpdir(), 'memory-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const all = {
    'dev/kmsg': '',
    'proc/uptime': `${uptime}.00 1.00\n`,
    'proc/sys/kernel/random/boot_id': `${boot}\n`,
    ...files,
  }
  for (const [path, text] of Object.entries(all)) {
    const file = join(folder, 'files', path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  if (journal.length > 0) mkdirSync(join(folder, 'commands'))
  for (const about of [
    '--lines=200 --output=json --no-pager --output-fields=MESSAGE_ID,_UID,_TRANSPORT,_COMM',
    '--lines=10000 --output=json --no-pager --dmesg --output-fields=MESSAGE,SYSLOG_FACILITY,_TRANSPORT,_SOURCE_MONOTONIC_TIMESTAMP SYSLOG_FACILITY=0',
  ])
    if (journal.length > 0)
      writeFileSync(
        join(folder, 'commands', `${slug(['journalctl', '--boot=-1', ...about.split(' ')])}.out`),
        asJson(journal),
      )
  writeFileSync(join(folder, 'node.json'), JSON.stringify({ format: 1, node: 'x', at }))
  return recordedNode(folder)
}

/** A kernel log: lines of the kernel, `before` seconds before now. */
const log = (lines: readonly (readonly [number, string])[], from = 0) =>
  lines.map(([before, line], index) => `3,${from + index},${(uptime - before) * 1e6},-;${line}\n`).join('')

const first = { heard: [] }
const after = (sample: MemorySample) => ({
  heard: [],
  sample: JSON.parse(JSON.stringify(sample)) as MemorySample,
})
const kill = (pid: number, before: number): (readonly [number, string])[] =>
  killed('x', pid).map((line) => [before, line] as const)

t.test('the first look counts what is long over, and tells of the rest', async (t) => {
  const host = machine(t, {
    'dev/kmsg': log([...kill(1, 9000), ...kill(2, 4000), ...kill(3, 3000), ...kill(4, 60)]),
  })
  const sample = await collect(host, hour, first)
  t.equal(sample.earlier, 2)
  t.match(sample.victims, [{ subject: `pod ${uid}`, kills: 1, first: now - minute, last: now - minute }])
  t.equal(sample.cursor, 7)
  t.equal(sample.boot, 'one')
})

t.test('the cursor is kept over rounds and restarts, and starts over with a new boot', async (t) => {
  const one = await collect(machine(t, { 'dev/kmsg': log(kill(1, 90)) }), hour, first)
  const two = await collect(
    machine(t, { 'dev/kmsg': log([...kill(1, 90), ...kill(2, 60)]) }),
    hour,
    after(one),
  )
  t.equal(two.victims[0]?.kills, 2, 'the first one is not read again')
  const same = await collect(
    machine(t, { 'dev/kmsg': log([...kill(1, 90), ...kill(2, 60)]) }),
    hour,
    after(two),
  )
  t.equal(same.victims[0]?.kills, 2)
  const reboot = await collect(
    machine(t, { 'dev/kmsg': log(kill(9, 30)) }, { boot: 'two' }),
    hour,
    after(same),
  )
  t.match(reboot, { boot: 'two', cursor: 1, lost: undefined })
  t.equal(reboot.victims[0]?.kills, 3, 'kills of the boot before are still true')
})

t.test('kills of the time in which Murphy did not run are told, however late', async (t) => {
  const one = await collect(machine(t, { 'dev/kmsg': log(kill(1, 9000)) }), hour, first)
  t.same(one.victims, [])
  const two = await collect(
    machine(t, { 'dev/kmsg': log([...kill(1, 9000), ...kill(2, 8000)]) }),
    hour,
    after(one),
  )
  t.match(two.victims, [{ kills: 1, last: now - 8000_000, until: now + 5 * minute }])
})

t.test('records that were overwritten are counted', async (t) => {
  const one = await collect(machine(t, { 'dev/kmsg': log(kill(1, 90)) }), hour, first)
  const two = await collect(machine(t, { 'dev/kmsg': log(kill(2, 60), 12) }), hour, after(one))
  t.equal(two.lost, 10)
  t.equal(two.victims[0]?.kills, 2)
  t.equal((await collect(machine(t, { 'dev/kmsg': log(kill(2, 60), 12) }), hour, after(two))).lost, 10)
  t.equal((await collect(machine(t, { 'dev/kmsg': log(kill(2, 60), 500) }), hour, first)).lost, undefined)
})

t.test('a round that ends in the middle of a kill goes on with it', async (t) => {
  const lines = [
    [60, header('x')] as const,
    [60, 'memory: usage 24576kB, limit 24576kB, failcnt 1'] as const,
    ...kill(2, 60),
  ]
  const one = await collect(machine(t, { 'dev/kmsg': log(lines.slice(0, 3)) }), hour, first)
  t.same(one.victims, [])
  const two = await collect(machine(t, { 'dev/kmsg': log(lines) }), hour, after(one))
  t.match(two.victims, [{ subject: `pod ${uid}`, limit: 24 * 2 ** 20 }])
})

t.test('a pod that is gone is known from the round before', async (t) => {
  const folder = `var/log/pods/default_oomer_${uid}/eater/0.log`
  const one = await collect(machine(t, { [folder]: '' }), hour, first)
  t.same(one.pods, [`default_oomer_${uid}`])
  const two = await collect(machine(t, { 'dev/kmsg': log(kill(1, 1)) }), hour, after(one))
  t.match(two.victims, [{ subject: 'default/oomer', pod: { namespace: 'default', name: 'oomer', uid } }])
  const three = await collect(machine(t, { [folder]: '', 'dev/kmsg': log(kill(1, 1)) }), hour, first)
  t.match(three.victims, [{ subject: 'default/oomer/eater' }])
})

t.test('limits are read where the log does not say them', async (t) => {
  const files = { 'dev/kmsg': log(kill(1, 1)), [`sys/fs/cgroup${podCgroup}/memory.max`]: '25165824\n' }
  t.match((await collect(machine(t, files), hour, first)).victims, [{ limit: 25165824, limitOf: 'the pod' }])
})

t.test('the node itself', async (t) => {
  const lines = killed('java', 5, {
    global: true,
    constraint: 'CONSTRAINT_NONE',
    task: '/system.slice/x.service',
  })
  const host = machine(t, { 'dev/kmsg': log([[90, lines[0]], [90, lines[1]], ...kill(1, 60)]) })
  const sample = await collect(host, hour, first)
  t.match(sample.node, { kills: 1, first: now - 90_000, last: now - 90_000, until: now - 90_000 + hour })
  t.match(sample.victims, [
    { subject: 'process java in /system.slice/x.service', byNode: 1 },
    { byNode: undefined },
  ])
  t.match((await collect(machine(t, {}), hour, after(sample))).node, { kills: 1 }, 'remembered')
  const late = { ...host, now: () => now + 2 * hour }
  t.equal((await collect(late, hour, after(sample))).node, undefined, 'and forgotten')
})

const failing = (host: Host, error: HostError): Host => ({
  ...host,
  kmsg: () => Promise.reject(error),
})

t.test('without the log nothing is known, and nothing forgotten', async (t) => {
  const host = machine(t, { 'dev/kmsg': log(kill(1, 60)), 'proc/vmstat': 'oom_kill 7\n' })
  const one = await collect(host, hour, first)
  const two = await collect(failing(host, new HostError('denied', 'not permitted')), hour, after(one))
  t.match(two, { cursor: one.cursor, victims: one.victims, counted: 7 })
  t.match(two.unseen, [{ why: 'not permitted', codes: ['memory.oom-killed', 'memory.oom-system'] }])
  const gone = await collect(failing(host, new HostError('missing', 'ENOENT')), hour, first)
  t.match(gone.unseen?.[0]?.why, /no \/dev\/kmsg here/)
  t.equal(gone.cursor, -1)
  const old = machine(t, { 'dev/kmsg': log([...kill(1, 9000), ...kill(2, 60)]) })
  const back = await collect(old, hour, after(gone))
  t.match(back, { victims: [{ kills: 1 }], earlier: 1 }, 'the first look that sees is the first look')
})

t.test('one source that fails stops no other', async (t) => {
  const host = machine(t, { 'dev/kmsg': log(kill(1, 60)) })
  const denied = async () => {
    throw new HostError('denied', 'not permitted')
  }
  const sample = await collect({ ...host, list: denied }, hour, first)
  t.match(sample.victims, [{ subject: `pod ${uid}` }])
  t.match(sample.unseen, [{ what: 'the names of pods', codes: [] }])
})

t.test('the sample of a storm in a crowd stays small', async (t) => {
  const storm = Array.from({ length: 4500 }, (_, index): (readonly [number, string])[] =>
    killed('x'.repeat(15), index, {
      memcg: '/kubepods/burstable',
      task: `${podCgroup.slice(0, -4)}${1000 + (index % 300)}/${containerId}`,
    }).map((line) => [1, line]),
  ).flat()
  const pods = Object.fromEntries(
    Array.from({ length: 400 }, (_, index) => [
      `var/log/pods/${'n'.repeat(20)}_${'p'.repeat(60)}_${uid.slice(0, -4)}${1000 + index}/c/0.log`,
      '',
    ]),
  )
  const begun = performance.now()
  const sample = await collect(machine(t, { 'dev/kmsg': log(storm), ...pods }), hour, first)
  const size = JSON.stringify(sample).length
  t.comment(`${size} bytes, ${Math.round(performance.now() - begun)} ms`)
  t.ok(size < 64 * 1024, `${size} bytes`)
  t.equal(
    sample.victims.reduce((sum, it) => sum + it.kills, 0),
    4500,
    'none is lost',
  )
  t.equal(sample.recent.length, 30)
  t.ok(JSON.stringify(sample.pods).length <= 12 * 1024 + 2)
  t.ok(sample.victims.some((it) => it.pod?.container === 'c'))
})

t.test('forged and foreign records', async (t) => {
  const forged = killed('postgres', 1)[1]
  const host = machine(t, {
    'dev/kmsg': `11,5,9999000000,-;${forged}\n12,6,9999000001,-;x\n KEY=${forged}\n`,
  })
  t.match(await collect(host, hour, first), { cursor: 6, victims: [] })
})

t.test('kills of the boot before this one that nobody read are made up for, once', async (t) => {
  const id = '0123456789abcdef0123456789abcdef'
  const dashed = '01234567-89ab-cdef-0123-456789abcdef'
  // It ran for 10,000 s until 10 min before the node was booted, which was 10,000 s ago.
  const start = now - uptime * 1000 - 10 * minute - uptime * 1000
  const entry = ([before, line]: readonly [number, string]) =>
    kernelEntry({ id, start: start * 1000 }, (uptime - before) * 1e6, line)
  const journal = [...kill(1, 90), ...kill(2, 60)].map(entry)
  const then = {
    ...machine(t, { 'dev/kmsg': log(kill(1, 90)) }, { boot: dashed }),
    now: () => start + uptime * 1000,
  }
  const one = await collect(then, hour, first)
  t.match(one.recent, [{ pid: 1 }])
  const reboot = machine(t, {}, { boot: 'two', journal })
  const two = await collect(reboot, hour, after(one))
  t.match(
    two.recent,
    [{ pid: 1 }, { pid: 2, at: start + (uptime - 60) * 1000 }],
    'the one that was told is not told again',
  )
  t.match(two.victims, [{ subject: `pod ${uid}`, kills: 1 }])
  t.match(two.lastBoot, { readIn: 'two', id, kills: 2 })
  t.equal((await collect(reboot, hour, after(two))).recent.length, 2, 'and it is read once')
  const fresh = await collect(reboot, hour, first)
  t.same(fresh.victims, [], 'of a boot in which nobody looked nothing old is told')
  t.match(fresh.lastBoot, { kills: 2 }, 'but it is known')
})

t.test('kills without a record are those of the pod whose cgroup counted them', async (t) => {
  const files = (total: number, its: number, lines: readonly (readonly [number, string])[]) => ({
    'proc/vmstat': `oom_kill ${total}\n`,
    'dev/kmsg': log(lines),
    [`sys/fs/cgroup/kubepods/pod${uid}/memory.events`]: `oom ${its}\noom_kill ${its}\n`,
    [`sys/fs/cgroup/kubepods/pod${uid}/${containerId}/memory.events`]: 'oom_kill 0\n',
    [`var/log/pods/shop_web_${uid}/app/0.log`]: '',
  })
  const one = await collect(machine(t, files(5, 2, [])), hour, first)
  t.match(one.account, { counted: 5, before: 5, lost: 0 })
  const two = await collect(machine(t, files(9, 5, kill(1, 60))), hour, after(one))
  t.match(two.account, { counted: 9, explained: 1, before: 5, lost: 3, lostOf: { 'shop/web/app': 2 } })
  t.match(two.victims, [{ subject: 'shop/web/app', kills: 3, unrecorded: 2, comm: 'x', pid: 1 }])
  t.match(two.recent, [{ pid: 1 }, { unrecorded: true }, { unrecorded: true }])
  const three = await collect(machine(t, files(9, 5, kill(1, 60))), hour, after(two))
  t.match(three.victims, [{ kills: 3 }], 'once')
})

t.test('a log that tells of more kills than the kernel counts raises no alarm', async (t) => {
  const storm = Array.from({ length: 23 }, (_, at) => kill(at + 1, 60)).flat()
  const files = (count: string) => ({
    'dev/kmsg': log(storm),
    ...(count && { 'proc/vmstat': `oom_kill ${count}\n` }),
  })
  const none = await collect(machine(t, files('0')), hour, first)
  t.same([none.victims, none.recent, none.storm, none.repeats], [[], [], undefined, undefined])
  t.match(none.account, { counted: 0, explained: 0, lost: 0, disbelieved: 23 })
  t.match(await collect(machine(t, files('0')), hour, after(none)), { account: { disbelieved: 23 } }, 'once')
  const one = await collect(machine(t, files('1')), hour, first)
  t.match(one.victims, [{ kills: 1 }])
  t.match(one.account, { counted: 1, explained: 1, disbelieved: 22 })
  // The counter stood at 30 before: what came since is what counts.
  const calm = await collect(machine(t, { 'proc/vmstat': 'oom_kill 30\n' }), hour, first)
  t.match(await collect(machine(t, files('31')), hour, after(calm)), {
    victims: [{ kills: 1 }],
    account: { lost: 0, disbelieved: 22 },
  })
  const before413 = await collect(machine(t, files('')), hour, first)
  t.match(
    before413,
    { victims: [{ kills: 23 }], account: undefined },
    'where nothing counts the log is all there is',
  )
})
