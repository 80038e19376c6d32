import type { LookupAddress } from 'node:dns'
import t from 'tap'
import { rememberNames } from '../../../agent/delivery/addresses.ts'

const one: readonly LookupAddress[] = [{ address: '192.0.2.1', family: 4 }]
const two: readonly LookupAddress[] = [
  { address: '192.0.2.2', family: 4 },
  { address: '2001:db8::2', family: 6 },
]
const no = async () => {
  throw new Error('no')
}
const never = () => new Promise<never>(() => undefined)
const quick = { headStart: 20, patience: 100 }

// Waiting for a name alone keeps no process alive.
const awake = setInterval(() => undefined, 1000)
t.teardown(() => clearInterval(awake))

const ask = (names: ReturnType<typeof rememberNames>, host: string, options: object = { all: true }) =>
  new Promise((resolve) => {
    names.lookup(host, options, (error, address, family) =>
      resolve(error ? error.code : family ? [address, family] : address),
    )
  })

t.test('the system, which knows /etc/hosts, comes first', async (t) => {
  t.same(await ask(rememberNames({ system: async () => one, servers: async () => two, ...quick }), 'x'), one)
  t.same(await ask(rememberNames(), 'localhost', { family: 4 }), ['127.0.0.1', 4])
})

t.test('the name servers themselves, when the system says no or nothing', async (t) => {
  t.same(await ask(rememberNames({ system: no, servers: async () => two, ...quick }), 'x'), two)
  t.same(await ask(rememberNames({ system: never, servers: async () => two, ...quick }), 'x'), two)
})

t.test('the last known address, when nobody answers', async (t) => {
  let dead: 'no' | 'never' | undefined
  const answer = async () => (dead === 'never' ? never() : dead === 'no' ? no() : two)
  const names = rememberNames({ system: answer, servers: answer, ...quick })
  t.same(await ask(names, 'x'), two)
  dead = 'no'
  t.same(await ask(names, 'x'), two)
  dead = 'never'
  const start = performance.now()
  t.same(await ask(names, 'x'), two)
  t.ok(performance.now() - start < 1000)
  t.equal(await ask(names, 'other'), 'ENOTFOUND')
})

t.test('in the form that was asked for', async (t) => {
  const names = rememberNames({ system: async () => two, servers: no, ...quick })
  t.same(await ask(names, 'x', { family: 6, all: false }), ['2001:db8::2', 6])
  t.same(await ask(names, 'x', {}), ['192.0.2.2', 4])
  t.same(await ask(names, 'x', { family: 'IPv4', all: true }), [two[0]])
  t.equal(
    await ask(rememberNames({ system: async () => one, servers: no, ...quick }), 'x', { family: 6 }),
    'ENOTFOUND',
  )
})

t.test('at most one question to the system at a time', async (t) => {
  let now = 0
  let most = 0
  const system = async () => {
    most = Math.max(most, ++now)
    await new Promise((resolve) => setTimeout(resolve, 5))
    now--
    return one
  }
  const names = rememberNames({ system, servers: never, headStart: 500, patience: 500 })
  const asked = await Promise.all(['a', 'b', 'c', 'a', 'b', 'c'].map((it) => ask(names, it)))
  t.same(asked, Array(6).fill(one))
  t.equal(most, 1)
})

t.test('names are learnt while they can be had, once an hour, never addresses', async (t) => {
  const asked: string[] = []
  const system = async (host: string) => {
    asked.push(host)
    return one
  }
  const names = rememberNames({ system, servers: no, ...quick })
  for (const host of ['x', 'x', '', '192.0.2.9', '::1']) names.keep(host)
  await new Promise((resolve) => setTimeout(resolve, 20))
  names.keep('x')
  t.same(asked, ['x'])
})
