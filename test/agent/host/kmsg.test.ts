import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { kernelLog } from '../../../agent/host/kmsg.ts'

const always = new AbortController().signal
const sequenceOf = (record: string) => Number(record.split(',', 2)[1])

/** The device cannot be opened in most containers; on a build machine it has to be. */
const device = (() => {
  try {
    closeSync(openSync('/dev/kmsg', constants.O_RDWR | constants.O_NONBLOCK))
    return {}
  } catch (error) {
    return process.env.CI === 'true' ? {} : { skip: `/dev/kmsg cannot be opened here: ${error}` }
  }
})()

/** All that is there, as it is read with this cursor. */
async function all(log: ReturnType<typeof kernelLog>, after: number) {
  const records: string[] = []
  await log.since(after, (record) => records.push(record), always)
  return records
}

t.test('the device', device, async (t) => {
  const log = kernelLog()
  t.teardown(() => log.close())
  const mark = `murphy test ${process.pid}`
  // A record without its newline stays open for more, and is not to be read before the next one.
  const say = (text: string) => writeFileSync('/dev/kmsg', `${mark} ${text}\n`)
  const mine = (records: readonly string[]) =>
    records.filter((it) => it.includes(mark)).map((it) => it.slice(it.indexOf(mark) + mark.length + 1))

  say('one')
  const before = await all(log, -1)
  const sequences = before.map(sequenceOf)
  t.same(mine(before), ['one'], 'reads to the end, where it does not wait')
  t.ok(
    sequences.every((it, at) => at === 0 || it > Number(sequences[at - 1])),
    'in their order',
  )
  t.notOk(before.some((it) => it.endsWith('\n')))
  const cursor = Number(sequences.at(-1))
  t.same(mine(await all(log, cursor)), [], 'nothing new')
  say('two')
  say('thr\\ee\nlines')
  t.same(mine(await all(log, cursor)), ['two', 'thr\\x5cee\\x0alines'], 'one record stays one line')
  t.same(mine(await all(log, cursor)), ['two', 'thr\\x5cee\\x0alines'], 'an earlier cursor starts over')
  t.same(mine(await all(log, -1)), ['one', 'two', 'thr\\x5cee\\x0alines'])

  const other = kernelLog()
  t.teardown(() => other.close())
  t.same(mine(await all(other, cursor)), ['two', 'thr\\x5cee\\x0alines'], 'another process goes on there')
  const [a, b] = await Promise.all([all(other, -1), all(other, -1)])
  // The log is the whole machine's: others write to it meanwhile, and what is old may go.
  const both = (records: string[]) =>
    records.filter(
      (it) => sequenceOf(it) >= sequenceOf(b[0] ?? '') && sequenceOf(it) <= sequenceOf(a.at(-1) ?? ''),
    )
  t.same(both(b), both(a), 'two that ask at once both get everything')
  t.same(mine(b), ['one', 'two', 'thr\\x5cee\\x0alines'])
  t.ok(
    (await all(log, -1)).some((it) => it.startsWith('12,') && it.includes(mark)),
    'marked as not the kernel',
  )
})

t.test('records one by one', async (t) => {
  // A pipe with one record in it answers as the device does: with that, and then with EAGAIN.
  const folder = mkdtempSync(join(tmpdir(), 'kmsg-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'kmsg')
  execFileSync('mkfifo', [path])
  const hold = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const into = openSync(path, constants.O_WRONLY | constants.O_NONBLOCK)
  const log = kernelLog(path)
  t.same(await all(log, -1), [], 'nothing yet')
  for (const record of [
    '6,7,1,-;usb 1-1: new device\n SUBSYSTEM=usb\n DEVICE=c189:2',
    '6,8,2,c;a piece',
    '6,11,3,-,caller=T1;after a gap',
    `6,12,4,-;${'x'.repeat(8000)}`,
  ]) {
    writeSync(into, `${record}\n`)
    t.same(await all(log, 6), [record], record.slice(0, 20))
  }
  writeSync(into, '6,13,5,-;old\n')
  t.same(await all(log, 13), [], 'what is not above the cursor is passed over')

  writeSync(into, '6,14,6,-;thrown at\n')
  await t.rejects(
    log.since(
      13,
      () => {
        throw new Error('no room')
      },
      always,
    ),
    { code: 'failed', message: /no room/ },
  )
  writeSync(into, '6,15,7,-;and on\n')
  t.same(await all(log, 13), ['6,15,7,-;and on'], 'an error of the reader is not the end')

  const over = new AbortController()
  over.abort()
  writeSync(into, '6,16,8,-;waits\n')
  await log.since(15, () => t.fail('its round was over'), over.signal)
  t.same(await all(log, 15), ['6,16,8,-;waits'])
  writeSync(into, 'no record\n')
  await t.rejects(all(log, 16), { code: 'failed', message: /not the log of a kernel/ })
  closeSync(into)
  closeSync(hold)
  await t.rejects(all(log, 16), { code: 'failed', message: /not the log of a kernel/ }, 'it ended')
})

t.test('what is not the device', async (t) => {
  await t.rejects(all(kernelLog('/dev/null'), -1), { code: 'failed', message: /not the log of a kernel/ })
  await t.rejects(all(kernelLog('/nonexistent/kmsg'), -1), { code: 'missing' })
})
