import t from 'tap'
import { calledBefore, over, repairing } from '../../../agent/core/last-words.ts'
import { step } from '../../../agent/core/ledger.ts'
import type { Rules } from '../../../agent/model/index.ts'
import { finding, rule } from '../findings.ts'

const now = Date.parse('2026-11-30T00:58:00Z')
const rules: Rules = { 'certs.expired': rule({ titleFor: ({ text }) => `${text} certs expired` }) }
/** The title of each look, and of the end. */
function titles(looks: readonly (readonly [at: number, count: number | undefined])[]): readonly string[] {
  const all: string[] = []
  looks.reduce<ReturnType<typeof step>>((ledger, [at, count]) => {
    const seen = count === undefined ? [] : [{ code: 'certs.expired', subject: 'k3s', text: `${count}` }]
    const next = step(ledger, { rules, observations: seen }, now + at * 1000)
    all.push(`${next[0]?.title}${next[0]?.resolved === undefined ? '' : ', over'}`)
    return next
  }, [])
  return all
}

t.test('what is over has the name under which people know it', async (t) => {
  t.strictSame(
    titles([
      [0, 9],
      [300, 9],
      [310, 5],
      [320, 2],
      [330, undefined],
    ]),
    ['9', '9', '5', '2'].map((it) => `${it} certs expired`).concat('9 certs expired, over'),
    'a look in the middle of a repair saw two',
  )
  t.equal(
    titles([
      [0, 9],
      [300, 2],
      [300 + repairing / 1000, 2],
      [400, undefined],
    ]).at(-1),
    '2 certs expired, over',
    'what stayed so for a minute is what people know by then',
  )
  t.equal(
    titles([
      [0, 9],
      [300, 2],
      [400, 1],
      [410, undefined],
    ]).at(-1),
    '2 certs expired, over',
  )
})

t.test('by themselves', async (t) => {
  const it = finding({ code: 'a.one', title: 'a', text: 'b' })
  t.strictSame(calledBefore(it, 'a', now), {})
  t.strictSame(calledBefore(it, 'c', now), { before: { title: 'a', text: 'b', at: now } })
  const changed = { ...it, title: 'c', before: { title: 'a', text: 'b', at: now } }
  t.match(over(changed, now + 5), { title: 'a', text: 'b', resolved: now + 5 })
  t.notOk('before' in over(changed, now + 5))
  t.match(over(changed, now - repairing), { title: 'c' }, 'a clock that was set back')
})
