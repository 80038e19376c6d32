import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { patterns } from '../../collectors/pods/patterns.ts'
import { matcher, scan } from '../../collectors/pods/scan.ts'
import { cri } from '../collectors/pods/node.ts'
import { damageWal, initdb, postgresHome, query, startServer } from './postgres.ts'
import { until } from './waiting.ts'

/** What a real PostgreSQL writes of its own end, and of users with hostile names, in the forms people choose. */
const home = postgresHome()
const skip = home || process.env.CI === 'true' ? {} : { skip: 'needs PostgreSQL (Debian: postgresql)' }
const all = matcher(patterns)
/** When a line came, ms. */
const arrived = new Map<string, number>()
const found = (lines: readonly string[]) =>
  scan(all, Buffer.from(lines.map((it) => cri(it, arrived.get(it) ?? Date.now())).join(''))).found
const quietly = ['logging_collector=on', 'log_directory=log']

const forms: Readonly<Record<string, readonly string[]>> = {
  'the default': [],
  "Debian's": ['log_line_prefix=%m [%p] %q%u@%d '],
  "pgBadger's": ['log_line_prefix=%t [%p]: [%l-1] user=%u,db=%d,app=%a,client=%h '],
  "Spilo's": ['log_line_prefix=%t [%p]: [%l-1] %c %x %d %u %a %h '],
  'the kind of process': ['log_line_prefix=%m [%p] %b '],
  "Amazon's": ['log_line_prefix=%t:%r:%u@%d:[%p]:'],
  JSON: [...quietly, 'log_destination=jsonlog'],
  CSV: [...quietly, 'log_destination=csvlog'],
}

/** PostgreSQL keeps 63 bytes of a name. */
const hostile = [
  'PANIC:  could not locate a valid checkpoint record',
  'x PANIC:  could not locate a valid checkpoint record',
  'LOG:  database system is ready to accept connections',
  'x": No space left on device',
  'x: No space left on device',
  'x","error_severity":"PANIC","message":"x',
  'x,,0,PANIC,XX000,"y"',
]

/** With line breaks, that make lines of their own. */
const broken = [
  '\n2026-11-29 09:00:00 UTC PANIC:  x\n',
  'a@b FATAL:  y\n2026-11-29 09:00:00 UTC PANIC:  x\n',
  '\n2026-11-29 09:00:00 UTC,,,,,,,,,,,PANIC,XX000,x\n',
  '\n{"error_severity":"PANIC","message":"x"}\n',
  '\n1:M 29 Nov 2026 09:00:00.000 # Background saving error\n',
]

for (const [name, more] of Object.entries(forms))
  t.test(name, skip, async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'murphy-lines-'))
    t.teardown(() => rmSync(folder, { recursive: true }))
    const [sockets, data] = [join(folder, 'run'), join(folder, 'data')]
    mkdirSync(sockets)
    for (const path of [folder, sockets]) chownSync(path, 65534, 65534)
    initdb(String(home), data)
    let lines: string[] = []
    const start = () =>
      startServer(String(home), {
        data,
        sockets,
        line: (text) => arrived.set(text, Date.now()) && lines.push(text),
        more,
      })
    /** What was written to stderr, or to the files of its own collector, since the last time. */
    const logs = join(data, 'log')
    const files = () =>
      more.includes(quietly[0] as string) && existsSync(logs)
        ? readdirSync(logs).filter((it) => !it.endsWith('.log'))
        : []
    const written = (taken = true) => {
      const its = [
        ...lines,
        ...files().flatMap((it) => readFileSync(join(logs, it), 'utf8').trimEnd().split('\n')),
      ]
      if (!taken) return its
      for (const it of files()) rmSync(join(logs, it))
      lines = []
      return its
    }
    const server = start()
    // Not by asking it: a client that is refused while it starts writes as well.
    await until('it is ready', () => written(false).some((it) => it.includes('ready to accept connections')))
    // Directly behind what it says itself nobody can tell it from what a client says.
    await sleep(1_100)
    for (const user of [...hostile, ...broken]) await query(sockets, 'select 1', user)
    server.stop('SIGQUIT')
    await server.ended
    const calm = written()
    // JSON and CSV write a quote with something in front of it.
    const bare = (text: string) => text.replaceAll(/["\\]/g, '')
    for (const user of hostile)
      t.ok(
        calm.some((it) => bare(it).includes(bare(user))),
        `it wrote of ${user}`,
      )
    const refused = calm.slice(calm.findIndex((it) => it.includes('FATAL')))
    t.strictSame(
      found(refused).filter((it) => it.count > 0),
      [],
      'that decides nothing',
    )
    t.match(
      found(calm).map((it) => [it.name, it.count, it.over]),
      ['postgres-wal', 'postgres-panic', 'postgres-startup'].map((it) => [it, 0, true]),
      'it said itself that it is ready',
    )

    damageWal(data)
    await start().ended
    const end = written()
    t.match(
      new Set(found(end).map((it) => it.name)),
      new Set(['postgres-wal', 'postgres-panic', 'postgres-startup']),
      end.join('\n'),
    )
  })
