import t from 'tap'
import { patterns } from '../../../../collectors/pods/patterns.ts'
import { matcher, scan } from '../../../../collectors/pods/scan.ts'
import { forged, servers, time } from '../clients.ts'
import { cri } from '../node.ts'

const all = matcher(patterns)
const grave = new Set(patterns.filter((it) => it.severity === 'critical').map((it) => it.name))
/** What a log of these lines says that is critical or over. */
const decided = (lines: readonly string[]) =>
  scan(all, Buffer.from(lines.map((it) => cri(it, Date.parse('2026-11-23T00:31:08Z'))).join('')))
    .found.filter((it) => grave.has(it.name))
    .map((it) => (it.over ? `${it.name} over` : it.name))

t.test('no line of a name decides', async (t) => {
  for (const [server, said] of Object.entries(servers)) {
    const names = forged.flatMap((it) => [
      `\n${it}\n`,
      `x\n${it}\n${time} `,
      `\n${it} `,
      `a@b FATAL:  y\n${it}\n`,
      `LOG:  \n${it}\n`,
      `x'@'y' (using password: NO)\n${it}\n`,
      `"\n${it}\n"`,
      `\n\n\t\n${it}\n\n\t\n`,
    ])
    for (const name of names) {
      const lines = [`${time} [1] LOG:  database system was shut down`, ...said(name).split('\n')].slice(
        server === "MariaDB's" || server === 'CSV' ? 1 : 0,
      )
      t.strictSame(decided(lines), [], `${server}: ${JSON.stringify(name)}`)
    }
    // In the name of the database, and half in each.
    for (const it of forged) t.strictSame(decided(said('x', `\n${it}\n`).split('\n')), [], `${server}: ${it}`)
    if (server !== 'a user at the end')
      t.strictSame(
        decided(said(`a LOG:  y\n${time} PANIC:  x\n`, `\n${time} [1] `).split('\n')),
        [],
        `${server}: in both`,
      )
  }
})

t.test('what a server says itself is found, also beside clients that are refused', async (t) => {
  const panic = 'PANIC:  could not locate a valid checkpoint record'
  const startup = (prefix: string) => [
    `${prefix}LOG:  database system was interrupted; last known up at 2026-11-23 00:31:04 UTC`,
    `${prefix}LOG:  invalid primary checkpoint record`,
    `${prefix}${panic}`,
    `${prefix}LOG:  startup process (PID 27) was terminated by signal 6: Aborted`,
    `${prefix}LOG:  aborting startup due to startup process failure`,
  ]
  const both = ['postgres-wal', 'postgres-panic', 'postgres-startup']
  for (const prefix of [
    `${time} [1] `,
    '',
    `< ${time} > `,
    `[${time}] [1] `,
    `1 ${time} `,
    'Nov 23 00:31:07 db-0 postgres[1]: [1-1] ',
    '2026-11-23 00:31:07 UTC [1]: [1-1] user=,db=,app=,client= ',
  ]) {
    t.strictSame(new Set(decided(startup(prefix))), new Set(both), prefix)
    t.ok(decided([`${prefix}${panic}`]).includes('postgres-wal'), `alone: ${prefix}`)
  }
  const client = `${time} [77] shop@shop `
  t.ok(
    decided([
      `${client}ERROR:  relation "x" does not exist`,
      `${client}PANIC:  x`,
      `${client}STATEMENT:  insert into x values (1)`,
    ]).includes('postgres-panic'),
    'of a client that asked for something',
  )
  t.ok(
    decided([
      `${time} [70] shop@shop FATAL:  the database system is starting up`,
      ...startup(`${time} [1] `),
    ]).includes('postgres-wal'),
  )
  const record = (level: string, text: string) =>
    `${time},,,27,,5e721b4e.1b,4,,2026-11-23 00:31:07 UTC,,0,${level},XX000,"${text}",,,,,,,,,"","startup",,0`
  t.ok(
    decided(
      [record('LOG', 'a ""b""\n c'), record('PANIC', 'could not locate a valid checkpoint record')].flatMap(
        (it) => it.split('\n'),
      ),
    ).includes('postgres-wal'),
    'CSV, behind a message of two lines',
  )
  const torn = '2026-11-23  0:31:07 0 [ERROR] InnoDB: Database page corruption on disk or a failed read'
  const denied =
    "2026-11-23  0:31:07 12 [Warning] Access denied for user 'x'@'10.42.0.7' (using password: YES)"
  t.strictSame(decided([denied, torn]), ['mysql-corrupt'])
  t.strictSame(decided([torn, denied]), ['mysql-corrupt'])
})

t.test('a name that ends the line in which it begins', async (t) => {
  const refused = `${time} [31]: [1-1] user=026-11-23 00:31:07.643 UTC [1] PANIC:  \n2026-11-23 00:31:,db=2026-11-23 00:31:07 UTC,,xLOG:  \n,app=[unknown],client=10.42.0.7 FATAL:  no`
  t.strictSame(decided(refused.split('\n')), [])
})

t.test('a name with a label of its own on both sides', async (t) => {
  const refused = `${time}:10.42.0.7(4242):PANIC:  @\n${time} LOG:  :[31]:FATAL:  no`
  t.strictSame(decided(refused.split('\n')), [])
})

t.test('a name that ends as a line begins that goes on', async (t) => {
  const refused = `${time} [31] LOG:  @\n${time} [1]PANIC:  \n\t FATAL:  no`
  t.strictSame(decided(refused.split('\n')), [])
})

t.test('a name that goes on in the form of JSON', async (t) => {
  const refused = `${time} [31]: [1-1] user= PANIC:  \n{,db=shop,app=[unknown],client=10.42.0.7 FATAL:  no`
  t.strictSame(decided(refused.split('\n')), [])
})

t.test('a statement of many lines in CSV decides nothing', async (t) => {
  const lines = [
    `${time},"shop","shop",31,"10.42.0.7:5",5e721b4e.1b,1,"SELECT",2026-11-23 00:31:07 UTC,3/2,0,ERROR,42601,"syntax error",,,,,,"select '`,
    ...Array.from({ length: 100 }, () => `${time} [1] PANIC:  could not locate a valid checkpoint record`),
    `${time},,,,,,,,,,,PANIC,XX000,"x"`,
    `'",7,,"psql","client backend",,0`,
  ]
  t.strictSame(decided(lines), [])
})
