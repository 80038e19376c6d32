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

t.test('what is filmed in another form fails as a question does', async (t) => {
  const it = screen()
  it.show(
    take(
      ['list /x', 'no list'],
      ['stat /x', '{'],
      ['get http://h:1/', '5'],
      ['run ["a"]', { text: 'x', about: '[' }],
    ),
  )
  const host = it.host(take())
  await t.rejects(host.list('/x'), { code: 'failed' })
  await t.rejects(host.stat('/x'), { code: 'failed' })
  t.strictSame(await host.run(['a']), { stdout: 'x', stderr: '', exit: 0 })
})
