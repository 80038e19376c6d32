import t from 'tap'
import { renderTold } from '../../../../agent/cli/render/told.ts'

const told = {
  ...{
    at: Date.parse('2027-01-01T03:12:07Z'),
    kind: 'opened',
    headline: 'node1: cni0 missing',
    tone: 'critical' as const,
  },
  ...{ standing: 'critical, since 03:12 UTC, 0 s', text: 'The bridge is gone.', impact: 'Pods are cut off.' },
  ...{ fix: ['`systemctl restart k3s`', 'x '.repeat(60).trim()], avoid: ['Reboot.'], lines: ['one', 'two'] },
}

t.test('a message as text, with the time and why it came', async (t) => {
  const text = renderTold(told, { color: false, width: 80 })
  const lines = text.split('\n')
  t.equal(lines[0], '03:12:07 UTC  opened    node1: cni0 missing')
  t.strictSame(lines.slice(1, 6), [
    '           critical, since 03:12 UTC, 0 s',
    '  What     The bridge is gone.',
    '           one',
    '           two',
    '  Impact   Pods are cut off.',
  ])
  t.match(text, / {2}Fix {6}1\. `systemctl restart k3s`\n {11}2\. x x/)
  t.match(text, /\n {14}x x/, 'a step goes on under its words')
  t.match(text, / {2}Don't {4}Reboot\.\n\n$/)
  t.ok(lines.every((it) => it.length <= 80))
  t.match(renderTold(told, { color: true, width: 80 }), /\u001b\[31mnode1/)
})

t.test('what is over is short', async (t) => {
  const over = {
    ...told,
    kind: 'resolved',
    tone: 'resolved' as const,
    text: '',
    impact: '',
    fix: [],
    avoid: [],
    lines: [],
  }
  t.equal(renderTold(over, { color: false, width: 80 }).split('\n').length, 4)
})
