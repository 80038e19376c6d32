import t from 'tap'
import type { Host } from '../../../agent/model/index.ts'
import { HostError } from '../../../agent/model/index.ts'
import { isUnread, panicOf, readLastBoot } from '../../../collectors/memory/last-boot.ts'
import { machine } from '../node/machine.ts'
import { asJson, type JournalEntry, kernelEntry } from './journal.ts'
import { containerId, killed, podCgroup } from './records.ts'

const boot = { id: '1'.repeat(32), start: Date.parse('2026-11-23T02:00:00Z') * 1000 }
const begun = Date.parse('2026-11-23T03:15:00.4Z')
const minute = 60e6
const ask = { boot: 'now', start: begun }

const commands = (kernel: readonly JournalEntry[], all = kernel) => ({
  'journalctl --boot=-1 --lines=200 --output=json --no-pager --output-fields=MESSAGE_ID,_UID,_TRANSPORT,_COMM':
    asJson(all),
  'journalctl --boot=-1 --lines=10000 --output=json --no-pager --dmesg --output-fields=MESSAGE,SYSLOG_FACILITY,_TRANSPORT,_SOURCE_MONOTONIC_TIMESTAMP SYSLOG_FACILITY=0':
    asJson(kernel),
})
const oom = (comm: string, pid: number, minutes: number, more = {}) =>
  killed(comm, pid, more).map((line) => kernelEntry(boot, minutes * minute, line))

t.test('the kills of the boot before this one', async (t) => {
  const global = { global: true, constraint: 'CONSTRAINT_NONE' }
  const kernel = [
    ...oom('postgres', 7, 60, global),
    ...oom('a\\b', 8, 70),
    kernelEntry(boot, 71 * minute, 'Out of memory: Killed process 9 (forged) total-vm:1kB', 1),
  ]
  const seen = await readLastBoot(machine(t, {}, { commands: commands(kernel) }), ask)
  t.match(seen?.kills, [
    { pid: 7, comm: 'postgres', uptime: 60 * minute, scope: 'node', cgroup: `${podCgroup}/${containerId}` },
    { pid: 8, comm: 'a\\b', scope: 'cgroup' },
  ])
  t.equal(seen?.kills.length, 2, 'what a process wrote into the log is none')
  t.equal(seen?.start, boot.start / 1000)
  t.strictSame(seen?.about, {
    readIn: 'now',
    tries: 1,
    booted: begun - 400,
    id: boot.id,
    ended: Date.parse('2026-11-23T03:11:00Z'),
    kills: 2,
    last: Date.parse('2026-11-23T03:10:00Z'),
    who: 'a\\b',
    starved: Date.parse('2026-11-23T03:00:00Z'),
  })
})

t.test('how it ended', async (t) => {
  const kernel = oom('x', 1, 60)
  const ended = async (more: JournalEntry['more']) => {
    const last = { boot, uptime: 72 * minute, more }
    const host = machine(t, {}, { commands: commands(kernel, [...kernel, last]) })
    return (await readLastBoot(host, ask))?.about
  }
  // As journald 252 writes them.
  const stopped = { MESSAGE_ID: 'd93fb3c9c24d451a97cea615ce59c00b', _TRANSPORT: 'driver' }
  const shutdown = { MESSAGE_ID: '98268866d1d54a499c4e98921d93bc40', _TRANSPORT: 'journal' }
  const logind = { ...shutdown, _UID: '0', _COMM: 'systemd-logind' }
  t.match(await ended(stopped), { orderly: true, ended: Date.parse('2026-11-23T03:12:00Z') })
  t.match(await ended(logind), { orderly: true })
  for (const [who, forged] of Object.entries({
    'a user who says what the journal says': { ...stopped, _TRANSPORT: 'journal' },
    'a user by the name of logind': { ...logind, _UID: '1000' },
    'another program of root': { ...logind, _COMM: 'cron' },
    'what does not say who it is': shutdown,
  }))
    t.equal((await ended(forged))?.orderly, undefined, who)
  const line = 'Kernel panic - not syncing: Out of memory: system-wide panic_on_oom is enabled'
  const panicked = [...kernel, kernelEntry(boot, 61 * minute, line)]
  const panic = await readLastBoot(machine(t, {}, { commands: commands(panicked) }), ask)
  t.match(panic?.about, { orderly: undefined, panic: 'Out of memory: system-wide panic_on_oom is enabled' })
})

t.test('which panics are about memory', async (t) => {
  t.equal(
    panicOf('Kernel panic - not syncing: System is deadlocked on memory'),
    'System is deadlocked on memory',
  )
  t.ok(panicOf('Kernel panic - not syncing: Out of memory and no killable processes...'))
  t.equal(panicOf('Kernel panic - not syncing: Fatal exception'), undefined)
  t.equal(panicOf('x Kernel panic - not syncing: Out of memory'), undefined)
})

t.test('no journal, no boot before this one, no right to read it, no time', async (t) => {
  const answering = (run: Host['run']): Host => ({ ...machine(t, {}), run })
  const failing = (stderr: string) => answering(async () => ({ stdout: '', stderr, exit: 1 }))
  const rejecting = (error: HostError) =>
    answering(async () => {
      throw error
    })
  const about = async (host: Host, tries?: number) =>
    (await readLastBoot(host, { ...ask, ...(tries !== undefined && { tries }) }))?.about
  const nothing = { readIn: 'now', tries: 1, booted: begun - 400 }
  // As journalctl 252 says it.
  t.strictSame(await about(failing('No journal files were found.')), nothing)
  t.strictSame(
    await about(failing('Data from the specified boot (-1) is not available: No such boot ID in journal')),
    nothing,
  )
  t.strictSame(await about(rejecting(new HostError('missing', 'no journalctl'))), nothing)
  const closed = await about(failing('No journal files were opened due to insufficient permissions.'))
  t.strictSame(closed, { ...nothing, closed: 'the journal is closed to this user' })
  t.notOk(isUnread('now', closed), 'asked once')
  t.match(await about(failing('Failed to open files: Input/output error')), {
    closed: 'journalctl says Failed to open files: Input/output error (exit code 1)',
  })
  const mute = answering(async () => ({ stdout: '', stderr: '', exit: 0 }))
  t.match(await about(mute), { closed: 'journalctl says nothing (exit code 0)' }, 'another program')
  const slow = rejecting(new HostError('timeout', 'slow'))
  const first = await about(slow)
  t.ok(isUnread('now', first), 'a slow disk is asked again')
  t.notOk(isUnread('now', await about(slow, 2)), 'but not for ever')
  t.ok(isUnread('next', closed), 'and with each boot')
  t.notOk(isUnread(undefined, undefined))
  t.equal(await about(machine(t, {})), undefined, 'a recording that does not say')
})

t.test('what is no journal breaks nothing', async (t) => {
  const junk = [
    '',
    '{',
    'null',
    '[]',
    '{"MESSAGE":[79,117,116]}',
    '{"MESSAGE":null,"_SOURCE_MONOTONIC_TIMESTAMP":"1"}',
  ]
  const host = machine(t, {})
  const run: Host['run'] = async (_, { line } = {}) => {
    for (const it of junk) line?.(it)
    return { stdout: '', stderr: '', exit: 0 }
  }
  t.match(await readLastBoot({ ...host, run }, ask), { kills: [], about: { id: undefined } })
})

t.test('a journal of the future, as after a clock that was wrong, says nothing', async (t) => {
  const host = machine(t, {}, { commands: commands(oom('x', 1, 60)) })
  t.match(await readLastBoot(host, { boot: 'now', start: boot.start / 1000 }), {
    kills: [],
    about: { id: undefined },
  })
})
