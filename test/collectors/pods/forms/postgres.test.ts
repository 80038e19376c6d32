import t from 'tap'
import { fromPostgres, postgres } from '../../../../collectors/pods/forms/postgres.ts'

const told = { level: 'LOG', text: 'it serves' }

t.test('prefixes as people set them', async (t) => {
  for (const prefix of [
    '2026-11-23 00:31:07.643 UTC [17504] ', // %m [%p], the default
    '2026-11-23 00:31:07 UTC ', // %t
    '1763857867.643 [17504] ', // %n [%p]
    '2026-11-23 00:31:07.643 +03 [17504] shop@shop ', // Debian: %m [%p] %q%u@%d
    '2026-11-23 00:31:07.643 UTC [17504] shop@shop/psql ',
    '2026-11-23 00:31:07.643 UTC [17504] [unknown]@[unknown] ',
    '2026-11-23 00:31:07 UTC [17504]: [3-1] user=shop,db=shop,app=psql,client=10.0.0.1 ', // pgBadger
    '2026-11-23 00:31:07 UTC [17504]: [3-1] user=shop,db=shop,app=PostgreSQL JDBC Driver,client=[local] ',
    '2026-11-23 00:31:07 UTC [17504]: [3-1] 5e721b4e.1b 0     ', // Spilo
    '2026-11-23 00:31:07 UTC:10.0.0.1(4242):shop@shop:[17504]:', // Amazon
    '2026-11-23 00:31:07.643 UTC [17504] 28P01 3/12 0 autovacuum launcher ',
    '', // the default until version 9.6
    '[17504] ', // [%p]
    '17504 ', // %p
    '< 2026-11-23 00:31:07.643 UTC > ', // < %m >, RPMs of PGDG
    ' 2026-11-23 00:31:07.643 UTC [17504] ', // Supabase: %h %m [%p] %q%u@%d
    '127.0.0.1 2026-11-23 00:31:07.643 UTC [17504] shop@shop ',
    '10.42.0.7(4242) 2026-11-23 00:31:07.643 UTC [17504] ',
    '[2026-11-23 00:31:07.643 UTC] [17504] ', // [%m] [%p]
    '17504 2026-11-23 00:31:07.643 UTC ', // %p %m
    '2026-11-23 00:31:07.643 UTC startup[17504] ', // %m %b[%p]
    '2026-11-23 00:31:07.643 UTC client backend[17504] ',
    'Nov 23 00:31:07 db-0 postgres[17504]: [3-1] ', // syslog
    'Nov  3 00:31:07 db-0 postgres[17504]: [3-1] 2026-11-23 00:31:07.643 UTC [17504] ',
    '2026-11-23 00:31:07 UTC shop postgres ', // %t %d %u
    '2026-11-23 00:31:07 UTC [17504]: [5e721b4e.1b-1] @,app= [XX000] ', // TimescaleDB
    '2026-11-23 00:31:07 UTC [17504]: [5e721b4e.1b-1] shop@shop,app=psql [XX000] ',
  ])
    t.strictSame(postgres(`${prefix}LOG:  it serves`), told, prefix)
})

t.test('prefixes that are none', async (t) => {
  for (const prefix of [
    'x ',
    'x 2026-11-23 00:31:07.643 UTC [17504] ',
    'alice: 2026-11-23 00:31:07.643 UTC [17504] ',
    'Nov 23 00:31:07 db-0 sshd[17504]: ',
    'Nov 23 00:31:07 db-0 postgres[17504]: [3-1] alice bob ',
    '2026-11-23 00:31:07 UTC alice bob eve ',
    '2026-11-23 00:31:07.643 UTC [17504] INFO user ',
    '2026-11-23T00:31:07Z ',
    '2026-11-23 00:31:07.643 UTC [17504] "GET / ',
    `2026-11-23 00:31:07.643 UTC [17504] ${'1 '.repeat(300)}`,
  ])
    t.equal(postgres(`${prefix}LOG:  it serves`), undefined, prefix)
})

t.test('a label that stands twice, or is none', async (t) => {
  const begin = '2026-11-23 00:31:07.643 UTC [17504] '
  t.equal(postgres(`${begin}x LOG:  it serves@db FATAL:  no such role`), undefined)
  t.ok(fromPostgres(`${begin}x LOG:  it serves@db FATAL:  no such role`))
  t.equal(postgres(`${begin}STATEMENT:  it serves`), undefined)
  t.equal(postgres(`${begin}LOG: it serves`), undefined)
  t.notOk(fromPostgres('LOG:  it serves'))
})

t.test('JSON and CSV', async (t) => {
  t.strictSame(postgres('{"timestamp":"x","error_severity":"LOG","message":"it serves"}'), told)
  t.strictSame(
    postgres('{"logger":"postgres","record":{"error_severity":"LOG","message":"it serves"}}'),
    told,
  )
  t.equal(postgres('{"logger":"x","record":{"error_severity":"LOG","message":"it serves"}}'), undefined)
  t.equal(postgres('{"error_severity":"LOG","message":{"a":1}}'), undefined)
  const csv = (user: string, rest: string) =>
    `2026-11-23 00:31:07.643 UTC,"${user}","shop",31,"10.0.0.1:5",5e721b4e.1b,1,"idle",2026-11-23 00:31:07 UTC,3/2,0,${rest}`
  t.strictSame(postgres(csv('x', 'LOG,00000,"it serves",,,')), told)
  t.strictSame(postgres(csv('a ""b"", c', 'LOG,00000,"it serves",,,')), told)
  t.strictSame(postgres(csv('x', 'LOG,00000,"a ""b"", c",,,'))?.text, 'a "b", c')
  t.equal(postgres(csv('x', 'PANIC,"it serves"')), undefined)
  t.equal(postgres('2026-11-23 00:31:07.643 UTC [7] STATEMENT:  x,,,,,,,,,,,PANIC,XX000,y'), undefined)
  t.equal(postgres(csv('x', 'LOG,00000,"it')), undefined)
  t.equal(postgres(csv(' x=","[1 PANIC:  ', 'LOG,00000,"it serves",,,'))?.level, undefined, 'no text')
})

t.test('a prefix of nothing but equal signs costs its length', async (t) => {
  const line = `2026-11-23 00:31:07 UTC ${'aaa='.repeat(80)}= PANIC:  x`
  const begun = performance.now()
  t.equal(postgres(line), undefined)
  t.ok(performance.now() - begun < 1000, 'with a group of which a comma may be left out it takes years')
})
