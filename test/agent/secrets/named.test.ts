import t from 'tap'
import { withoutAssignments, withoutFlags } from '../../../agent/secrets/named.ts'

t.test('values are known by their names', async (t) => {
  for (const text of [
    ...['pw=x1y2', 'PIN: x1y2', 'db_pass=x1y2', 'auth: x1y2', '"_auth":"x1y2"', 'PresharedKey = x1y2'],
    ...['AccountKey=x1y2', 'OTP=x1y2', 'dsn: x1y2', 'export MY_SECRET=x1y2', '{"a":"\\nPIN: x1y2"}'],
  ])
    t.notMatch(withoutAssignments(text), /x1y2/, text)
  for (const text of ['--token x1y2', '--db-pass=x1y2', '"a\\n--token x1y2"', '-t x1y2'])
    t.notMatch(withoutFlags(text), /x1y2/, text)
})

t.test('other names stay', async (t) => {
  for (const text of [
    'anonymous-auth: false',
    'authorization-mode=Node,RBAC',
    'spinner: 1',
    'passes=3',
    'compass: n',
    'pinned: yes',
    'A_NAME=b',
  ])
    t.equal(withoutAssignments(text), text)
})
