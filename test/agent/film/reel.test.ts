import t from 'tap'
import { largestFilm, longestAnswer, longestFilm, longestLine } from '../../../agent/film/reel.ts'

t.test('an answer fits a line, a line an answer of the socket, and both a film', async (t) => {
  t.ok(longestAnswer * 2 < longestLine, 'quoted too')
  t.ok(longestLine <= 8 * 1024 * 1024, 'agent/api/ask.ts takes 16 MiB')
  t.ok(longestLine < largestFilm)
  t.equal(longestFilm, 6 * 3600_000)
})
