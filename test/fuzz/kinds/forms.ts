import { alone } from '../../../collectors/pods/around.ts'
import { fieldsOf, ofKubernetes } from '../../../collectors/pods/forms/fields.ts'
import { postgres } from '../../../collectors/pods/forms/postgres.ts'
import { beginningOf, prefixOf } from '../../../collectors/pods/forms/prefix.ts'
import { withoutQuoted } from '../../../collectors/pods/forms/quotes.ts'
import { mysql, redis } from '../../../collectors/pods/forms/servers.ts'
import { anyText } from '../../../collectors/pods/forms/text.ts'
import { fits, type Program, toldBy } from '../../../collectors/pods/forms.ts'
import { expressionOf } from '../../../collectors/pods/pattern.ts'
import { patterns } from '../../../collectors/pods/patterns.ts'
import { busy } from '../growth.ts'
import { kind, must, part, textOf } from '../kind.ts'
import type { Luck } from '../luck.ts'

const programs: readonly Program[] = ['postgres', 'mysql', 'redis', 'kubernetes', 'any']
const expressions = patterns.flatMap((it) => [...it.find, ...(it.over ?? [])].map(expressionOf))
/** Each form, and each expression in a text that is any program's. */
const readers: Readonly<Record<string, (line: string) => unknown>> = {
  postgres,
  mysql,
  redis,
  fieldsOf,
  ofKubernetes,
  anyText,
  withoutQuoted,
  prefixOf,
  beginningOf,
  told: (line) => programs.map((it) => toldBy(it, line, alone)),
  parts: (line) => expressions.map((it) => fits({ part: true, texts: [line] }, it)),
  wholes: (line) => expressions.map((it) => fits({ texts: [line] }, it)),
}

const begins = [
  '',
  '2026-11-29 09:00:00 UTC ',
  '2026-11-29 09:00:00.123 UTC [31]: [1-1] ',
  '2026-11-29 09:00:00 UTC,',
  '2026-11-29T09:00:00Z 0 [ERROR] ',
  'Nov 29 09:00:00 db-0 postgres[31]: [1-1] ',
  'E1123 00:00:00.000000       1 a.go:1] ',
  '1:M 23 Nov 2026 00:00:00.000 # ',
  'pid=1 role=master message="',
  'time="2026-11-29T09:00:00Z" level=error msg="',
  '{"msg":"',
  'x: No space left on device',
]
const units = [
  ...[
    'a',
    'a=',
    'aaa=',
    'a=a',
    'aa=,',
    'a=,b',
    '"',
    '\\"',
    "'",
    " '",
    '[',
    '[]',
    '[] ',
    '] ',
    '1',
    '1-',
    '1,',
    '1.',
    ' ',
  ],
  ...[
    'a ',
    ':  ',
    'a:  ',
    'ERROR:  ',
    '@',
    'a@',
    'a@b ',
    '-',
    '.',
    '(1)',
    '{',
    '{"a":',
    '""',
    ',"',
    '",',
    "a','",
    '\t',
    '\0',
  ],
  ...[
    ' (28)',
    ', a',
    '; retrying in 1',
    ': "',
    ')',
    ') while a',
    'startup ',
    '0a.',
    '0a',
    'AB1',
    '<',
    '2026-11-29 09:00:00 UTC ',
  ],
]
const tails = ['', ' PANIC:  x', '= PANIC:  x', '!', '"}', '=', ' ]', '\n']

const unit = (luck: Luck) =>
  luck.pick([luck.pick(units), luck.pick(units) + luck.pick(units), luck.pick(expressions).words.join('x')])

/** Below this nobody is kept waiting by one line; no line of so few bytes takes it unless each makes it longer by a factor, ms. */
const longest = 40
const longestLine = 400

/**
 * Lines made of one piece, again and again, in every form. One more piece at a time, so that what takes a multiple of the
 * time with each is found before it takes for ever; then as long as lines are.
 */
export const forms = kind({
  name: 'forms',
  cases: 300,
  make: (luck) => [part('begin', luck.pick(begins)), part('unit', unit(luck)), part('end', luck.pick(tails))],
  hold(parts) {
    const [begin, one, end] = ['begin', 'unit', 'end'].map((it) => textOf(parts, it)) as [
      string,
      string,
      string,
    ]
    if (one === '') return
    for (const [name, read] of Object.entries(readers))
      for (let count = 1; count * one.length < longestLine; count += 1) {
        const line = begin + one.repeat(count) + end
        // Once more, since the engine may have been busy with itself.
        if (took(read, line) > longest)
          must(took(read, line) < longest, 'a short line is read at once', () => `${name}: ${line}`)
      }
  },
  growth: {
    around: [...begins, ...tails],
    pieces: [...units, ...expressions.slice(0, 60).map((it) => it.words.join('x'))],
    read: (bytes) => {
      const line = bytes.toString()
      for (const read of Object.values(readers)) read(line)
    },
    most: 256 * 1024,
  },
})

function took(read: (line: string) => unknown, line: string): number {
  const begun = busy()
  read(line)
  return busy() - begun
}
