import t from 'tap'
import { excuses, markdown, merged } from './report.ts'
import { figures } from './table.ts'

const over = figures({ what: 'idle CPU with children', unit: '%', values: [0.2], budget: 0.05 })
const within = figures({ what: 'OOM kill to POST', unit: 'ms', values: [90, 95], budget: 250 })
const unknown = figures({ what: 'a new row', unit: 'ms', values: [9], budget: 1 })

t.test('a reason is given only for a budget that is missed', (t) => {
  t.strictSame(excuses([within]), [])
  t.match(excuses([over, within])[0], /^idle CPU with children: By/)
  t.match(excuses([unknown]), [/^a new row: (not looked into yet|the machine was busy)/])
  const again = figures({ what: 'idle CPU with children, again', unit: '%', values: [1], budget: 0.05 })
  t.match(excuses([over, again]), [/^idle CPU with children; idle CPU with children, again: By/], 'once')
  t.end()
})

t.test('a budget may be of so many times a floor', (t) => {
  const floor = { what: 'node starts and ends', value: 40 }
  const row = (value: number) =>
    figures({ what: 'x', unit: 'ms', values: [value], budget: 120, floor, most: 2 })
  t.strictSame(excuses([row(79)]), [])
  t.equal(excuses([row(81)]).length, 1, 'within 120 ms, and more than twice a start')
  t.end()
})

t.test('a section is a table or text, with what is to be said of it', (t) => {
  const text = markdown({ title: 'Budgets', about: 'How.', rows: [over, within] }, '2026-11-30, 2 x CPU')
  t.match(text, /^## Budgets\n\nHow\.\n\n\| {2}\| p50/)
  t.match(text, /\| idle CPU with children \| 0\.200 \| {2}\| 1 \| % \| 0\.05 \| over \|/)
  t.match(text, /- idle CPU with children: /)
  t.match(text, /\nMeasured 2026-11-30, 2 x CPU\.$/)
  t.match(markdown({ title: 'At rest', about: 'How.', text: 'a  b' }, 'x'), /\n```\na {2}b\n```\n/)
  t.end()
})

t.test('what was not measured anew stays in the page', (t) => {
  const first = merged('', [
    ['One', '## One\n\nold'],
    ['Two', '## Two\n\nkept'],
  ])
  t.match(first, /^# What Murphy costs\n/)
  const second = merged(first, [
    ['One', '## One\n\nnew'],
    ['Three', '## Three\n\nadded'],
  ])
  t.notMatch(second, 'old')
  t.match(second, /## One\n\nnew\n\n## Two\n\nkept\n\n## Three\n\nadded\n$/)
  t.equal(merged(second, []), second)
  t.end()
})
