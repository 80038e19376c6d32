import t from 'tap'
import { Wrong } from '../../../agent/api/answers.ts'
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
const put = async (query: string) => answers['PUT /v1/film']?.(new URLSearchParams(query))
const get = async (query: string) => answers['GET /v1/film']?.(new URLSearchParams(query))

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
  await t.rejects(async () => none['PUT /v1/film']?.(new URLSearchParams()), /makes no films/)
  await t.rejects(async () => none['GET /v1/film']?.(new URLSearchParams()), /no such film/)
})
