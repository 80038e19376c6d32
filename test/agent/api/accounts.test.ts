import { hashSync } from 'bcryptjs'
import t from 'tap'
import { accounts } from '../../../agent/api/accounts.ts'

const users = { prometheus: hashSync('s3cret:word', 4), other: hashSync('another', 4) }
// The pause after a wrong password keeps no process alive.
const alive = setInterval(() => undefined, 1000)
t.teardown(() => clearInterval(alive))

const basic = (user: string, password: string) => `Basic ${btoa(`${user}:${password}`)}`

t.test('a password is held against its own hash', async (t) => {
  const { check } = accounts(0)
  t.equal(await check(users, basic('prometheus', 's3cret:word')), 'yes', 'it may hold a colon')
  for (const header of [
    ...[undefined, '', 'Basic', 'Basic !', 'Bearer s3cret', btoa('prometheus:s3cret:word')],
    ...[
      basic('prometheus', 'another'),
      basic('prometheus', ''),
      basic('', ''),
      basic('nobody', 's3cret:word'),
    ],
    ...[basic('__proto__', 'x'), basic('constructor', 'x')],
  ])
    t.equal(await check(users, header), 'no', String(header))
})

t.test('a hash that htpasswd made is one', async (t) => {
  // htpasswd -nbBC 5 prometheus murphy
  const htpasswd = { prometheus: hashSync('murphy', 5).replace('$2b$', '$2y$') }
  t.equal(await accounts(0).check(htpasswd, basic('prometheus', 'murphy')), 'yes')
})

t.test('whom there is takes no longer to learn than whom there is not', async (t) => {
  const some = { a: hashSync('word', 4), prometheus: hashSync('word', 12) }
  const took = async (user: string) => {
    const begun = performance.now()
    t.equal(await accounts(0).check(some, basic(user, 'another')), 'no')
    return performance.now() - begun
  }
  await took('a')
  const known = await took('prometheus')
  const unknown = await took('nobody')
  t.ok(unknown > known / 2, `${unknown} ms, and ${known} ms`)
})

t.test('what was right is not worked out again, until the hash is another', async (t) => {
  const slow = { prometheus: hashSync('word', 11) }
  const { check } = accounts(0)
  const header = basic('prometheus', 'word')
  t.equal(await check(slow, header), 'yes')
  const begun = performance.now()
  for (let times = 0; times < 100; times += 1) t.equal(await check(slow, header), 'yes')
  t.ok(performance.now() - begun < 500, 'a hundred in less than one takes')
  t.equal(await check({ prometheus: users.other }, header), 'no')
})

t.test('whoever tries many is made to wait, holds up nobody who is known, and is sent away', async (t) => {
  const { check } = accounts(200)
  const good = basic('prometheus', 's3cret:word')
  t.equal(await check(users, good), 'yes')
  const guesses = Array.from({ length: 20 }, (_, at) => check(users, basic('prometheus', `${at}`)))
  const begun = performance.now()
  t.equal(await check(users, good), 'yes')
  t.ok(performance.now() - begun < 150, 'at once')
  const answers = await Promise.all(guesses)
  t.strictSame(
    [answers.filter((it) => it === 'no').length, answers.filter((it) => it === 'busy').length],
    [4, 16],
  )
  t.ok(performance.now() - begun >= 790, 'each wrong one takes its time')
})

t.test('nobody who asks under another name is told sooner that there is none', async (t) => {
  const cost10 = { prometheus: hashSync('word', 10) }
  const { check } = accounts(0)
  const took = async (header: string) => {
    const begun = performance.now()
    await check(cost10, header)
    return performance.now() - begun
  }
  await took(basic('warm', 'up'))
  const known = await took(basic('prometheus', 'wrong'))
  const unknown = await took(basic('nobody', 'wrong'))
  t.ok(unknown > known / 5, `${unknown} ms beside ${known} ms`)
})
