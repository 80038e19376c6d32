import t from 'tap'
import { anyText } from '../../../../collectors/pods/forms/text.ts'

t.test('what a program says, without what a client sent', async (t) => {
  t.strictSame(anyText('cp: no room'), ['cp: no room'])
  t.strictSame(anyText('{"msg":"no room","ua":"x"}'), ['no room'])
  t.strictSame(anyText('2026/11/23 00:00:00 [crit] 7#7: no room, client: x: no room'), [
    '2026/11/23 00:00:00 [crit] 7#7: no room',
  ])
  t.strictSame(anyText('10.0.0.1 - x [23/Nov/2026:00:00:00 +0000] "GET /" 200'), [])
  t.strictSame(anyText('\tno room'), [], 'goes on with the line before')
})

t.test('of PostgreSQL only what is grave, and no line that nobody can take apart', async (t) => {
  const pg = (text: string) => `2026-11-23 00:31:07.643 UTC [1] ${text}`
  t.strictSame(anyText(pg('ERROR:  no room')), ['no room'])
  t.strictSame(anyText(pg('LOG:  statement: no room')), [])
  t.strictSame(anyText(pg('x: no room LOG:  y FATAL:  z')), [])
})
