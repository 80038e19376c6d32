import t from 'tap'
import { clock, many, share, size } from '../../../collectors/memory/words.ts'

t.test('sizes', async (t) => {
  t.equal(size(24 * 2 ** 20), '24 MiB')
  t.equal(size(23808 * 1024), '23.3 MiB')
  t.equal(size(0), '0 B')
  t.equal(size(1023), '1023 B')
  t.equal(size(1.5 * 2 ** 40), '1.5 TiB')
  t.equal(size(333.3 * 2 ** 20), '333 MiB')
  t.equal(share(14.2 * 2 ** 30, 24 * 2 ** 30), '14.2 of 24.0 GiB')
  t.equal(share(2 ** 26, 2 ** 29), '64.0 of 512.0 MiB')
})

t.test('times', async (t) => {
  const at = Date.parse('2026-11-23T00:29:46Z')
  t.equal(clock(at, at), '00:29')
  t.equal(clock(at - 3600_000, at), '2026-11-22 23:29', 'the day before')
  t.equal(many(1, 'kill'), '1 kill')
  t.equal(many(0, 'kill'), '0 kills')
})
