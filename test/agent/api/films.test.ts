import t from 'tap'
import { type Answers, Wrong } from '../../../agent/api/answers.ts'
import { filmAnswers } from '../../../agent/api/films.ts'

const asked: unknown[] = []
const answers = filmAnswers({
  begin(length, logs) {
    if (!(length > 0)) throw new Error('that is no length')
    asked.push(['begin', length, logs])
    return 7
  },
  fetch: (id) => (id === 7 ? '{"end":"time","at":1}\n' : undefined),
  end: async (id) => void asked.push(['end', id]),
})
const asking = (all: Answers, method: string, query: string) => {
  const answer = all[`${method} /v1/film`]
  return answer === undefined ? undefined : answer(new URLSearchParams(query))
}
const put = async (query: string) => asking(answers, 'PUT', query)
const get = async (query: string) => asking(answers, 'GET', query)

t.test('a film is begun, fetched and ended', async (t) => {
  t.strictSame(await put('for=5000&logs=1'), ['application/json', '7'])
  t.strictSame(await get('id=7'), ['application/x-ndjson', '{"end":"time","at":1}\n'])
  t.strictSame(await put('id=7&for=0'), ['application/json', '7'])
  t.strictSame(asked, [
    ['begin', 5000, true],
    ['end', 7],
  ])
})

t.test('what cannot be is said', async (t) => {
  for (const ask of [put(''), put('for=x'), get('id=8'), get('')])
    t.equal(await ask.catch((error) => error instanceof Wrong), true)
  const none = filmAnswers(undefined)
  await t.rejects(async () => asking(none, 'PUT', ''), /makes no films/)
  await t.rejects(async () => asking(none, 'GET', ''), /no such film/)
})
