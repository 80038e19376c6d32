import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { FilmError } from '../../../agent/film/parse.ts'
import { readFilm } from '../../../agent/film/read-film.ts'
import { longestLine } from '../../../agent/film/reel.ts'
import { headOf } from './shooting.ts'

const head = JSON.stringify(headOf(5))
const take = (at: number) => JSON.stringify({ round: 'k3s', at, took: 1, heard: [], answers: [] })
const end = '{"end":"time","at":9}'

const fileOf = (t: Test, text: string) => {
  const file = join(t.testdir(), 'film')
  writeFileSync(file, text)
  return file
}
async function allOf(file: string) {
  const reel = await readFilm(file)
  const all: object[] = []
  for await (const it of reel.lines) all.push(it)
  return { all, reel }
}

t.test('a film from its head to its end', async (t) => {
  const { all, reel } = await allOf(fileOf(t, `${head}\n${take(6)}\n${take(7)}\n${end}\n`))
  t.match(all, [{ at: 6 }, { at: 7 }, { end: 'time' }])
  t.equal(reel.head.node, 'node1')
  t.equal(reel.cutAt(), undefined)
})

t.test('a film that was cut off is read up to the cut, wherever that is', async (t) => {
  const whole = `${head}\n${take(6)}\n${take(7)}\n${end}\n`
  for (let length = head.length + 1; length < whole.length; length += 7) {
    const { all, reel } = await allOf(fileOf(t, whole.slice(0, length)))
    const breaks = whole.slice(0, length).split('\n').length - 1
    t.equal(all.length, breaks - 1)
    t.equal(reel.cutAt(), breaks + 1, `at ${length}`)
  }
})

t.test('what is no film is told with its file and line', async (t) => {
  const rejected = async (text: string, says: RegExp) => {
    const file = fileOf(t, text)
    const error = await allOf(file).then(
      () => undefined,
      (it) => it as Error,
    )
    t.type(error, FilmError)
    t.ok(error?.message.startsWith(`${file}:`), error?.message ?? '')
    t.match(error?.message ?? '', says)
  }
  await rejected('', /:1: this is no film/)
  await rejected(`${take(6)}\n`, /:1: this is no film/)
  await rejected(`${head}\n${take(6)}\n{"round"\n${end}\n`, /:3: this is no JSON/)
  await rejected(`${head}\n${head}\n`, /:2: another film begins here/)
  await rejected(`${head}\n${'x'.repeat(longestLine + 10)}\n`, /:2: it is longer than/)
  await rejected('x'.repeat(longestLine + 10), /:1: it is longer than/)
  await t.rejects(readFilm(join(t.testdir(), 'none')), { code: 'ENOENT' })
})

t.test('a line that never ends takes no memory', async (t) => {
  const file = fileOf(t, `${head}\n`)
  for (let count = 0; count < 40; count += 1) writeFileSync(file, 'x'.repeat(10 * 1024 * 1024), { flag: 'a' })
  const before = process.memoryUsage().rss
  await t.rejects(allOf(file), /:2: it is longer than/)
  t.ok(process.memoryUsage().rss - before < 200 * 1024 * 1024, 'half of it at most')
})
