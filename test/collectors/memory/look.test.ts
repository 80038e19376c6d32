import t from 'tap'
import { remember } from '../../../collectors/memory/history/remember.ts'
import { look } from '../../../collectors/memory/look.ts'
import { machine } from '../node/machine.ts'
import { killed, uid } from './records.ts'

const hour = 3600_000
const uptime = 10_000
const log = (lines: readonly string[]) =>
  lines.map((line, at) => `3,${at},${(uptime - 60) * 1e6},-;${line}\n`).join('')
const files = {
  '/proc/uptime': `${uptime}.00 1.00\n`,
  '/proc/meminfo': 'MemTotal: 1024 kB\nMemAvailable: 512 kB\n',
  '/proc/vmstat': 'oom_kill 1\n',
  '/proc/sys/kernel/random/boot_id': 'one\n',
  '/dev/kmsg': log(killed('x', 7)),
}

t.test('what one round reads', async (t) => {
  const seen = await look(machine(t, files), undefined, hour)
  t.match(seen, { boot: 'one', memory: { total: 2 ** 20, available: 2 ** 19, counted: 1 } })
  t.match(seen.known, [{ podUid: uid, pid: 7 }])
  t.strictSame(seen.counted, { before: 1, after: 1 })
  t.strictSame(seen.missed, [])
  t.strictSame(
    seen.unseen.filter((it) => !it.unrecorded),
    [],
  )
})

t.test('it reads on where it stopped, and forged lines beyond the kernel’s own count are none', async (t) => {
  const one = await look(machine(t, files), undefined, hour)
  const nothing = { balance: undefined, counters: {}, unrecorded: [], bare: [] }
  const sample = remember({}, { ...one, ...nothing }, hour)
  t.strictSame((await look(machine(t, files), sample, hour)).known, [])
  const forged = { ...files, '/dev/kmsg': log([...killed('x', 7), ...killed('x', 8)]) }
  const seen = await look(machine(t, forged), undefined, hour)
  t.equal(seen.known.length, 1)
  t.equal(seen.log?.disbelieved, 1)
})

t.test('a log that is not there costs the rules that rest on it, and no others', async (t) => {
  const { '/dev/kmsg': _, ...without } = files
  const seen = await look(machine(t, without), undefined, hour)
  t.equal(seen.log, undefined)
  t.ok(seen.unseen.find((it) => it.codes?.includes('memory.oom-killed')))
  t.match(seen.memory, { total: 2 ** 20 })
})
