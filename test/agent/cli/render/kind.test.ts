import t from 'tap'
import { blocksOf, renderKind } from '../../../../agent/cli/render/kind.ts'
import { incidents } from '../../../../agent/core/cascade.ts'
import type { Finding, Incident } from '../../../../agent/model/index.ts'
import { finding, rule } from '../../findings.ts'

const minute = 60_000
const now = Date.parse('2026-11-23T03:30:00Z')
const terminal = { color: false, width: 80 }
const rules = { 'a.kill': rule(), 'a.cause': rule(), 'a.effect': rule({ because: [{ code: 'a.cause' }] }) }
const kill = (name: string, ago: number, more: Partial<Finding> = {}) =>
  finding({
    ...{ code: 'a.kill', subject: name, title: `OOMKilled: ${name}`, text: `Kill of ${name}.` },
    ...{ since: now - ago * minute, fix: ['`free`'] },
    ...more,
  })
const of = (...all: readonly Finding[]): readonly Incident[] => incidents(all, rules, now)
const sizes = (...all: readonly Finding[]) => blocksOf(of(...all)).map((it) => it.length)
const shown = (...all: readonly Finding[]) => {
  const [block] = blocksOf(of(...all))
  return block ? renderKind(block, now, terminal) : ''
}

t.test('of one kind, in whatever order', async (t) => {
  t.strictSame(
    sizes(kill('a', 9), finding({ code: 'a.cause', since: now - 5 * minute }), kill('b', 1)),
    [2, 1],
  )
  t.strictSame(sizes(), [])
})

t.test('but not what differs in what a reader has to know', async (t) => {
  const over = { seen: now - minute, resolved: now - minute }
  for (const [about, more] of [
    ['graver', { severity: 'critical' }],
    ['over', over],
    ['something else follows from it', { impact: 'The database is down.' }],
  ] as const)
    t.strictSame(sizes(kill('a', 9), kill('b', 1, more)), [1, 1], about)
  const effect = (name: string) => finding({ code: 'a.effect', subject: name, since: now - 5 * minute })
  const cause = finding({ code: 'a.cause', since: now - 5 * minute })
  t.strictSame(sizes(cause, effect('a'), effect('b')), [1], 'of one cause: one incident')
  const other = { ...cause, subject: 'other', id: 'other', since: now - minute, onset: { to: now - minute } }
  t.strictSame(sizes(cause, effect('a'), other), [1, 1], 'one of them has led to something')
})

t.test('few with what was seen of each, many with their names', async (t) => {
  t.equal(
    shown(kill('a', 9), kill('b', 1)),
    `WARNING  2 findings: OOMKilled                         03:21 to 03:29 UTC, 9 min
  What     a: Kill of a.
           b: Kill of b.
  Impact   Something follows.
  Fix      free
  More     agent explain a.kill`,
  )
  const names = ['shop/a', 'shop/b', 'shop/c', 'pod 38b85a3d-c687-4320-836e-9a2b647445f5']
  t.match(
    shown(...names.map((it) => kill(it, 1))),
    /03:29 UTC, 60 s\n {2}Which {4}shop\/a, shop\/b, shop\/c\n {11}by uid only: 38b85a3d\n/,
  )
  t.match(
    shown(...names.slice(3).flatMap((it) => [1, 2, 3, 4].map((n) => kill(it.replace('38b', `${n}8b`), n)))),
    /Which {4}by uid only: 48b85a3d, 38b85a3d, 28b85a3d, 18b85a3d\n/,
  )
  const many = Array.from({ length: 130 }, (_, at) => kill(`p${at}`, 1))
  t.match(shown(...many), / and 10\s+more\n/)
})

t.test('steps are those of one, and say so', async (t) => {
  t.notMatch(shown(kill('a', 9), kill('b', 1)), 'Steps')
  t.match(
    shown(kill('a', 9), kill('b', 1, { fix: ['`other`'] })),
    /Steps {4}for a; for each: agent status -v\n {2}Fix {6}free\n/,
  )
})

t.test('when the last of them was is said, also of one that goes on', async (t) => {
  t.match(shown(kill('a', 9), kill('b', 8, { latest: now - 2 * minute })), /03:21 to 03:28 UTC, 9 min\n/)
})

t.test('what is over is its names and times', async (t) => {
  const over = (at: number) => ({ seen: now - at * minute, resolved: now - at * minute })
  t.equal(
    shown(kill('a', 9, over(5)), kill('b', 8, over(2))),
    `RESOLVED  2 findings: OOMKilled                           03:28 UTC, after 7 min
  Which    a, b`,
  )
})

t.test('a hostile name is no more than a name', async (t) => {
  const page = shown(kill('a\u001b[2J\nx', 1), kill('`b`', 1), kill('c'.repeat(500), 1))
  t.notMatch(page, /\u001b/)
})
