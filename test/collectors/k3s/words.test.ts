import t from 'tap'
import { list, moment, quoted, size, span } from '../../../collectors/k3s/words.ts'

t.test('times, spans, sizes, lists and words of a command', async (t) => {
  t.equal(moment(0), '1970-01-01 00:00:00 UTC')
  t.strictSame([-5, 59_000, 150_000, 7_200_000, 3 * 86_400_000].map(span), [
    '0 s',
    '59 s',
    '2 min',
    '2 h',
    '3 d',
  ])
  t.strictSame([0, 1024, 1_610_612_736].map(size), ['0 B', '1 KiB', '1.5 GiB'])
  t.strictSame([[], ['a'], ['a', 'b', 'c']].map(list), ['', 'a', 'a, b and c'])
  t.equal(quoted('/var/lib/k3s'), '/var/lib/k3s')
  t.equal(quoted("a 'b' `c`"), `'a '\\''b'\\'' ?c?'`)
})
