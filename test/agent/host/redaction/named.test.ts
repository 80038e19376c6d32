import t from 'tap'
import { without } from '../../../../agent/host/redaction/cut.ts'
import { assignments, flags } from '../../../../agent/host/redaction/named.ts'

const withoutFlags = (text: string) => without(text, [flags])
const withoutAssignments = (text: string) => without(text, [assignments])

t.test('values are known by their names', async (t) => {
  for (const text of [
    ...['pw=x1y2', 'PIN: x1y2', 'db_pass=x1y2', 'auth: x1y2', '"_auth":"x1y2"', 'PresharedKey = x1y2'],
    ...[
      'pass-phrase: x1y2',
      'joinKey: x1y2',
      'authkey: x1y2',
      'jwt=x1y2',
      '? token\n: x1y2',
      'masterauth: x1y2',
    ],
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

t.test('a list or group goes as a whole, what stands beside it stays', async (t) => {
  for (const text of [
    'credentials: {user: a, v: x1y2}\nother: kept',
    '"password": {"v":"x1y2"}, "other": "kept"',
    '{"password":{"v":"x1y2"},"other":"kept"}',
    'token: {a: x1y2}\nother: kept',
    'token: {\n  a: [b],\n  c: x1y2 }\nother: kept',
    'tokens: [[a], x1y2]\nother: kept',
    '"tokens": [{"v":["x"],"w":"x1y2"}], "other": "kept"',
    '{"tokens":["}]","x1y2"],"other":"kept"}',
    "tokens: ['it''s ]', x1y2]\nother: kept",
    "tokens: [it's, x1y2]\nother: kept",
    'token: !x &a {b: x1y2}\nother: kept',
    '{token: !x {b: x1y2}, other: kept}',
    '{token: !!str x1y2, other: kept}',
    '{token: two x1y2, other: kept}',
    '{token: a"x1y2, other: kept}',
    '{"applied":"{\\"token\\":{\\"v\\":\\"}x1y2\\"},\\"other\\":\\"kept\\"}"}',
    'password: {a}x1y2\nother: kept',
    '"db_pass="x1y2" kept',
    '"db_pass="two x1y2" kept',
    'map[password:[a x1y2] other:kept]',
  ]) {
    t.notMatch(withoutAssignments(text), /x1y2/, text)
    t.match(withoutAssignments(text), /kept/, `only that of ${text}`)
  }
  t.equal(withoutAssignments('token: [x1y2\n- {a'), 'token: "<removed>"', 'one without an end')
})

t.test('what is taken for a value may be a name', async (t) => {
  for (const text of ['x token: password: x1y2', '--token password: x1y2', 'x token: --password x1y2'])
    t.notMatch(without(text, [flags, assignments]), /x1y2/, text)
})
