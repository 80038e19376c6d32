import t from 'tap'
import { ageText, findingLines, severityText, unseenLines } from '../../../agent/text/page-words.ts'
import { finding } from '../findings.ts'

const plain = { color: false, width: 40 }

t.test('what is wrong, its severity first', async (t) => {
  t.equal(
    severityText('warning', 'a sentence that is longer than a line', plain, 2, 4),
    '  WARNING a sentence that is longer than\n    a line',
  )
  t.equal(
    severityText('critical', 'x', { ...plain, color: true }, 2, 4),
    '  \u001b[31mCRITICAL\u001b[0m x',
    'nothing but the word is coloured',
  )
  const hostile = finding({ code: 'a.b', severity: 'info', title: 'a title', text: 'evil\u001b[2J' })
  const wide = { ...plain, width: 120 }
  t.strictSame(findingLines({ findings: [hostile] }, wide), [
    'INFO a title. evil\ufffd[2J More: `agent explain a.b`',
  ])
  const killed = finding({ code: 'a.b', title: 'killed', subject: 'shop/db-0', text: '2 times.' })
  const others = [{ text: 'shop/db-0: 2 times.' }, { title: 'OOMKilled: shop/db-0' }]
  t.strictSame(
    findingLines({ findings: [killed, ...others.map((it) => ({ ...killed, ...it }))] }, wide).map((it) =>
      it.replace(/ More: .*/, ''),
    ),
    [
      'WARNING killed (shop/db-0). 2 times.',
      'WARNING killed. shop/db-0: 2 times.',
      'WARNING OOMKilled: shop/db-0. 2 times.',
    ],
    'with what, once',
  )
})

t.test('what is not seen is a sentence each, what is not recorded one for all', async (t) => {
  const unseen = [
    { what: 'a', why: 'no permission' },
    { what: 'b', why: 'x', unrecorded: true },
    { what: 'c', why: 'x', unrecorded: true },
  ]
  t.strictSame(unseenLines({ unseen }, plain), ['  Not seen: no permission', '  Not recorded: b, c'])
  t.strictSame(unseenLines({ unseen: [] }, plain), [])
})

t.test('how old it is, and whose look it was', async (t) => {
  const about = { now: 90_000, at: 0 }
  t.equal(ageText({ ...about, source: 'daemon' }), '90 s ago')
  t.equal(ageText({ ...about, source: 'look', problem: 'x' }), '90 s ago, own check: Murphy is not running')
  t.equal(ageText({ ...about, source: 'look' }), '90 s ago', 'nobody asked for an agent')
  t.equal(ageText({ ...about, source: 'saved', problem: 'x' }), '90 s ago')
})
