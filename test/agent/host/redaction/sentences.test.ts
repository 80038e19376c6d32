import t from 'tap'
import { without } from '../../../../agent/host/redaction/cut.ts'
import { mixed, sentences } from '../../../../agent/host/redaction/sentences.ts'

const clean = (text: string) => without(text, [...sentences, mixed])

t.test('secrets that sentences tell', async (t) => {
  for (const text of [
    ...[
      'the password is hunter2',
      "ALTER USER bob PASSWORD 'hunter2'",
      'create user x identified by "hunter2"',
    ],
    ...['your PIN 4711hunter2, sir', 'login with hunter2AbcdefghijkXYZ now', 'PASSWORD  IS  NOW  hunter2'],
    ...[
      'secret key: hunter2',
      'Secret Access Key: hunter2',
      'secret access key hunter2',
      'secret_key hunter2',
    ],
    ...[
      'API key for stripe: hunter2',
      'token value: hunter2',
      'password hash: hunter2',
      'PGPASSWORD hunter2',
    ],
    ...['password changed to hunter2', 'password for admin is hunter2', 'password for bob: hunter2'],
    ...['password -> hunter2', 'token => hunter2', 'password := "hunter2"', 'Password (root): hunter2'],
    ...['password is two hunter2', 'token: two hunter2', 'password to be: two "words, hunter2'],
    ...['password for the admin = hunter2', 'cookie hunter2', 'your code for login is 47hunter2'],
    ...[
      'password changed to hunter2 (at 3:40)',
      'Generated admin password:\nhunter2',
      'password is:\r\n\r\n  two hunter2\r\n',
    ],
    '2026-11-23T03:40:00.1Z stdout F password:\n2026-11-23T03:40:00.1Z stdout F \n2026-11-23T03:40:00.1Z stdout F hunter2',
    '{"log":"password:\\n","stream":"stdout","time":"2026"}\n{"log":"hunter2\\n","stream":"stdout"}',
  ])
    t.notMatch(clean(text), /hunter2/, text)
})

t.test('and little else', async (t) => {
  for (const text of [
    'FATAL: could not open file "pg_wal/1": No space left on device',
    'compassion: 1, spinner is on, passed 3 of 3',
    'next line\npassword:',
  ])
    t.equal(clean(text), text)
  t.equal(
    clean('2026-11-23T03:40:00.1Z stdout F password:\n2026-11-23T03:40:00.2Z stdout F x\nnext'),
    '2026-11-23T03:40:00.1Z stdout F password:\n2026-11-23T03:40:00.2Z stdout F <removed>\nnext',
  )
  t.match(clean('{"msg":"token is x","a":1}'), /"a":1\}$/, 'JSON stays JSON')
})
