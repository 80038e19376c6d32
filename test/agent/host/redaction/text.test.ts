import t from 'tap'
import { logText, withoutNamed } from '../../../../agent/host/redaction/text.ts'

t.test('the text of a log', async (t) => {
  t.equal(logText('FATAL: role x, pw=abc, --token abc'), 'FATAL: role x, pw=<removed> --token <removed>')
  t.equal(logText('--secret-key abc --data-dir /x'), '--secret-key <removed> --data-dir /x')
  t.equal(
    logText('{"msg":"the password is abc","level":"info"}'),
    '{"msg":"the password is <removed>","level":"info"}',
  )
  t.equal(
    logText('PANIC:  could not locate a valid checkpoint record'),
    'PANIC:  could not locate a valid checkpoint record',
  )
})

t.test('elsewhere what is said in sentences stays', async (t) => {
  t.equal(withoutNamed('ip token is abc'), 'ip token is abc')
})
