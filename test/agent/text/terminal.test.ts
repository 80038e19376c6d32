import t from 'tap'
import { paint, sparkline, terminalOf, wrap } from '../../../agent/text/terminal.ts'

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

t.test('commands are kept whole, colour only on a terminal', async (t) => {
  t.equal(
    wrap({ color: false, width: 60 }, `${'x'.repeat(50)} \`a long command stays whole\``, 0),
    `${'x'.repeat(50)}\n\`a long command stays whole\``,
  )
  t.equal(terminalOf({ isTTY: true, columns: 80 }, {}).color, true)
  t.equal(terminalOf({ isTTY: true }, { NO_COLOR: '1' }).color, false)
  t.equal(terminalOf({}, {}).color, false)
  t.equal(terminalOf({ isTTY: true, columns: 500 }, {}).width, 120)
})

t.test('a style is nothing where there is no colour', async (t) => {
  t.equal(paint(plain, 'red', 'x'), 'x')
  t.equal(paint({ ...plain, color: true }, 'red', 'x'), '\u001b[31mx\u001b[0m')
})
