import t from 'tap'
import { databases } from '../../../../collectors/pods/patterns/databases.ts'
import { each, pg, redis } from './found.ts'

/** Lines as the programs write them: from their sources, issue trackers and, for PostgreSQL, recorded. */
const lines: Readonly<Record<string, readonly string[]>> = {
  'postgres-wal': [
    '2026-11-23 00:31:07.643 UTC [17504] PANIC:  could not locate a valid checkpoint record',
    '2026-11-23 00:31:07.643 UTC [17504] LOG:  invalid primary checkpoint record',
    pg('PANIC:  could not locate a valid checkpoint record at 0/1511B00'),
    '2026-11-23 00:31:07 UTC [27]: [4-1] 5e721b4e.1b 0     PANIC:  could not locate a valid checkpoint record',
    '2020-03-18 13:01:50.531 UTC,,,27,,5e721b4e.1b,4,,2020-03-18 13:01:50 UTC,,0,PANIC,XX000,"could not locate a valid checkpoint record",,,,,,,,,""',
    '{"timestamp":"2026-11-23 00:31:07.643 UTC","pid":27,"session_id":"5e721b4e.1b","line_num":4,"error_severity":"PANIC","state_code":"XX000","message":"could not locate a valid checkpoint record","backend_type":"startup","query_id":0}',
    '{"level":"info","logger":"postgres","msg":"record","record":{"error_severity":"PANIC","sql_state_code":"XX000","message":"could not locate a valid checkpoint record"}}',
  ],
  'postgres-panic': [pg('PANIC:  could not write to log file: No space left on device')],
  'postgres-killed': [
    pg('LOG:  server process (PID 17485) was terminated by signal 9: Killed'),
    pg('LOG:  background worker "logical replication launcher" (PID 7) was terminated by signal 9: Killed'),
  ],
  'postgres-startup': [
    pg('LOG:  aborting startup due to startup process failure'),
    pg('LOG:  shutting down due to startup process failure'),
  ],
  'postgres-page': [
    pg('ERROR:  invalid page in block 0 of relation base/16384/16385'),
    pg('WARNING:  page verification failed, calculated checksum 7 but expected 8'),
  ],
  'postgres-disk-full': [
    pg('ERROR:  could not extend file "base/16384/16397": No space left on device'),
    '{"timestamp":"2026-11-23 00:31:07.643 UTC","error_severity":"ERROR","message":"could not extend file \\"base/16384/16397\\": No space left on device"}',
  ],
  'postgres-wraparound': [
    pg('ERROR:  database is not accepting commands to avoid wraparound data loss in database "x"'),
    pg(
      'ERROR:  database is not accepting commands that assign new transaction IDs to avoid wraparound data loss in database "x"',
    ),
    pg('WARNING:  database "x" must be vacuumed within 10985967 transactions'),
    '{"timestamp":"2026-11-23 00:31:07.643 UTC","error_severity":"WARNING","message":"database \\"x\\" must be vacuumed within 10985967 transactions"}',
  ],
  'postgres-connections': [
    pg('FATAL:  sorry, too many clients already'),
    pg('FATAL:  remaining connection slots are reserved for non-replication superuser connections'),
    '2026-11-23 00:31:07 UTC [31]: [1-1] user=shop,db=shop,app=PostgreSQL JDBC Driver,client=10.42.0.7 FATAL:  sorry, too many clients already',
    '2026-11-23 00:31:07 UTC:10.42.0.7(4242):shop@shop:[31]:FATAL:  sorry, too many clients already',
    '2026-11-23 00:31:07.643 UTC [31] shop@shop FATAL:  sorry, too many clients already',
    '2026-11-23 00:31:07.643 UTC [31] [unknown]@[unknown] FATAL:  sorry, too many clients already',
    '2026-11-23 00:31:07 UTC [31]: [1-1] 5e721b4e.1b 0 shop app psql 10.42.0.7 FATAL:  sorry, too many clients already',
    '2026-11-23 00:31:07.643 CET [31] client backend FATAL:  sorry, too many clients already',
  ],
  'mysql-corrupt': [
    '2026-11-23T00:31:07.643123Z 0 [ERROR] [MY-011906] [InnoDB] Database page corruption on disk or a failed file read of page [page id: space=4, page number=3].',
    '2026-11-23T00:31:07.643123Z 0 [ERROR] InnoDB: Database page corruption on disk or a failed file read of page',
    '2026-11-23  0:31:07 0 [ERROR] InnoDB: Missing FILE_CHECKPOINT(42) at 4242',
    "2026-11-23  0:31:07 12 [ERROR] mariadbd: Table './x/y' is marked as crashed and should be repaired",
    '{"prio":1,"err_code":11906,"source_line":1,"source_file":"buf0buf.cc","msg":"Database page corruption on disk or a failed file read of page","time":"2026-11-23T00:31:07.643123Z","err_symbol":"ER_IB_MSG_81","SQL_state":"HY000","subsystem":"InnoDB","label":"Error"}',
  ],
  'mysql-connections': [
    'ERROR 1040 (HY000): Too many connections',
    '2026-11-23  0:31:07 0 [Warning] Too many connections',
  ],
  'redis-persistence': [
    redis('Background saving error'),
    redis("Can't save in background: fork: Cannot allocate memory"),
    redis('Bad file format reading the append only file: make a backup of your AOF file'),
    '[1] 23 Nov 00:00:00.000 # Short read or OOM loading DB. Unrecoverable error, aborting now.',
    'pid=1 role=master timestamp="23 Nov 2026 00:00:00.000" level=warning message="Background saving error"',
  ],
  'redis-refuses': [
    'ReplyError: MISCONF Redis is configured to save RDB snapshots, but it is currently unable to persist on disk.',
  ],
  'redis-memory': [
    "(error) OOM command not allowed when used memory > 'maxmemory'.",
    "redis.exceptions.OutOfMemoryError: command not allowed when used memory > 'maxmemory'.",
  ],
}

t.test('each finds what the program says', async (t) => each(t, databases, lines))
