import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  facts,
  list,
  owned,
  type ReadOptions,
  range,
  read,
  statOf,
  target,
} from '../../../agent/host/files.ts'

const signal = new AbortController().signal
const text = async (path: string, options: ReadOptions = {}) =>
  Buffer.from(await read(path, options, signal)).toString('utf8')

t.test('files are read whole, or not at all with the reason', async (t) => {
  const folder = t.testdir({ small: 'text', empty: '', sub: {} })
  t.equal(await text(`${folder}/small`), 'text')
  t.equal(await text(`${folder}/empty`), '')
  await t.rejects(text(`${folder}/none`), {
    code: 'missing',
    message: /reading .*none: there is no such thing/,
  })
  await t.rejects(text(`${folder}/sub`), { code: 'failed' })
  writeFileSync(`${folder}/big`, '')
  truncateSync(`${folder}/big`, 2 ** 32)
  await t.rejects(text(`${folder}/big`), { code: 'too-large' })
  await t.rejects(text('/proc/kallsyms', { limit: 100 }), { code: 'too-large' })
  t.match(await text('/proc/self/comm'), /\w/)
  execFileSync('mkfifo', [`${folder}/fifo`])
  await t.rejects(
    text(`${folder}/fifo`),
    { code: 'failed', message: /not a regular file/ },
    'a FIFO blocks nobody',
  )
})

t.test('a part of a file, for reading how it grew', async (t) => {
  const folder = t.testdir({ log: '0123456789' })
  const part = async (from: number, length: number) =>
    Buffer.from(await range(join(folder, 'log'), from, length, {}, signal)).toString()
  t.equal(await part(2, 3), '234')
  t.equal(await part(8, 100), '89', 'what is not there yet is not there')
  t.equal(await part(99, 5), '')
  await t.rejects(range(join(folder, 'none'), 0, 1, {}, signal), { code: 'missing' })
  await t.rejects(range('/dev/zero', 0, 1, {}, signal), { code: 'failed', message: /not a regular file/ })
})

t.test('folders, links and inodes', async (t) => {
  const folder = t.testdir({ b: '', a: {} })
  symlinkSync('b', `${folder}/c`)
  t.strictSame(await list(folder, signal), [
    { name: 'a', kind: 'folder' },
    { name: 'b', kind: 'file' },
    { name: 'c', kind: 'link' },
  ])
  t.equal(await target(`${folder}/c`, signal), 'b')
  t.match(await facts(`${folder}/c`, signal), { kind: 'file', size: 0 })
  await t.rejects(list(`${folder}/none`, signal), { code: 'missing' })
})

t.test('a file of a local disk is read in place, and no worse', async (t) => {
  const folder = t.testdir({ small: 'text', empty: '', large: 'x'.repeat(200_000) })
  const { dev } = await facts(folder, signal)
  for (let count = 0; count < 300; count += 1)
    if (Buffer.from(await read(`${folder}/small`, { dev }, signal)).toString() !== 'text')
      t.fail(String(count))
  t.equal((await read(`${folder}/empty`, { dev }, signal)).length, 0)
  t.equal((await read(`${folder}/large`, { dev }, signal)).length, 200_000)
  await t.rejects(read(`${folder}/large`, { dev, limit: 100 }, signal), { code: 'too-large' })
  await t.rejects(read(`${folder}/none`, { dev }, signal), { code: 'missing' })
  await t.rejects(read(folder, { dev }, signal), { code: 'failed' })
  execFileSync('mkfifo', [`${folder}/fifo`])
  await t.rejects(read(`${folder}/fifo`, { dev }, signal), { code: 'failed', message: /not a regular file/ })
})

t.test('what is in memory is read in place, and of a process what hangs nobody', async (t) => {
  t.match(await text('/proc/self/status'), /^Name:\t/)
  t.match(await text('/proc/self/cmdline'), /node/, 'also what touches its memory, in a lane of its own')
  t.match(await list('/proc/self/task', signal), [{ kind: 'folder' }])
  t.match(await facts('/proc/1', signal), { kind: 'folder', uid: 0 })
  t.match(await target('/proc/self/cwd', signal), process.cwd())
  await t.rejects(text('/proc/self/none'), { code: 'missing' })
  await t.rejects(text('/sys'), { code: 'failed' })
})

t.test('whose a file is comes with its content, and what is as it was is not read', async (t) => {
  const at = join(t.testdir({ file: 'text' }), 'file')
  chmodSync(at, 0o4640)
  const it = await owned(at, {}, signal)
  t.equal(Buffer.from(it.bytes ?? []).toString(), 'text')
  t.match(it.stat, { kind: 'file', size: 4, mode: 0o4640, uid: process.getuid?.() })
  t.strictSame(it.stat, statOf(statSync(at)))
  const same = await owned(at, { unless: ({ size }) => size === 4 }, signal)
  t.equal(same.bytes, undefined)
  t.strictSame(same.stat, it.stat)
})

t.test('a link is looked through, and named as one in a list', async (t) => {
  const folder = t.testdir({ sub: { file: 'text' } })
  symlinkSync('sub/file', join(folder, 'link'))
  symlinkSync('nowhere', join(folder, 'broken'))
  t.equal(await text(join(folder, 'link')), 'text')
  await t.rejects(target(join(folder, 'sub'), signal), { code: 'failed' }, 'it is none')
  await t.rejects(target(join(folder, 'none'), signal), { code: 'missing' })
})

t.test('a round that is over reads nothing', async (t) => {
  const over = AbortSignal.abort()
  const folder = t.testdir({ file: 'text' })
  const at = join(folder, 'file')
  for (const asked of [
    read(at, {}, over),
    range(at, 0, 1, {}, over),
    list(folder, over),
    facts(at, over),
    target(at, over),
  ])
    await t.rejects(asked as Promise<unknown>, { code: 'timeout' })
})

t.test(
  'nobody has root read for them what they may not read themselves',
  { skip: process.getuid?.() !== 0 && 'needs root, to give files away' },
  async (t) => {
    const folder = t.testdir({ theirs: {}, secret: 'root only' })
    const theirs = join(folder, 'theirs')
    chmodSync(join(folder, 'secret'), 0o600)
    chownSync(theirs, 65534, 65534)
    const link = join(theirs, 'link')
    symlinkSync(join(folder, 'secret'), link)
    execFileSync('chown', ['-h', '65534:65534', link])
    await t.rejects(text(link), { code: 'failed' }, 'it is another user who says where to')
    t.match(await facts(link, signal), { size: 9 }, 'to look at it says nothing of what is in there')
  },
)
