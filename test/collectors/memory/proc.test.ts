import { readFileSync } from 'node:fs'
import t from 'tap'
import { openMachine } from '../../../agent/host/machine.ts'
import type { Host } from '../../../agent/model/index.ts'
import { HostError } from '../../../agent/model/index.ts'
import { bootId, cgroupLimit, readMemory, startOfLog } from '../../../collectors/memory/proc.ts'

const machine = openMachine()
const real = machine.during(new AbortController().signal)
t.teardown(() => machine.close())

/** The real machine with other files in some places. */
const having = (files: Readonly<Record<string, string>>): Host => ({
  ...real,
  async text(path) {
    const text = files[path]
    if (text === undefined) throw new HostError('missing', `reading ${path}: there is no such thing`)
    return text
  },
})

t.test('this machine', async (t) => {
  const { total = 0, available = 0, counted } = await readMemory(real)
  t.equal(total, Number(/MemTotal: +(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]) * 1024)
  t.ok(available > 0 && available <= total)
  t.type(counted, 'number')
  t.match(await bootId(real), /^[0-9a-f]{8}-/)
  const booted = Number(/btime (\d+)/.exec(readFileSync('/proc/stat', 'utf8'))?.[1]) * 1000
  t.ok(Math.abs((await startOfLog(real)) - booted) < 1500, 'within a second of what /proc/stat says')
})

t.test('files that are missing or say something else', async (t) => {
  t.same(await readMemory(having({})), {})
  t.same(
    await readMemory(
      having({
        '/proc/meminfo': 'MemTotal:       2048 kB\nMemAvailable: ? kB\n',
        '/proc/vmstat': 'oom_kill_x 3\noom_kill 7\n',
      }),
    ),
    {
      total: 2048 * 1024,
      counted: 7,
    },
  )
  t.equal(await bootId(having({})), undefined)
  await t.rejects(startOfLog(having({ '/proc/uptime': 'soon' })), { code: 'failed', message: /uptime/ })
  await t.rejects(startOfLog(having({})), { code: 'missing' })
})

t.test('limits of both versions of cgroups', async (t) => {
  const host = having({
    '/sys/fs/cgroup/a/memory.max': '25165824\n',
    '/sys/fs/cgroup/x/../a/memory.max': '1\n',
    '/sys/fs/cgroup/b/memory.max': 'max\n',
    '/sys/fs/cgroup/memory/c/memory.limit_in_bytes': '25165824\n',
    '/sys/fs/cgroup/memory/d/memory.limit_in_bytes': '9223372036854771712\n',
  })
  t.equal(await cgroupLimit(host, '/a'), 25165824)
  t.equal(await cgroupLimit(host, '/b'), undefined)
  t.equal(await cgroupLimit(host, '/c'), 25165824)
  t.equal(await cgroupLimit(host, '/d'), undefined)
  t.equal(await cgroupLimit(host, '/gone'), undefined)
  t.equal(await cgroupLimit(host, '/x/../a'), undefined, 'a path out of a namespace is not followed')
})
