import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { openMachine } from '../../agent/host/machine.ts'
import { recording } from '../../agent/host/recorder.ts'
import { recordedNode } from '../../agent/host/replay.ts'
import type { Host } from '../../agent/model/index.ts'
import { readLastBoot } from '../../collectors/memory/last-boot.ts'
import { asExport, kernelEntry } from '../collectors/memory/journal.ts'
import { killed } from '../collectors/memory/records.ts'

/** A real journal of two boots, written by systemd's own program and read by the real journalctl. */
const writer = '/lib/systemd/systemd-journal-remote'
const why =
  process.getuid?.() !== 0 ? 'needs root' : existsSync(writer) ? undefined : 'needs systemd-journal-remote'
const skip = why !== undefined && process.env.CI !== 'true' ? { skip: why } : {}

const second = 1e6
const [before, now] = [
  { id: 'a'.repeat(32), start: (Date.now() - 7200_000) * 1000 },
  { id: 'b'.repeat(32), start: (Date.now() - 60_000) * 1000 },
]
const oom = killed('postgres', 77, { global: true, constraint: 'CONSTRAINT_NONE' })
const entries = [
  kernelEntry(before, second, 'Linux version 6.1.0'),
  ...oom.map((line) => kernelEntry(before, 7000 * second, line)),
  kernelEntry(before, 7001 * second, 'Out of memory: Killed process 1 (forged) total-vm:1kB', 1),
  kernelEntry(
    before,
    7002 * second,
    'Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled',
  ),
]
const after = [kernelEntry(now, second, 'Linux version 6.1.0')]

t.test('the journal of the boot before this one', skip, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'murphy-journal-'))
  const machine = openMachine()
  t.teardown(() => {
    machine.close()
    rmSync(folder, { recursive: true })
  })
  const real = machine.during(AbortSignal.timeout(60_000))
  /** A machine whose journal is made of these; `as` stands before journalctl. */
  const withJournal = (name: string, input: string, as: readonly string[] = []): Host => {
    const journals = join(folder, name)
    if (!existsSync(journals)) {
      mkdirSync(journals, { mode: 0o700 })
      execFileSync(writer, ['-o', join(journals, 'system.journal'), '-'], { input, stdio: 'pipe' })
    }
    return {
      ...real,
      run: ([command = '', ...args], options) =>
        real.run([...as, command, `--directory=${journals}`, ...args], options),
    }
  }
  const ask = { boot: 'now', start: now.start / 1000 }
  const all = asExport([...entries, ...after])

  await t.test('its kills, its end and its panic', async (t) => {
    const begun = performance.now()
    const seen = await readLastBoot(withJournal('two', all), ask)
    t.comment(`${(performance.now() - begun).toFixed(0)} ms`)
    t.match(seen?.kills, [{ pid: 77, comm: 'postgres', uptime: 7000 * second, scope: 'node' }])
    t.equal(seen?.kills.length, 1)
    t.match(seen?.about, {
      id: before.id,
      kills: 1,
      who: 'postgres',
      orderly: undefined,
      panic: 'Out of memory: system-wide panic_on_oom is enabled',
    })
    t.ok(Math.abs(Number(seen?.start) - before.start / 1000) < 2, 'to the millisecond')
    t.ok(Math.abs(Number(seen?.about.ended) - (before.start / 1000 + 7002_000)) < 2)
  })

  await t.test('a shutdown that was asked for', async (t) => {
    const stopped = {
      boot: before,
      uptime: 7003 * second,
      more: { MESSAGE_ID: 'd93fb3c9c24d451a97cea615ce59c00b', _TRANSPORT: 'driver' },
    }
    const seen = await readLastBoot(withJournal('orderly', asExport([...entries, stopped, ...after])), ask)
    t.match(seen?.about, { orderly: true })
  })

  await t.test('a journal of this boot only, as a volatile one is', async (t) => {
    const seen = await readLastBoot(withJournal('one', asExport(after)), ask)
    t.match(seen, { kills: [], about: { id: undefined, closed: undefined } })
  })

  await t.test('without the right to read it, and with what murphy.service has', async (t) => {
    execFileSync('chmod', ['755', folder])
    const nobody = ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups']
    const closed = await readLastBoot(withJournal('two', all, nobody), ask)
    t.match(closed, { kills: [], about: { closed: 'the journal is closed to this user' } })
    const service = [...nobody, '--inh-caps=+dac_read_search', '--ambient-caps=+dac_read_search']
    const open = await readLastBoot(withJournal('two', all, service), ask)
    t.match(open?.about, { id: before.id, kills: 1 })
  })

  await t.test('as a recording', async (t) => {
    const to = join(folder, 'recorded')
    const host = recording(withJournal('two', all), to, 'n1')
    const seen = await readLastBoot(host, ask)
    host.finish()
    t.strictSame(await readLastBoot(recordedNode(to), ask), seen)
  })
})
