import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { defaults } from '../../agent/config/defaults.ts'
import { openMachine } from '../../agent/host/machine.ts'
import type { Host } from '../../agent/model/index.ts'
import { memory, ofTheKiller } from '../../collectors/memory/index.ts'
import type { MemorySample } from '../../collectors/memory/sample.ts'
import {
  calm,
  cgroupRoot,
  homeCgroup,
  makeCgroup,
  onlyKiller,
  removeCgroups,
  version2,
  withoutCgroups,
} from './cgroups.ts'
import { mayOverrun, overrunKernelLog } from './kernel-log.ts'
import { until } from './waiting.ts'

/** Real kills in real memory cgroups, read from the real log. About forty of them, of 16 MiB each. */
const limit = 16 * 2 ** 20
const settings = defaults(memory.settings)

const why = withoutCgroups()
const skip = why !== undefined && process.env.CI !== 'true' ? { skip: why } : {}

/** A process of that name that eats memory in that cgroup until it is killed. */
const eat = (cgroup: string, comm: string) =>
  new Promise<{ signal: string | null; pid: number }>((resolve, reject) => {
    const script = `echo $$ > '${cgroupRoot}${cgroup}/cgroup.procs' && printf %s '${comm}' > /proc/$$/comm && x=0123456789abcdef && while :; do x=$x$x; done`
    const child = spawn('sh', ['-c', script], { stdio: 'ignore' })
    child.on('error', reject).on('exit', (_, signal) => resolve({ signal, pid: Number(child.pid) }))
  })

const pods = mkdtempSync(join(tmpdir(), 'pods-'))
const machine = openMachine()
t.teardown(async () => {
  machine.close()
  rmSync(pods, { recursive: true })
  await removeCgroups()
})

/** The real machine, but for the two folders in which the kubelet names its pods, and k3s's cgroups being those of the test. */
function host(): Host {
  const real = machine.during(AbortSignal.timeout(60_000))
  const there = (path: string) =>
    path.startsWith('/var/log/pods') || path.startsWith('/var/log/containers')
      ? join(pods, path)
      : path.startsWith(`${cgroupRoot}/kubepods`)
        ? path.replace(cgroupRoot, cgroupRoot + homeCgroup)
        : path
  return {
    ...real,
    list: (path) => real.list(there(path)),
    text: (path, options) => real.text(there(path), options),
    target: (path) => real.target(there(path)),
  }
}

interface Container {
  readonly subject: string
  readonly cgroup: string
  readonly pod: string
}

function makeContainer(name: string, { systemd = false, prefix = homeCgroup, links = true } = {}): Container {
  const uid = randomUUID()
  const id = randomBytes(32).toString('hex')
  const folder = join(pods, `/var/log/pods/shop_${name}_${uid}`)
  mkdirSync(join(folder, 'app'), { recursive: true })
  mkdirSync(join(folder, 'sidecar'))
  mkdirSync(join(pods, '/var/log/containers'), { recursive: true })
  if (links)
    symlinkSync(
      `/var/log/pods/shop_${name}_${uid}/app/0.log`,
      join(pods, `/var/log/containers/${name}_shop_app-${id}.log`),
    )
  const pod = systemd
    ? `${prefix}/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid.replaceAll('-', '_')}.slice`
    : `${prefix}/kubepods/burstable/pod${uid}`
  const cgroup = systemd ? `${pod}/cri-containerd-${id}.scope` : `${pod}/${id}`
  makeCgroup(cgroup, limit)
  return { subject: `shop/${name}${links ? '/app' : ''}`, cgroup, pod }
}

/** Eats until the kernel told of it in full, which it does not where others are killed at the time. */
async function eatTold(cgroup: string, comm: string) {
  for (let tries = 1; ; tries += 1) {
    const { signal, pid } = await eat(cgroup, comm)
    let told = false
    await host().kmsg(-1, (record) => {
      told ||= record.includes(`task=${comm.replace('\\', '\\x5c')},pid=${pid},`)
    })
    if (told || tries === 3) return signal
    await calm()
  }
}

const look = (sample?: MemorySample) =>
  memory.collect(host(), settings, { heard: [], ...(sample && { sample }) })
const find = (sample: MemorySample, { subject }: Container) =>
  memory
    .assess(sample, { heard: [] }, settings, Date.now())
    .find((it) => it.code === 'memory.oom-killed' && it.subject === subject)

t.test('OOM kills', skip, async (t) => {
  t.teardown(await onlyKiller())
  let sample = await look()
  t.equal(sample.unseen, undefined)
  const counted = Number(sample.counted)

  await t.test('one, and who it was', async (t) => {
    const it = makeContainer('web')
    const before = Date.now()
    t.equal(await eatTold(it.cgroup, 'eater'), 'SIGKILL')
    const after = Date.now()
    sample = await look(sample)
    const found = find(sample, it)
    t.match(found, {
      subject: 'shop/web/app',
      severity: undefined,
      text: /^1 kill at \d\d:\d\d UTC, limit 16 MiB \(of the pod\); eater \(pid \d+\) with [\d.]+ MiB\.$/,
      pod: { namespace: 'shop', name: 'web', container: 'app' },
      evidence: { uid: 0, limit: '16 MiB', constraint: 'CONSTRAINT_MEMCG' },
    })
    const at = Number(found?.at)
    t.ok(at > before - 1000 && at < after + 1000, `to the second: ${at - after} ms`)
    t.ok(Number(sample.counted) > counted, 'the kernel counts it too')
  })

  await t.test("with systemd's names, and a database", async (t) => {
    const it = makeContainer('db', { systemd: true })
    t.equal(await eatTold(it.cgroup, 'postgres'), 'SIGKILL')
    sample = await look(sample)
    t.match(find(sample, it), { severity: 'critical', impact: /postgres is a database/ })
  })

  await t.test('a process of the node', async (t) => {
    const cgroup = `${homeCgroup}/system.slice/x.service`
    makeCgroup(cgroup, limit)
    t.equal(await eatTold(cgroup, "a`b'\\n".replace("'", '')), 'SIGKILL')
    sample = await look(sample)
    const found = find(sample, { subject: `process a?b\\n in ${cgroup}`, cgroup, pod: '' })
    t.match(found, { text: new RegExp(`\\(of ${homeCgroup}/system.slice\\)`), pod: undefined })
  })

  await t.test('a line too long for one record', async (t) => {
    const it = makeContainer('deep', { prefix: `${homeCgroup}/${'n'.repeat(250)}/${'m'.repeat(250)}` })
    t.equal(await eatTold(it.cgroup, 'eater'), 'SIGKILL')
    const pieces: string[] = []
    await host().kmsg(sample.cursor, (record) => {
      if (/^\d+,\d+,\d+,c/.test(record)) pieces.push(record)
    })
    t.ok(pieces.length > 0, 'the kernel cut it')
    sample = await look(sample)
    t.match(find(sample, it), { text: /^1 kill/ })
  })

  await t.test('more than the kernel tells of in full, over rounds and a restart', async (t) => {
    const it = makeContainer('storm', { links: false })
    const kills = 14
    await calm()
    const begun = sample.cursor
    // The log may hold the kills of an earlier run.
    const comm = `storm${process.pid}`
    const woken: number[] = []
    const stop = new AbortController()
    const following = machine.follow(
      ['cat', '/dev/kmsg'],
      (line) => ofTheKiller(line) && line.includes(`(${comm})`) && woken.push(performance.now()),
      stop.signal,
    )
    let slowest = 0
    for (let count = 0; count < kills; count += 1) {
      t.equal((await eat(it.cgroup, comm)).signal, 'SIGKILL')
      const ended = performance.now()
      for (let waits = 0; woken.length <= count && waits < 500; waits += 1) await sleep(2)
      slowest = Math.max(slowest, performance.now() - ended)
      if (count === 4) sample = await look(sample)
      // As after a restart: nothing but the stored sample is left.
      if (count === 9) {
        machine.close()
        sample = await look(JSON.parse(JSON.stringify(sample)))
      }
    }
    stop.abort()
    t.equal(await following, 'it ended (SIGKILL)')
    t.equal(woken.length, kills, `each of them wakes; the slowest ${slowest.toFixed(1)} ms after its end`)
    sample = await look(sample)
    const found = find(sample, it)
    t.match(found, { evidence: { kills }, pod: { namespace: 'shop', name: 'storm' } })
    let told = 0
    await host().kmsg(begun, (record) => {
      if (record.includes(';oom-kill:') && record.includes(`task=${comm},`)) told += 1
    })
    const bare = told < kills ? `; ${kills - told} identified by process name only` : '.'
    t.ok(found?.text.includes(bare), `${told} of ${kills} were told in full`)
    t.comment(String(found?.text))
  })

  // Which version of cgroups a kernel was started with cannot be chosen here: version 1 has no groups to kill.
  if (!version2) t.comment('no memory.oom.group: version 1 of cgroups')
  else
    await t.test('a group', async (t) => {
      const it = makeContainer('group')
      writeFileSync(`${cgroupRoot}${it.cgroup}/memory.oom.group`, '1')
      const idle = spawn('sh', [
        '-c',
        `echo $$ > '${cgroupRoot}${it.cgroup}/cgroup.procs'; while :; do sleep 1; done`,
      ])
      await until('it is in its group', () => readFileSync(`${cgroupRoot}${it.cgroup}/cgroup.procs`, 'utf8'))
      await eatTold(it.cgroup, 'eater')
      sample = await look(sample)
      t.match(find(sample, it), { evidence: { kills: 1 }, text: /[23] processes in all/ })
      await until('the one that only waited is killed too', () => idle.signalCode === 'SIGKILL')
    })

  await t.test('forged kills are none', async (t) => {
    const forged = `Memory cgroup out of memory: Killed process 1 (forged${process.pid}) total-vm:1kB, anon-rss:1kB`
    for (const prefix of ['', '<3>', '<0>']) writeFileSync('/dev/kmsg', `${prefix}${forged}\n`)
    const { victims, cursor } = sample
    sample = await look(sample)
    t.ok(sample.cursor >= cursor + 3)
    t.equal(
      sample.victims.some((it) => it.subject.startsWith(`process forged${process.pid}`)),
      false,
    )
    t.equal(sample.victims.length, victims.length)
  })

  const overrun = mayOverrun
    ? {}
    : { skip: "empties this machine's kernel log; MURPHY_TEST_OVERRUN=1 runs it" }
  await t.test('the log overruns', overrun, async (t) => {
    const it = makeContainer('late')
    const gone = makeContainer('gone')
    const lost = sample.lost ?? 0
    const account = { lost: sample.account?.lost ?? 0 }
    // Its record is overwritten before anyone looks: only its cgroup knows.
    t.equal((await eat(gone.cgroup, 'gone')).signal, 'SIGKILL')
    await calm()
    // The log is open and stands before what is overwritten: the next read is EPIPE.
    overrunKernelLog()
    t.equal(await eatTold(it.cgroup, 'eater'), 'SIGKILL')
    const cursor = sample.cursor
    sample = await look(sample)
    t.match(find(sample, it), { text: /^1 kill/ }, 'read on with what was left')
    t.ok(
      Number(sample.lost) > lost,
      `${Number(sample.lost) - lost} of ${sample.cursor - cursor} records lost`,
    )
    t.ok(Number(sample.lost) - lost < sample.cursor - cursor)
    t.match(
      sample.account,
      { lost: account.lost + 1, lostOf: { [gone.subject]: 1 } },
      'one kill without a record',
    )
    t.match(find(sample, gone), { text: /^1 kill at .* counted by its cgroup; the kernel log/ })
  })

  await t.test('every kill that the kernel counts is accounted for', async (t) => {
    sample = await look(sample)
    const { account } = sample
    t.ok(account && account.counted >= Number(sample.counted), JSON.stringify(account))
    t.equal(Number(account?.explained) + Number(account?.before) + Number(account?.lost), account?.counted)
    t.equal(account?.lost, 'skip' in overrun ? 0 : 1, 'but for the one that was overwritten')
  })

  t.ok(JSON.stringify(sample).length < 64 * 1024, `${JSON.stringify(sample).length} bytes to remember`)
})
