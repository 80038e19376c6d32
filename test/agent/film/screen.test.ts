import t from 'tap'
import type { Take } from '../../../agent/film/reel.ts'
import { screen } from '../../../agent/film/screen.ts'

const take = (...answers: Take['answers']): Take => ({ round: 'x', at: 1, took: 0, heard: [], answers })
const text = (count: number) => Array.from({ length: count }, (_, at) => `line ${at}`).join('\n')

t.test('what changed is put into what was', async (t) => {
  const it = screen()
  it.show(take(['read /x', text(3)], ['read /y', 'y']))
  it.show(take(['read /x', { edit: [[0, 2], 'new'] }]))
  const host = it.host(take())
  t.equal(await host.text('/x'), 'line 0\nline 1\nnew')
  t.equal(await host.text('/y'), 'y', 'what was not told again is as it was')
  await t.rejects(host.text('/z'), { code: 'unrecorded' })
})

t.test('what was asked twice in a round is answered twice', async (t) => {
  const it = screen()
  it.show(take(['read /x', 'before', 'after']))
  const host = it.host(take())
  t.strictSame(
    [await host.text('/x'), await host.text('/x'), await host.text('/x')],
    ['before', 'after', 'after'],
  )
  t.equal(await it.host(take()).text('/x'), 'before', 'each round begins anew')
})

t.test('parts of a log are found wherever they are asked for', async (t) => {
  const it = screen()
  it.show(take(['piece /log 0', 'hello '], ['piece /log 6', 'world']))
  it.show(take(['piece /log 6', 'World!']))
  const host = it.host(take())
  const range = async (from: number, length: number) =>
    Buffer.from(await host.range('/log', from, length)).toString()
  t.equal(await range(0, 5), 'hello')
  t.equal(await range(6, 100), 'World!', 'the last that was read there')
  t.equal(await range(12, 100), '', 'the end')
  await t.rejects(range(50, 1), { code: 'unrecorded' })
})

t.test('a film that claims more than it holds', async (t) => {
  const it = screen()
  it.show(take(['read /x', text(1000)]))
  t.throws(() => it.show(take(['read /x', { edit: [[0, 5000]] }])), /does not have/)
  const bomb = Array.from({ length: 1_000 }, () => [0, 1000] as const)
  t.throws(() => it.show(take(['read /x', { edit: bomb }])), /characters/)
  t.throws(() => {
    for (let count = 0; count < 1_000; count += 1) it.show(take([`read /${count}`, 'x'.repeat(1_000_000)]))
  }, /hold more than/)
})

t.test('a small film does not hold much more than it is long', async (t) => {
  const edit = Array.from({ length: 1_500 }, () => [0, 1] as const)
  const texts = screen()
  t.throws(() => {
    for (let count = 0; count < 300; count += 1)
      texts.show(take([`read /${count}`, 'x'.repeat(1000), { edit }, { error: ['missing', ''] }]))
    for (let count = 0; count < 300; count += 1)
      texts.show(take([`read /${count}`, { error: ['missing', ''] }]))
  }, /hold more than/)
  const pieces = screen()
  for (let count = 0; count < 300; count += 1) pieces.show(take(['piece /x 0', 'x'.repeat(2_000_000)]))
  t.equal((await pieces.host(take()).range('/x', 5, 10)).length, 10, 'what is read again is held once')
  t.throws(() => {
    for (let count = 0; count < 300; count += 1)
      pieces.show(take([`piece /x ${count}`, 'x'.repeat(2_000_000)]))
  }, /hold more than/)
  t.throws(() => pieces.show(take(['read /x', 'x'.repeat(2 * 1024 * 1024 + 1)])), /longer than/)
})

t.test('what is filmed in another form fails as a question does', async (t) => {
  const it = screen()
  it.show(take(['list /x', 'no list'], ['stat /x', '{'], ['run ["a"]', { text: 'x', about: '[' }]))
  const host = it.host(take())
  await t.rejects(host.list('/x'), { code: 'failed' })
  await t.rejects(host.stat('/x'), { code: 'failed' })
  const odd = ['null', '{}', '[]', '5', '[null]', '{"certificates":5,"status":"a","addresses":[5]}']
  for (const text of odd) {
    const questions = [
      'stat /x',
      'owned /x',
      'space /x',
      'tls h:1',
      'get http://h:1/',
      'dns s:53 A n.',
      'list /x',
    ]
    it.show(take(...questions.map((one) => [one, text] as const)))
    const host = it.host(take())
    const asked = {
      ...{ list: host.list('/x'), stat: host.stat('/x'), owned: host.owned('/x'), space: host.space('/x') },
      tls: host.handshake({ host: 'h', port: 1 }),
      get: host.get({ host: 'h', port: 1, path: '/', plain: true }),
      dns: host.resolve({ server: 's', name: 'n.' }),
    }
    for (const [what, one] of Object.entries(asked))
      await t.rejects(one as Promise<unknown>, { code: 'failed' }, `${what}: ${text}`)
    t.match(await host.stats(['/x']), [{ code: 'failed' }])
  }
  t.strictSame(await host.run(['a']), { stdout: 'x', stderr: '', exit: 0 })
})
