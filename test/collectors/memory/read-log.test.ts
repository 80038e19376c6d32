import t from 'tap'
import { believed, named, readLog } from '../../../collectors/memory/read-log.ts'
import { podBook } from '../../../collectors/node/pods.ts'
import { machine } from '../node/machine.ts'
import { containerId, killed, recorded, uid } from './records.ts'

const uptime = { '/proc/uptime': '1000.00 1.00\n' }

t.test('seventeen real kills, in one go and in pieces', async (t) => {
  const host = machine(t, { ...uptime, '/dev/kmsg': `${recorded.join('\n')}\n` })
  const all = await readLog(host, 'one')
  t.equal(all.killed, 17)
  const half = machine(t, { ...uptime, '/dev/kmsg': `${recorded.slice(0, 400).join('\n')}\n` })
  const first = await readLog(half, 'one')
  const rest = await readLog(host, 'one', { boot: 'one', ...first })
  t.equal(first.killed + rest.killed, all.killed, 'each once')
  t.equal(rest.cursor, all.cursor)
  const other = await readLog(host, 'two', { boot: 'one', ...first })
  t.equal(other.killed, all.killed, 'another boot is read from its beginning')
})

t.test('a log that is not there says why', async (t) => {
  await t.rejects(readLog(machine(t, uptime), 'one'), { message: /OOM kills cannot be seen/ })
})

t.test('a kill with its pod and its time', async (t) => {
  const lines = killed('x', 7).map((line, at) => `3,${at},500000000,-;${line}\n`)
  const host = machine(t, { ...uptime, '/dev/kmsg': lines.join('') })
  const log = await readLog(host, 'one')
  const book = podBook([`shop_web_${uid}`], [`web_shop_app-${containerId}.log`])
  t.match(await named(host, book, log), [
    {
      pid: 7,
      at: host.now() - 500_000,
      podUid: uid,
      pod: { namespace: 'shop', name: 'web', container: 'app' },
    },
  ])
})

t.test('a kill that was read has happened, however far the clock of the log is ahead', async (t) => {
  const lines = killed('x', 7).map((line, at) => `3,${at},1000900000,-;${line}\n`)
  const host = machine(t, { ...uptime, '/dev/kmsg': lines.join('') })
  const [kill] = await named(host, podBook([], []), await readLog(host, 'one'))
  t.equal(kill?.at, host.now())
})

t.test('no more kills are believed than were counted', async (t) => {
  const lines = ['a', 'b', 'c'].flatMap((comm, at) => {
    const both = killed(comm, at + 1)
    return comm === 'b' ? both : [both[1]]
  })
  const text = lines.map((line, at) => `3,${at},500000000,-;${line}\n`).join('')
  const log = await readLog(machine(t, { ...uptime, '/dev/kmsg': text }), 'one')
  t.equal(log.killed, 3)
  for (const most of [undefined, 3, 4]) t.equal(believed(log, most), log)
  const two = believed(log, 2)
  t.match(two, { killed: 2, disbelieved: 1, cursor: log.cursor, kills: [{ comm: 'a' }, { comm: 'b' }] })
  t.match(believed(log, 1).kills, [{ comm: 'b' }], 'the one that was told in full first')
  const none = believed(log, 0)
  t.match(none, { killed: 0, disbelieved: 3, uncounted: 0 })
  t.same(none.kills, [])
  t.notOk('recent' in none.reading, 'and lends nothing to those that come')
})
