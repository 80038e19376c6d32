import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { defaults } from '../../agent/config/defaults.ts'
import { openMachine } from '../../agent/host.ts'
import type { MemorySample } from '../../collectors/memory/collect.ts'
import { memory, ofTheKiller } from '../../collectors/memory.ts'
import { onlyKiller } from './cgroups.ts'
import { countedKills } from './killing.ts'

/**
 * A program that calls itself `Out of memory`, in a file that is called as below, has the kernel itself write all
 * words of an OOM kill when it crashes: `Out of memory[9]: segfault at 0 … in Killed process 777 (k3s-server) …`.
 */
const file =
  'Killed process 777 (k3s-server) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:8kB oom_score_adj:0'
const crashes = 23
const settings = defaults(memory.settings)

/** The smallest ELF program (elf(5)) that gives itself a name of up to 15 bytes and then writes to address 0. */
function crashing(comm: string): Buffer {
  const headers = 0x78
  const code = Buffer.from([
    ...[0xb8, 157, 0, 0, 0], // mov eax, prctl
    ...[0xbf, 15, 0, 0, 0], // mov edi, PR_SET_NAME
    ...[0x48, 0x8d, 0x35, 6, 0, 0, 0], // lea rsi, [rip + 6]: the name, behind the code
    ...[0x0f, 0x05, 0x31, 0xc0, 0x89, 0x00], // syscall; xor eax, eax; mov [rax], eax
    ...Buffer.from(`${comm}\0`),
  ])
  const elf = Buffer.alloc(headers)
  const size = headers + code.length
  // 64 bits, little-endian; an executable for x86-64 with one segment, which is read and executed, at 4 MiB.
  elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  for (const [at, value] of [
    [16, 2],
    [18, 62],
    [52, 0x40],
    [54, 0x38],
    [56, 1],
  ] as const)
    elf.writeUInt16LE(value, at)
  for (const [at, value] of [
    [20, 1],
    [24, 0x400000 + headers],
    [32, 0x40],
    [64, 1],
    [68, 5],
  ] as const)
    elf.writeUInt32LE(value, at)
  for (const [at, value] of [
    [80, 0x400000],
    [88, 0x400000],
    [96, size],
    [104, size],
    [112, 0x1000],
  ] as const)
    elf.writeUInt32LE(value, at)
  return Buffer.concat([elf, code])
}

const skip =
  process.getuid?.() !== 0
    ? 'needs root'
    : process.arch !== 'x64' && 'its program is for x86-64; the forms are tested in collectors/memory/lines'

t.test('crashes that read like OOM kills are none', { skip }, async (t) => {
  t.teardown(await onlyKiller(0))
  const folder = mkdtempSync(join(tmpdir(), 'forged-'))
  const machine = openMachine()
  t.teardown(() => {
    machine.close()
    rmSync(folder, { recursive: true })
  })
  chmodSync(folder, 0o755)
  const program = join(folder, file)
  writeFileSync(program, crashing('Out of memory'), { mode: 0o755 })
  const host = machine.during(AbortSignal.timeout(60_000))
  const look = (sample?: MemorySample) =>
    memory.collect(host, settings, { heard: [], ...(sample && { sample }) })

  /** Other tests may have had processes killed within the hour, and theirs are real. */
  const told = (sample: MemorySample) =>
    memory
      .assess(sample, { heard: [] }, settings, Date.now())
      .map(({ code, subject }) => `${code} ${subject}`)

  const first = await look()
  const before = told(first)
  const counted = countedKills()
  const printed = new Map<string, boolean>()
  // The kernel prints ten such lines in five seconds (kernel.printk_ratelimit), whosever they are.
  for (let tries = 0; printed.size < crashes && tries < 2 * crashes; tries += 1) {
    const ran = spawnSync('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', program], {
      cwd: '/',
    })
    t.equal(ran.signal, 'SIGSEGV')
    const had = printed.size
    await host.kmsg(first.cursor, (record) => {
      if (record.includes(`;Out of memory[`) && record.includes(` in ${file}`))
        printed.set(record, ofTheKiller(record))
    })
    if (printed.size === had) await sleep(1000)
  }
  t.equal(printed.size, crashes, 'the kernel wrote them')
  t.ok(
    [...printed.keys()].every((it) => Number.parseInt(it, 10) < 8),
    'as its own',
  )
  t.notOk([...printed.values()].includes(true), 'none wakes a look')
  t.equal(countedKills(), counted, 'and none is a kill')
  for (const [what, sample] of [
    ['the next look', await look(first)],
    ['a first look', await look()],
  ] as const) {
    const more = told(sample).filter((it) => !before.includes(it))
    t.same(more, [], `nothing is told in ${what}`)
    t.notMatch(JSON.stringify(sample), /k3s-server/)
    t.equal(sample.account?.disbelieved, undefined, 'its form alone gives them away')
    t.ok(Number(sample.account?.explained) <= counted)
  }
})
