import t from 'tap'
import { prepare, search } from '../../../collectors/pods/search.ts'

const found = (words: readonly string[], text: string | Buffer) => {
  const bytes = Buffer.from(text)
  const hits: [string, number][] = []
  search(prepare(words), bytes, 0, bytes.length, (index, at) => hits.push([words[index] ?? '', at]))
  return hits
}

t.test('all of them, wherever they stand', async (t) => {
  t.strictSame(found(['needle', 'eedless', 'hay'], 'needless hay needle'), [
    ['needle', 0],
    ['eedless', 1],
    ['hay', 9],
    ['needle', 13],
  ])
  t.strictSame(found(['aa'], 'aaaa'), [
    ['aa', 0],
    ['aa', 1],
    ['aa', 2],
  ])
  t.strictSame(found(['größe'], 'die größe'), [['größe', 4]])
  t.strictSame(found(['needle'], 'needl'), [])
  t.strictSame(found(['needle'], ''), [])
})

t.test('the same as looking at every place, over random texts', async (t) => {
  let seed = 7
  const letter = () => {
    seed = (seed * 48_271) % 2_147_483_647
    return 'abc'[seed % 3] ?? 'a'
  }
  const text = (length: number) => Array.from({ length }, letter).join('')
  for (let round = 0; round < 200; round += 1) {
    const words = [...new Set([text(3), text(4), text(6), text(9)])]
    const hay = text(400)
    const slow = words
      .flatMap((word) =>
        Array.from({ length: hay.length }, (_, at) => [word, at] as [string, number]).filter(([, at]) =>
          hay.startsWith(word, at),
        ),
      )
      .map(String)
    const fast = found(words, hay).map(String)
    if (fast.length !== slow.length || slow.some((one) => !fast.includes(one))) t.fail(`${words} in ${hay}`)
  }
  t.pass('200 texts')
})
