import t from 'tap'
import { insideAt, isWholeOfDocker, joining } from '../../../collectors/pods/pieces.ts'
import { cri } from './node.ts'

const line = (text: string, tag = 'F', stream = 'stdout') => cri(text, 0, stream, tag)
const [stdout, stderr] = [0x6f, 0x65]

t.test('whose line goes on at a place', async (t) => {
  const inside = (...lines: readonly string[]) => {
    const buffer = Buffer.from(lines.join(''))
    return insideAt(buffer, buffer.length)
  }
  t.strictSame(inside(), [])
  t.strictSame(inside(line('a', 'P')), [stdout])
  t.strictSame(inside(line('a', 'P'), line('b')), [])
  t.strictSame(inside(line('a', 'P'), line('b', 'F', 'stderr')), [stdout])
  t.strictSame(inside(line('a', 'P'), line('b', 'P', 'stderr')).toSorted(), [stderr, stdout])
})

t.test('pieces are joined, and what goes on is known', async (t) => {
  const lines = [line('a', 'P'), line('x', 'P', 'stderr'), line('b', 'P'), line('c'), line('d')]
  const buffer = Buffer.from(lines.join(''))
  const at = (count: number) => lines.slice(0, count).join('').length
  const its = joining(buffer, 0, buffer.length, false, [])
  t.equal(its.join(0)?.toString(), 'abc')
  t.ok(its.isPiece(at(2)) && its.isPiece(at(3)))
  t.notOk(its.isPiece(at(4)))
  t.equal(its.join(at(1)), undefined, 'the last is waited for')
  t.strictSame(its.inside(at(1)), [stdout], 'it was joined with what stands behind')
  t.strictSame(its.inside(buffer.length), [stderr])
  const rest = joining(buffer, at(2), buffer.length, false, [stdout])
  t.ok(rest.isPiece(at(2)) && rest.isPiece(at(3)))
  t.notOk(rest.isPiece(at(4)))
  t.strictSame(rest.inside(buffer.length), [])
  t.strictSame(rest.inside(at(3)), [stdout])
})

t.test('a line of Docker is whole where the one before it has ended', async (t) => {
  const docker = (log: string, stream = 'stderr') => `${JSON.stringify({ log, stream, time: 'x' })}\n`
  const whole = (lines: readonly string[], at: number) =>
    isWholeOfDocker(Buffer.from(lines.join('')), lines.slice(0, at).join('').length)
  t.ok(whole([docker('a\n')], 0))
  t.notOk(whole([docker('a')], 0), 'it goes on')
  t.notOk(whole([docker('a'), docker('b\n')], 1))
  t.ok(whole([docker('a'), docker('b\n'), docker('c\n')], 2))
  t.ok(whole([docker('a', 'stdout'), docker('b\n')], 1), 'of the other stream')
  t.notOk(whole(['half of a line"}\n', docker('b\n')], 1), 'nobody knows')
})
