import t from 'tap'
import { openLog } from '../../../agent/daemon/log.ts'
import { safe } from '../../../agent/text/sanitize.ts'

const lines = (plain: boolean, write: (log: ReturnType<typeof openLog>) => void) => {
  let text = ''
  write(openLog({ level: 'info', plain, write: (line) => (text += line) }))
  return text
}

t.test('JSON for the journal, without secrets', async (t) => {
  const text = lines(false, (log) => {
    log.info(
      {
        code: 'a.b',
        url: 'https://hooks.example/s3cr3t',
        sink: { token: 's3cr3t', deep: { password: 's3cr3t' } },
      },
      'told',
    )
    log.debug({}, 'not at this level')
  })
  const [one, ...more] = text.trim().split('\n')
  t.match(JSON.parse(one as string), { level: 'info', msg: 'told', code: 'a.b', url: '<hidden>' })
  t.equal(more.length, 0)
  t.notMatch(text, /s3cr3t/)
})

t.test('no secret of the settings, wherever it comes from', async (t) => {
  const secret = 'tk_S3cr3t"\\q'
  let text = ''
  const log = openLog({
    level: 'info',
    hide: (it) => it.replaceAll(secret, '<hidden>'),
    write: (line) => (text += line),
  })
  const error = Object.assign(new Error(`GET ${secret}`, { cause: new Error(secret) }), { code: secret })
  const deep = { a: [{ b: [{ Authorization: secret, c: [{ d: [{ e: [{ f: secret }] }] }] }] }] }
  log.warn({ error, why: secret, list: [secret], [secret]: 1, deep }, `it said ${secret}`)
  log.error(deep, 'deep')
  const circle: { me?: object } = {}
  circle.me = circle
  log.info(circle, 'round and round')
  t.equal(text.trim().split('\n').length, 3)
  for (const line of text.trim().split('\n')) JSON.parse(line)
  t.notMatch(text, /S3cr3t/)
  t.match(text, /it said <hidden>/)
})

t.test('errors keep their cause', async (t) => {
  const error = new Error('outer', { cause: new Error('inner') })
  t.match(
    lines(false, (log) => log.error({ error }, 'failed')),
    /inner/,
  )
})

t.test('plain lines for a person, which cannot drive the terminal', async (t) => {
  const text = lines(true, (log) => log.warn({}, 'a\u001b[2Jb\nc'))
  t.match(text, /^\d\d:\d\d:\d\d warn {2}a\ufffd\[2Jb/)
  t.equal(safe('plain text, täglich'), 'plain text, täglich')
})
