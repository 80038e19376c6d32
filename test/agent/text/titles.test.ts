import t from 'tap'
import { countIn, longestTitle, podTitled, shortEnough, textIn, titled } from '../../../agent/text/titles.ts'

t.test('what has room is said whole', async (t) => {
  t.equal(titled('expired: ', '/etc/ssl/a.crt', ' (7 d)'), 'expired: /etc/ssl/a.crt (7 d)')
  t.equal(
    podTitled('OOMKilled: ', { namespace: 'shop', name: 'db-0' }, ' (limit 64 MiB)'),
    'OOMKilled: shop/db-0 (limit 64 MiB)',
  )
})

t.test('where there is no room the least goes first, and never half of a fact', async (t) => {
  t.equal(
    titled('expired: ', '/etc/ssl/private/a.crt', ' (2026-11-29)'),
    'expired: /etc/ssl/private/a.crt',
    'what stands behind the name',
  )
  t.equal(titled('expired: ', `/etc/${'x'.repeat(90)}/a.crt`), 'expired: /etc/xxxxxxxxxx…xxxxxxxxx/a.crt')
  const pod = (name: string, namespace = 'kube-system') =>
    podTitled('OOMKilled: ', { namespace, name }, ' (64 MiB)')
  t.equal(pod('coredns-64fd4b4794-xk2vq'), 'OOMKilled: coredns (64 MiB)')
  t.equal(pod('db-0', 'a-namespace-of-many-words'), 'OOMKilled: db-0 (64 MiB)')
  t.equal(pod('local-path-provisioner-578895bd58-5m2xk'), 'OOMKilled: local-path-provisioner')
  t.equal(pod('db-0-old'), 'OOMKilled: kube-system/db-0-old (64 MiB)', 'a name of its own is no suffix')
})

t.test('what stands behind a name that comes first says what is wrong', async (t) => {
  t.equal(titled('', 'etc/a.crt', ' expires in 7 d'), 'etc/a.crt expires in 7 d')
  t.equal(
    titled('', `/etc/${'x'.repeat(90)}/a.crt`, ' expires in 7 d'),
    '/etc/xxxxxxx…xxxxxx/a.crt expires in 7 d',
  )
  const name = 'local-path-provisioner-578895bd58-5m2xk'
  const title = podTitled('', { namespace: 'kube-system', name }, ' at 96 % of its limit')
  t.equal(title, 'local-path-provisi… at 96 % of its limit')
})

t.test('hostile names neither lengthen nor break it', async (t) => {
  for (const name of ['x'.repeat(9_000), '\u202e\u0000`rm`\n', '😀'.repeat(300), ''])
    for (const before of ['', 'OOMKilled: ', 'b'.repeat(90)]) {
      const all = [titled(before, name, ' (9)'), podTitled(before, { namespace: name, name }, ' (9)')]
      for (const it of all) {
        t.ok(it.length <= longestTitle, `${it.length} characters`)
        t.notMatch(it, /[\n`\u0000\u202e]/)
      }
    }
})

t.test('the first title with room; numbers and texts of the evidence, if they are such', async (t) => {
  const long = 'x'.repeat(longestTitle + 1)
  t.equal(shortEnough(long, 'short', 'shorter'), 'short')
  t.equal(shortEnough(long, `${long}y`), long.slice(0, longestTitle))
  t.equal(countIn({ a: 5 }, 'a'), 5)
  for (const it of [undefined, {}, { a: '5' }, { a: Number.NaN }, { a: true }])
    t.equal(countIn(it, 'a'), undefined)
  t.equal(textIn({ a: 'x' }, 'a'), 'x')
  for (const it of [undefined, {}, { a: 5 }]) t.equal(textIn(it, 'a'), '')
})
