import t from 'tap'
import {
  commandOf,
  paint,
  shownOn,
  sparkline,
  terminalOf,
  unbroken,
  wrap,
} from '../../../agent/text/terminal.ts'

const plain = { color: false, width: 80 }

t.test('a command behind a bracket stays whole', async (t) => {
  const text = `${'word '.repeat(14)}(\`systemctl restart k3s-agent\`).`
  t.ok(wrap(plain, text, 2).split('\n').includes('  (`systemctl restart k3s-agent`).'))
})

t.test('a sparkline shows the course, and nothing where there is none', async (t) => {
  t.equal(sparkline([0, 7], 8), '▁█')
  t.equal(sparkline([1, 1, 1], 8), '')
  t.equal(sparkline([5], 8), '')
  t.equal(
    sparkline(
      Array.from({ length: 1000 }, (_, at) => at),
      8,
    ),
    '▁▂▃▄▅▆▇█',
  )
})

t.test('a line for each bucket, and no more than there are values', async (t) => {
  t.equal(sparkline([], 8), '')
  t.equal(sparkline([3, 1, 2], 8), '█▃▆')
  t.equal(sparkline([0, 0, 8, 8], 2), '▁█')
  t.equal(
    [
      ...sparkline(
        Array.from({ length: 13 }, (_, at) => at % 5),
        12,
      ),
    ].length,
    12,
  )
})

t.test('a sparkline begins at zero, so that little change looks little', async (t) => {
  t.equal(sparkline([98, 99, 100], 8), '███')
  t.equal(sparkline([0, 0], 8), '')
})

t.test('a number keeps its unit, and a duration both its parts', async (t) => {
  const narrow = { color: false, width: 20 }
  for (const whole of ['12 min', '3 d', '41 %', '1 d 1 h', '64 MiB', '03:12 UTC', '2 h 5 min'])
    for (let before = 10; before < 20; before += 1)
      t.ok(
        wrap(narrow, `${'x'.repeat(before)} ${whole} y`, 0)
          .split('\n')
          .some((it) => it.includes(whole)),
        `${whole} after ${before}`,
      )
  t.equal(wrap(narrow, unbroken('a b c d e f g h i j k l m n'), 0), 'a b c d e f g h i j k l m n')
})

t.test('commands are kept whole', async (t) => {
  t.equal(
    wrap({ color: false, width: 60 }, `${'x'.repeat(50)} \`a long command stays whole\``, 0),
    `${'x'.repeat(50)}\n\`a long command stays whole\``,
  )
})

t.test('the first line by its indent, the others by theirs, none wider than there is room', async (t) => {
  const text = 'one two three four five six seven eight nine ten eleven twelve thirteen'
  t.equal(
    wrap({ color: false, width: 30 }, text, 2, 4),
    '  one two three four five six\n    seven eight nine ten\n    eleven twelve thirteen',
  )
  t.equal(wrap(plain, 'a\n\n b\t c', 0), 'a b c', 'whatever stands between words is one blank')
  t.equal(wrap(plain, '', 3), '   ')
  const long = 'y'.repeat(100)
  t.equal(wrap({ color: false, width: 60 }, `a ${long} b`, 0), `a\n${long}\nb`, 'a word is never cut')
})

t.test('colour only on a terminal, and a width that can be read', async (t) => {
  t.equal(terminalOf({ isTTY: true, columns: 80 }, {}).color, true)
  t.equal(terminalOf({ isTTY: true }, { NO_COLOR: '1' }).color, false)
  t.equal(terminalOf({ isTTY: true }, { NO_COLOR: '' }).color, true, 'empty is unset (no-color.org)')
  t.equal(terminalOf({ isTTY: true }, { TERM: 'dumb' }).color, false)
  t.equal(terminalOf({}, {}).color, false)
  t.equal(terminalOf({ isTTY: true, columns: 500 }, {}).width, 120)
  t.equal(terminalOf({ isTTY: true, columns: 20 }, {}).width, 60)
  t.equal(terminalOf({}, {}).width, 80, 'as a serial console')
})

t.test('what is painted ends as it began', async (t) => {
  const color = { color: true, width: 80 }
  t.equal(paint(color, 'red', 'x'), '\u001b[31mx\u001b[0m')
  t.equal(paint(plain, 'red', 'x'), 'x')
  t.equal(
    wrap(color, 'run (`ls -l`).', 0),
    'run (\u001b[36mls -l\u001b[0m).',
    'commands without their backticks',
  )
})

t.test('text from outside drives no terminal', async (t) => {
  t.notMatch(
    wrap(plain, '\u001b]0;owned\u0007\u001b[2J\u202eevil\r\n\u009b31m', 0),
    /[\u0000-\u001f\u007f-\u009f\u202e]/,
  )
})

t.test('ASCII where the locale has nothing else', async (t) => {
  const isAscii = (environment: Record<string, string>) => terminalOf({}, environment).ascii === true
  t.equal(isAscii({ LANG: 'C' }), true)
  t.equal(isAscii({ LANG: 'POSIX' }), true)
  t.equal(isAscii({ LANG: 'de_DE.UTF-8' }), false)
  t.equal(isAscii({ LANG: 'C.utf8' }), false)
  t.equal(isAscii({ LANG: 'de_DE.UTF-8', LC_ALL: 'C' }), true, 'LC_ALL is above all')
  t.equal(isAscii({ LANG: 'C', LC_CTYPE: 'en_US.UTF-8' }), false)
  t.equal(isAscii({}), false, 'nothing is known')
  t.equal(wrap({ color: false, width: 80, ascii: true }, 'a → b', 0), 'a -> b')
})

t.test('times in the zone of the reader, on a terminal or where asked', async (t) => {
  t.equal(terminalOf({ isTTY: true }, { TZ: 'Europe/Berlin' }).zone, 'Europe/Berlin')
  t.equal(terminalOf({}, { TZ: 'Europe/Berlin' }).zone, undefined, 'a file is for everyone')
  t.equal(terminalOf({}, { TZ: 'Europe/Berlin' }, { local: true }).zone, 'Europe/Berlin')
  t.equal(terminalOf({ isTTY: true }, {}).zone, undefined)
  t.equal(terminalOf({ isTTY: true }, { TZ: ':/etc/nonsense' }).zone, undefined, 'no zone that is known')
  t.type(terminalOf({}, {}, { local: true }).zone, 'string')
})

t.test('this program under the name that it has there', async (t) => {
  const murphy = terminalOf({}, { MURPHY_COMMAND: 'murphy' })
  t.equal(commandOf(murphy), 'murphy')
  t.equal(shownOn(murphy, 'see `agent why`, an agent'), 'see `murphy why`, an agent')
  t.equal(commandOf(terminalOf({}, {})), 'agent')
  t.equal(commandOf(terminalOf({}, { MURPHY_COMMAND: 'rm -rf' })), 'agent', 'no name at all')
})
