import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { defaults } from '../../agent/config/defaults.ts'
import { openMachine } from '../../agent/host/machine.ts'
import { memory, ofTheKiller } from '../../collectors/memory/index.ts'
import type { MemorySample } from '../../collectors/memory/sample.ts'
import { onlyKiller } from './cgroups.ts'
import { crashing, file } from './forged/crash.ts'
import { countedKills } from './killing.ts'

const crashes = 23
const settings = defaults(memory.settings)

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
