import t from 'tap'
import { faultOf, inputOf, shrunk } from './drive.ts'
import { staysLinear } from './growth.ts'
import { type Kind, kind, must, part, textOf } from './kind.ts'
import { all } from './kinds.ts'
import { luckOf } from './luck.ts'
import { mutated } from './mutate.ts'

const text = Buffer.from('{"a": [1, 2, 3], "b": "c"}\nline two\nline three\n')
const made = (name: string, more: Partial<Kind> = {}) =>
  kind({ name, cases: 1, make: (luck) => [part('text', mutated(luck, text))], hold: () => {}, ...more })

t.test('an input is known by its kind, seed and number', async (t) => {
  for (const it of all.filter(({ name }) => name !== 'state'))
    t.strictSame(inputOf(it, 3, 5), inputOf(it, 3, 5), it.name)
  t.notSame(inputOf(made('a'), 1, 1), inputOf(made('a'), 2, 1))
  const inputs = Array.from({ length: 200 }, (_, at) => textOf(inputOf(made('a'), 1, at), 'text'))
  t.ok(new Set(inputs).size > 150, `${new Set(inputs).size} of 200 are different`)
})

t.test('what is thrown is a fault with the place it came from; what holds is none', async (t) => {
  const broken = made('a', { hold: () => must(false, 'is so', () => 'it is not') })
  t.strictSame(await faultOf(broken, []), { property: 'is so', detail: 'is so: it is not' })
  const thrown = made('a', { hold: async () => JSON.parse('{') })
  t.match(await faultOf(thrown, []), { property: 'throws SyntaxError in the test' })
  t.equal(await faultOf(made('a'), []), undefined)
})

t.test('what takes the square of its length is found, what takes its length is not', async (t) => {
  const square = (bytes: Buffer) => {
    let sum = 0
    for (let a = 0; a < bytes.length; a += 8) for (let b = 0; b < bytes.length; b += 8) sum += bytes[b] ?? 0
    return sum
  }
  const parts = [part('lead', ''), part('piece', 'ab'), part('tail', '')]
  const growth = { around: [''], pieces: ['ab'] }
  await t.rejects(staysLinear({ ...growth, read: square }, parts), /grows linearly/)
  const line = (bytes: Buffer) => Array.from({ length: 10 }, () => bytes.toString().split('a').length)
  await staysLinear({ ...growth, read: line }, parts)
})

t.test('a failing input is made as small as it can be', async (t) => {
  const it = made('a', {
    hold: (parts) => must(!textOf(parts, 'text').includes('XY'), 'no XY', () => 'there is one'),
  })
  const long = [part('other', 'abc'), part('text', `${'a'.repeat(500)}XY${'b'.repeat(900)}`)]
  const fault = await faultOf(it, long)
  t.strictSame(fault && (await shrunk(it, long, fault)), [part('text', 'XY')])
})

t.test('mutations reach what each is there for', async (t) => {
  const all = Array.from({ length: 3000 }, (_, at) =>
    mutated(luckOf('mutations', at), text).toString('latin1'),
  )
  for (const it of [
    '__proto__',
    '\0',
    '\u001b[2J',
    '\r\n',
    '1e+300',
    '[[[[',
    'line two\nline two',
    '\xe2\x80\xae',
  ])
    t.ok(
      all.some((one) => one.includes(it)),
      JSON.stringify(it),
    )
  t.ok(all.some((it) => it.length > 50_000) && all.every((it) => it.length <= 256 * 1024))
})
