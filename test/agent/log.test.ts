import t from 'tap'
import { openLog, safe } from '../../agent/log.ts'

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
