import t from 'tap'
import { cleaner, userIn } from '../../../agent/delivery/clean.ts'
import { longestWait } from '../../../agent/delivery/retry.ts'
import { ntfy } from '../../../agent/delivery/sinks/ntfy.ts'
import type { Letter } from '../../../agent/model/index.ts'

const settings = { url: 'https://h.example/topic-x', user: 'phil', password: 'mypass' }
const basic = Buffer.from('phil:mypass').toString('base64')
const letter: Letter = {
  ...{ method: 'POST', url: 'https://h.example/', headers: { authorization: `Basic ${basic}` }, body: '' },
}
const clean = cleaner(ntfy, settings)

t.test('what it came from is said, secrets are not, in whatever form', async (t) => {
  t.match(clean(letter, { outcome: 'refused', why: `mypass ${basic} topic-x` }), {
    why: 'h.example: <hidden> <hidden> <hidden>',
  })
  const login = Buffer.from('\u0000phil\u0000mypass').toString('base64')
  const pass = Buffer.from('mypass').toString('base64')
  t.match(clean({ ...letter, method: 'MAIL' }, { outcome: 'gone', why: `${login} ${pass}` }), {
    why: 'h.example: <hidden> <hidden>',
  })
})

t.test('it is one line of bounded length, and no wait is without end', async (t) => {
  const { why, wait } = clean(letter, { outcome: 'again', why: 'x\n'.repeat(999), wait: 1e15 }) as never as {
    why: string
    wait: number
  }
  t.ok(why.length <= 240 && !why.includes('\n'))
  t.equal(wait, longestWait)
  t.strictSame(clean(letter, { outcome: 'accepted', receipt: 'mypass' }), {
    outcome: 'accepted',
    receipt: 'mypass',
  })
})

t.test('a user and a password', async (t) => {
  t.strictSame(userIn(`Basic ${Buffer.from('a:b:ç').toString('base64')}`), { user: 'a', pass: 'b:ç' })
  t.strictSame(userIn(''), { user: '', pass: '' })
})
