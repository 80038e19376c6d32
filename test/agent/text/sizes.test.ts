import t from 'tap'
import { roughSize, share, size } from '../../../agent/text/sizes.ts'

t.test('bytes', async (t) => {
  t.strictSame(
    [0, 1023, 1024, 23808 * 1024, 24 * 2 ** 20, 333.3 * 2 ** 20, 1_610_612_736, 1.5 * 2 ** 40].map(size),
    ['0 B', '1023 B', '1 KiB', '23.3 MiB', '24 MiB', '333 MiB', '1.5 GiB', '1.5 TiB'],
  )
})

t.test('what changes all the time, to the MiB', async (t) => {
  t.strictSame([0, 1, 2.6 * 2 ** 20, 1536 * 2 ** 20].map(roughSize), ['1 MiB', '1 MiB', '3 MiB', '1.5 GiB'])
})

t.test('a part, in the unit of the whole', async (t) => {
  t.equal(share(14.2 * 2 ** 30, 24 * 2 ** 30), '14.2 of 24.0 GiB')
  t.equal(share(2 ** 26, 2 ** 29), '64.0 of 512.0 MiB')
})
