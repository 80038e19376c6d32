import t from 'tap'
import { isSameNews } from '../../../agent/state/news.ts'

t.test('what a sample says, beside when it was confirmed', (t) => {
  const same = (one: unknown, other: unknown) => isSameNews(one, other) && isSameNews(other, one)
  for (const it of [1, 'a', null, true, [], {}, { a: [{ b: 1 }] }])
    t.ok(same(it, structuredClone(it)), JSON.stringify(it))
  t.ok(same({ api: { well: true, seen: 1 } }, { api: { well: true, seen: 2 } }), 'confirmed')
  t.ok(same({ a: 1, b: 2 }, { b: 2, a: 1 }), 'in another order')
  for (const [one, other] of [
    [1, 2],
    [1, '1'],
    [null, {}],
    [[], {}],
    [[1], [1, 2]],
    [{ 0: 1, length: 1 }, [1]],
    [{ a: 1 }, { b: 1 }],
    [{ a: 1 }, { a: 1, b: 1 }],
    [{ a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
    [{ seen: true }, { seen: false }],
    [{ seen: 1 }, { seen: 'long ago' }],
    [{ seen: 1 }, {}],
    [{ toString: 1 }, { seen: 1 }],
  ])
    t.notOk(same(one, other), JSON.stringify([one, other]))
  t.end()
})

t.test('what was taken over is not looked into', (t) => {
  const large = new Proxy([1, 2, 3], {
    get() {
      throw new Error('it was looked into')
    },
  })
  t.ok(isSameNews({ large, at: [1] }, { large, at: [1] }))
  t.notOk(isSameNews({ large, at: [1] }, { large, at: [2] }))
  t.end()
})
