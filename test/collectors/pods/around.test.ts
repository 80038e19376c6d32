import t from 'tap'
import { alone, arounds } from '../../../collectors/pods/around.ts'
import { cri } from './node.ts'

const line = (text: string, stream = 'stderr') => cri(text, 0, stream)
const of = (lines: readonly string[], at: number) => {
  const from = lines.slice(0, at).join('').length
  return arounds(Buffer.from(lines.join('')))(from)
}

t.test('the lines of the same stream, nearest first, as far as is asked for', async (t) => {
  const lines = [line('a'), line('b'), line('other', 'stdout'), line('c'), line('d', 'stdout'), line('e')]
  t.strictSame([...of(lines, 3).before(100)], ['b', 'a'])
  t.strictSame([...of(lines, 3).before(1)], ['b'])
  t.strictSame([...of(lines, 3).after(100)], ['e'])
  t.strictSame([...of(lines, 0).after(1)], ['b'])
  t.strictSame([...of(lines, 0).before(100)], [])
  t.strictSame([...of(lines, 5).after(100)], [])
  t.strictSame([...of([line('a'), '2026 half'], 0).after(100)], [], 'it is not complete')
  t.strictSame([...alone.before(9), ...alone.after(9), alone.quoted], [false])
})

t.test('none that was written at another time', async (t) => {
  const lines = [cri('a', 0), cri('b', 2_000), cri('c', 2_500), cri('d', 4_000)]
  t.strictSame([...of(lines, 1).before(100)], [])
  t.strictSame([...of(lines, 1).after(100)], ['c'])
})

t.test("Docker's lines as what they say", async (t) => {
  const docker = (log: string) => `${JSON.stringify({ log: `${log}\n`, stream: 'stderr' })}\n`
  t.strictSame([...of([docker('a'), docker('b'), docker('c')], 1).before(9)], ['a'])
})

t.test('no more lines than a few are looked at', async (t) => {
  const many = Array.from({ length: 1000 }, (_, at) => line(String(at)))
  t.equal([...of(many, 500).before(1e9)].length, 64)
  t.equal([...of(many, 500).after(1e9)].length, 64)
})

t.test('inside of the quotes of a record', async (t) => {
  const record = '2026-11-23 00:31:07.643 UTC,"x'
  t.ok(of([line(`${record}`), line('in')], 1).quoted)
  t.ok(of([line(`${record}`), line('a ""b"" c'), line('other"', 'stdout'), line('in')], 3).quoted)
  t.notOk(of([line(`${record}`), line('end"'), line('out')], 2).quoted)
  t.notOk(of([line(`${record}"`), line('out')], 1).quoted)
  t.notOk(of([line('say "'), line('out')], 1).quoted, 'no record')
  const lines = [line(record), line('in'), line('end"'), line('out'), line(record), line('in')]
  const around = arounds(Buffer.from(lines.join('')))
  let from = 0
  const found = lines.map((it) => {
    const { quoted } = around(from)
    from += it.length
    return quoted
  })
  t.strictSame(found, [false, true, true, false, false, true], 'one after the other')
})
