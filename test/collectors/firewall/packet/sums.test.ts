import t from 'tap'
import { rolling, type Sum, sumOf } from '../../../../collectors/firewall/packet/sums.ts'

const rolled = (...texts: readonly string[]) => {
  const it = rolling()
  for (const text of texts) it.add(text)
  return it.text()
}
const of = (text: string, salt = 0): Sum => {
  const into = { low: 0, high: 0 }
  sumOf(text, salt, into)
  return into
}

t.test('the same lines have the same sum, others another', (t) => {
  t.equal(rolled('-A INPUT', '-P DROP'), rolled('-A INPUT', '-P DROP'))
  const all = [
    [],
    [''],
    ['', ''],
    ['a'],
    ['b'],
    ['a', 'b'],
    ['b', 'a'],
    ['ab'],
    ['a', ''],
    ['', 'a'],
    ['\u00e9'],
    ['\ud83d\ude00'],
  ]
  t.equal(new Set(all.map((it) => rolled(...it))).size, all.length, 'order and ends of lines count')
  for (const it of all) t.match(rolled(...it), /^[0-9a-f]{16}$/)
  t.end()
})

/** FNV-1a with 32 bits as it is defined (isthe.com/chongo/tech/comp/fnv), in numbers of any length. */
const fnv = (text: string, basis = 0x811c9dc5n, prime = 0x01000193n) =>
  [...text].reduce((hash, it) => ((hash ^ BigInt(it.charCodeAt(0))) * prime) % 2n ** 32n, basis)
const hex = (it: bigint) => it.toString(16).padStart(8, '0')

t.test('it is FNV-1a, twice', (t) => {
  t.equal(hex(fnv('a')), 'e40c292c', 'as in its published test vectors')
  for (const text of ['', 'a', '-A INPUT -j DROP', '\u20ac'])
    t.equal(rolled(text), hex(fnv(`${text}\n`)) + hex(fnv(`${text}\n`, 0x9747b28cn, 0x85ebca6bn)), text)
  // The upper half of the lower sum is folded into the lower one, which can be undone.
  const { low } = of('a')
  t.equal((low ^ (low >>> 15) ^ (low >>> 30)) >>> 0, 0xe40c292c)
  t.end()
})

t.test('each text by itself, without making anything new', (t) => {
  const into: Sum = { low: 7, high: 7 }
  sumOf('rule', 1, into)
  t.strictSame(into, of('rule', 1), 'what was there before does not matter')
  t.notSame(of('rule', 1), of('rule', 2), 'a salt makes it another')
  t.notSame(of('rule a'), of('rule b'))
  const many = new Set(
    Array.from({ length: 100_000 }, (_, at) => {
      const { low, high } = of(`-A X -s 10.0.${at >> 8}.${at & 255}/32 -j Y`)
      return `${low} ${high}`
    }),
  )
  t.equal(many.size, 100_000, 'as many rules as a node may have, told apart')
  t.end()
})

t.test('a sum stands for its text in another', (t) => {
  const mixed = (...texts: readonly string[]) => {
    const it = rolling()
    for (const text of texts) it.mix(of(text))
    return it.text()
  }
  t.equal(mixed('a', 'b'), mixed('a', 'b'))
  t.not(mixed('a', 'b'), mixed('b', 'a'))
  t.not(mixed('a'), mixed('a', 'a'))
  t.end()
})
