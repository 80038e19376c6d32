import t from 'tap'
import { withoutReplaced } from '../../../collectors/pods/said.ts'

t.test('another pod of the same name speaks for itself; one that is gone is no better for it', async (t) => {
  const of = (uid?: string) => ({
    pod: { namespace: 'shop', name: 'db-0', container: 'postgres', ...(uid && { uid }) },
    ...{ pattern: 'postgres-wal', lines: 1, first: 1, last: 1, excerpt: '' },
  })
  t.same(withoutReplaced([of('a')], ['shop_db-0_a', 'shop_web_c']), [of('a')])
  t.same(withoutReplaced([of('a')], ['shop_db-0_b']), [])
  t.same(withoutReplaced([of('a')], ['shop_db-01_b']), [of('a')], 'scaled to 0')
  t.same(withoutReplaced([of()], ['shop_db-0_b']), [of()], 'nobody knows whose it is')
})
