import t from 'tap'
import { times } from '../../../collectors/memory/text.ts'

const at = (text: string) => Date.parse(`2026-11-${text}Z`)
const last = at('23T03:40:05')

t.test('how many, since when, and when the last was', async (t) => {
  t.equal(times({ kills: 1, first: last, last }), '1 kill at 03:40 UTC')
  t.equal(times({ kills: 4, first: last - 1000, last }), '4 kills at 03:40 UTC', 'within the same minute')
  t.equal(times({ kills: 3, first: at('23T03:12:00'), last }), '3 kills since 03:12, last 03:40 UTC')
  t.equal(
    times({ kills: 99, first: at('22T23:59:00'), last }),
    '99 kills since 2026-11-22 23:59, last 03:40 UTC',
    'of another day it says which',
  )
})
