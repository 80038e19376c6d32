import t from 'tap'
import { notJudged, stillOut, unseenOf } from '../../../collectors/node/left-out.ts'

const of = (subject: string, until: number) => ({ code: 'a.b', subject, until })

t.test('what was left out stays so until its time is over', async (t) => {
  const one = stillOut([], [of('x', 10), of('y', 30)], 5)
  t.strictSame(one, [of('x', 10), of('y', 30)])
  t.strictSame(stillOut(one, [of('x', 20)], 15), [of('y', 30), of('x', 20)])
  t.strictSame(stillOut(one, [of('y', 20)], 15), [of('y', 30)], 'the longer one counts')
  t.strictSame(stillOut(one, [], 30), [])
})

t.test('of too many nothing at all is over', async (t) => {
  const many = Array.from({ length: 501 }, (_, at) => of(`s${at}`, at + 1))
  const all = stillOut([], [...many, { code: 'c.d', subject: 'x', until: 9 }], 0)
  t.strictSame(all, [
    { code: 'a.b', until: 501 },
    { code: 'c.d', until: 9 },
  ])
  t.match(unseenOf(all, 'why'), [
    { codes: ['a.b'], subjects: undefined },
    { codes: ['c.d'], subjects: undefined },
  ])
  t.strictSame(stillOut(all, [of('x', 7)], 600), [])
  t.notOk(
    'subjects' in
      notJudged(
        ['a.b'],
        many.map((it) => it.subject),
        'why',
      ),
  )
})

t.test('what is said of it', async (t) => {
  const subjects = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
  t.strictSame(
    unseenOf(
      subjects.map((it) => of(it, 9)),
      'there is no room',
    ),
    [
      {
        what: 'what is wrong with a, b, c, d, e and 2 more',
        why: 'there is no room; not judged: findings of a, b, c, d, e and 2 more',
        codes: ['a.b'],
        subjects,
      },
    ],
  )
  t.strictSame(unseenOf([], 'x'), [])
})
