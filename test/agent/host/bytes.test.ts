import { execFileSync } from 'node:child_process'
import { symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { again, partLater, readLater, readNow, withoutLinks } from '../../../agent/host/bytes.ts'

const text = (bytes: Uint8Array | undefined) => Buffer.from(bytes ?? []).toString()

t.test('a regular file whole, in place or later, and no link', async (t) => {
  const at = t.testdir({ small: 'text', empty: '', large: 'x'.repeat(200_000) })
  symlinkSync('small', join(at, 'link'))
  execFileSync('mkfifo', [join(at, 'fifo')])
  writeFileSync(join(at, 'big'), '')
  truncateSync(join(at, 'big'), 2 ** 32)
  const ways = {
    now: async (name: string, limit = 2 ** 20) => readNow(join(at, name), 'reading', limit, withoutLinks),
    later: (name: string, limit = 2 ** 20) => readLater(join(at, name), 'reading', limit),
  }
  for (const [way, read] of Object.entries(ways)) {
    t.equal(text((await read('small')).bytes), 'text', way)
    t.equal((await read('empty')).bytes?.length, 0, way)
    t.equal((await read('large')).bytes?.length, 200_000, way)
    t.equal((await read('small')).stats.size, 4)
    await t.rejects(read('large', 100), { code: 'too-large' }, way)
    await t.rejects(read('fifo'), { code: 'failed', message: 'reading: it is not a regular file' }, way)
    await t.rejects(read('link'), { code: 'ELOOP' }, way)
    await t.rejects(read('none'), { code: 'ENOENT' }, way)
  }
  await t.rejects(ways.later('big'), { code: 'too-large' })
  t.equal(
    text(readNow(join(at, 'link'), 'reading', 10, again).bytes),
    'text',
    'where links were looked at before',
  )
})

t.test('what is as it was is not read', async (t) => {
  const at = join(t.testdir({ file: 'text' }), 'file')
  const enough = ({ size }: { size: number }) => size === 4
  t.equal(readNow(at, 'reading', 10, again, enough).bytes, undefined)
  const { stats, bytes } = await readLater(at, 'reading', 10, again, enough)
  t.equal(bytes, undefined)
  t.equal(stats.size, 4)
})

t.test('a part of it, as far as there is any', async (t) => {
  const at = join(t.testdir({ log: '0123456789' }), 'log')
  t.equal(text(await partLater(at, 'reading', 2, 3)), '234')
  t.equal(text(await partLater(at, 'reading', 8, 100)), '89')
  t.equal(text(await partLater(at, 'reading', 99, 5)), '')
  await t.rejects(partLater('/dev/zero', 'reading', 0, 1), { message: /not a regular file/ })
})
