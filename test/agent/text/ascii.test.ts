import t from 'tap'
import { ascii } from '../../../agent/text/ascii.ts'

t.test('any text becomes ASCII, and stays legible', async (t) => {
  t.equal(ascii('● a → b … “c” · 5 µs ≥ 3'), '* a -> b ... "c" - 5 us >= 3')
  t.equal(ascii('├─ x\n└─ y'), '|- x\n`- y')
  t.equal(ascii('Zürich, Łódź, naïve ﬁ'), 'Zurich, ?odz, naive fi')
  t.equal(ascii('日本 😀'), '?? ?')
  t.equal(ascii('plain\ttext\n'), 'plain\ttext\n')
  t.notMatch(
    ascii(Array.from({ length: 0xd7ff }, (_, at) => String.fromCharCode(at)).join('')),
    /[\u0080-\ud7ff]/,
  )
})
