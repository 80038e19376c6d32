import { spawn } from 'node:child_process'
import { randomBytes, randomUUID } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { defaults } from '../../agent/config/defaults.ts'
import { openMachine } from '../../agent/host/machine.ts'
import type { Host } from '../../agent/model/index.ts'
import { memory } from '../../collectors/memory/index.ts'
import type { MemorySample } from '../../collectors/memory/sample.ts'
import {
  cgroupRoot,
  homeCgroup,
  limitCgroup,
  makeCgroup,
  onlyKiller,
  removeCgroups,
  version2,
  withoutCgroups,
} from './cgroups.ts'
import { countedKills } from './killing.ts'

/**
 * A leak of a known slope and a sawtooth, as real memory in real cgroups with k3s's names; the clock of the
 * collector runs sixty times as fast, so that half an hour takes half a minute. The forecast is held against
 * the moment at which the kernel kills.
 */
const faster = 60
const mebi = 2 ** 20
const limit = 64 * mebi
/**
 * Has a file grow by so many bytes a second, up to so many, and then again from none. By the clock: a machine that is busy
 * makes the steps larger, and not the slope smaller. In small pieces, so that it needs no memory of its own.
 */
const growing = `
use Time::HiRes qw(time sleep);
my ($file, $rate, $most) = @ARGV;
my $piece = "\\0" x 65536;
for (;;) {
  open(my $out, ">", $file) or die;
  my ($begun, $size) = (time, 0);
  while ($size < $most) {
    while ($size < $most && $size < (time - $begun) * $rate) { $size += syswrite($out, $piece) || die }
    sleep 0.1;
  }
}`
const settings = defaults(memory.settings)
const why = withoutCgroups()
const skip = why !== undefined && process.env.CI !== 'true' ? { skip: why } : {}

t.test('a leak is foreseen, a sawtooth is not', skip, async (t) => {
  t.teardown(await onlyKiller())
  const files = mkdtempSync('/dev/shm/murphy-leak-')
  const machine = openMachine()
  t.teardown(async () => {
    machine.close()
    rmSync(files, { recursive: true })
    await removeCgroups()
  })
  const usage = (cgroup: string) =>
    Number(readFileSync(`${cgroup}/${version2 ? 'memory.current' : 'memory.usage_in_bytes'}`, 'utf8'))
  /** The most that was ever used: what a process had for itself is gone with it. */
  const most = (cgroup: string) =>
    Number(readFileSync(`${cgroup}/${version2 ? 'memory.peak' : 'memory.max_usage_in_bytes'}`, 'utf8'))
  /** Writes to a file in memory, which counts for the cgroup it is in and cannot be taken back. */
  const inside = (cgroup: string, script: string) =>
    spawn('sh', ['-c', `echo $$ > '${cgroup}/cgroup.procs'; ${script}`], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
  const container = () => {
    const id = randomBytes(32).toString('hex')
    const pod = `${homeCgroup}/kubepods/burstable/pod${randomUUID()}`
    const cgroup = makeCgroup(`${pod}/${id}`, 2 * limit)
    limitCgroup(`${pod}/${id}`, limit)
    return { subject: `container ${id.slice(0, 12)}`, cgroup }
  }
  const [leak, saw] = [container(), container()]
  const grow = (name: string, bytes: number, until: number) =>
    `exec perl -e '${growing}' ${join(files, name)} ${bytes} ${until}`
  const processes = [
    inside(leak.cgroup, grow('leak', 2.5 * mebi, limit * 2)),
    inside(saw.cgroup, grow('saw', 10 * mebi, 48 * mebi)),
  ]

  const kills = countedKills()
  const begun = Date.now()
  const now = () => begun + (Date.now() - begun) * faster
  const real = machine.during(AbortSignal.timeout(100_000))
  const there = (path: string) =>
    path.startsWith(`${cgroupRoot}/kubepods`) ? path.replace(cgroupRoot, cgroupRoot + homeCgroup) : path
  const host: Host = {
    ...real,
    now,
    list: (path) => real.list(there(path)),
    text: (path, options) => real.text(there(path), options),
    kmsg: async () => {},
  }

  let sample: MemorySample | undefined
  let spoken: { at: number; due: number } | undefined
  const sawSpoken: string[] = []
  let teeth = 0
  let before = 0
  let killed: number | undefined
  processes[0]?.once('exit', () => {
    killed = now()
  })
  while (killed === undefined && Date.now() - begun < 60_000) {
    sample = await memory.collect(host, settings, { heard: [], ...(sample && { sample }) })
    const found = memory.assess(sample, { heard: [] }, settings, now())
    const its = found.find((it) => it.subject === leak.subject)
    const due = its?.evidence?.['reached at']
    if (!spoken && due !== undefined) {
      spoken = { at: now(), due: Date.parse(String(due)) }
      t.comment(its?.text)
    }
    const used = usage(saw.cgroup)
    if (used < before / 2) teeth += 1
    before = used
    if (teeth > 0) sawSpoken.push(...found.filter((it) => it.subject === saw.subject).map((it) => it.text))
    await sleep(500)
  }
  for (const it of processes) it.kill('SIGKILL')

  t.ok(spoken, 'it is foreseen')
  t.ok(most(leak.cgroup) > 0.98 * limit && countedKills() > kills, 'and it is killed at its limit')
  if (!spoken || killed === undefined) return
  const [said, really] = [spoken.due - spoken.at, killed - spoken.at]
  t.ok(really >= 2 * 60_000, `it speaks ${Math.round(really / 1000)} s before the kill (of the fast clock)`)
  t.ok(
    Math.abs(said - really) < 0.2 * really,
    `it said ${Math.round(said / 1000)} s, and it took ${Math.round(really / 1000)} s`,
  )
  t.ok(teeth >= 2, `the saw had ${teeth} teeth`)
  t.strictSame(sawSpoken, [], 'and is not told once it has shown one')
})
