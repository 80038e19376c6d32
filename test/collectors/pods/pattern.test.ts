import t from 'tap'
import { anchorOf, problemsOf, userPatterns, wordsOf, wrongWith } from '../../../collectors/pods/pattern.ts'
import { patterns } from '../../../collectors/pods/patterns.ts'

t.test('an expression is fixed words, with anything in between', async (t) => {
  t.strictSame(wordsOf('PANIC*checkpoint record*'), ['PANIC', 'checkpoint record'])
  t.equal(anchorOf('PANIC*checkpoint record*'), 'checkpoint record')
  t.strictSame(userPatterns(['critical ledger-torn: ledger*checksum mismatch', 'nonsense']).length, 1)
  t.match(userPatterns(['info hi-there: hello (again) [x]: a+b? 50%']), [
    { name: 'hi-there', severity: 'info', find: ['hello (again) [x]: a+b? 50%'] },
  ])
})

t.test('what cannot be meant, or would be a danger, is refused with what would be right', async (t) => {
  for (const bad of [
    '(a+)+$',
    '(a|a)*b....',
    '^PANIC: something',
    'panic.*record',
    'error \\d+ found',
    '[a-z]+ failed',
    '/PANIC: x/i',
    '(?:one|two) more',
    '(x+x+)+y and more',
  ])
    t.match(wrongWith(bad), /belongs to a regular expression.*fixed words/, bad)
  t.match(wrongWith('a*b*c*d'), /longest word .* 1 characters, and 6 are needed/)
  t.match(wrongWith('***'), /0 characters/)
  t.match(wrongWith(`x${'y'.repeat(300)}`), /longer than 200/)
  t.match(wrongWith('line\nbreak'), /line break/)
  t.strictSame(
    problemsOf(
      ['fatal x: y', 'warning dns: something', 'info new-one: (a+)+$', 'info fine-one: fixed words'],
      patterns,
    ),
    [
      'patterns.0: this has to read `SEVERITY NAME: TEXT`, such as `critical ledger-torn: ledger*checksum mismatch`, with info, warning or critical',
      'patterns.1: there is a pattern of this name already',
      `patterns.2: ${wrongWith('(a+)+$')}`,
    ],
  )
  t.match(
    problemsOf(
      Array.from({ length: 60 }, (_, at) => `info name-${at}: fixed words`),
      patterns,
    ),
    [/more than 50/],
  )
})
