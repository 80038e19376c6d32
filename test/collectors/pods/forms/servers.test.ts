import t from 'tap'
import { mysql, redis } from '../../../../collectors/pods/forms/servers.ts'

t.test('MySQL and MariaDB', async (t) => {
  for (const line of [
    '2026-11-23T00:31:07.643123Z 0 [ERROR] [MY-011906] [InnoDB] it is torn',
    '2026-11-23T00:31:07.643123+01:00 0 [ERROR] InnoDB: it is torn',
    '2026-11-23  0:31:07 140231 [ERROR] InnoDB: it is torn',
    '261123  0:31:07 [ERROR] InnoDB: it is torn',
  ])
    t.strictSame(mysql(line), { level: 'ERROR', text: 'it is torn' }, line)
  t.strictSame(mysql('ERROR 1040 (HY000): Too many'), { level: 'ERROR 1040', text: 'Too many' })
  t.strictSame(mysql('{"err_code":7,"label":"Error","msg":"it is torn"}'), {
    level: 'Error',
    text: 'it is torn',
  })
  for (const line of [
    '',
    '[ERROR] it is torn',
    '{"msg":"it is torn"}',
    'x 2026-11-23  0:31:07 0 [ERROR] torn',
  ])
    t.equal(mysql(line), undefined, line)
})

t.test('Redis and Valkey', async (t) => {
  t.strictSame(redis('1:M 23 Nov 2026 00:00:00.000 # torn'), { level: '#', text: 'torn' })
  t.strictSame(redis('[1] 23 Nov 00:00:00 # torn'), { level: '#', text: 'torn' })
  t.strictSame(redis('pid=1 role=master timestamp="x" level=warning message="torn"'), {
    level: 'warning',
    text: 'torn',
  })
  for (const line of ['', '# torn', 'x 1:M 23 Nov 2026 00:00:00.000 # torn', 'pid=1 message="torn"'])
    t.equal(redis(line), undefined, line)
})
