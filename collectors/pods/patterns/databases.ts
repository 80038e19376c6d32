import type { Pattern } from '../pattern.ts'

const log =
  'Read what the database logged before it stopped (on a server): `kubectl -n {namespace} logs {pod} -c {container} --previous --tail=200`'
const now =
  'Read the log around that line (on a server): `kubectl -n {namespace} logs {pod} -c {container} --tail=200`'
const room =
  'See how full its volume is (on a server): `kubectl -n {namespace} exec {pod} -c {container} -- df -h`'
const avoid = ["Don't delete its volume, WAL or lock files: the database recovers from them."]

/** It serves again; as a standby read-only (postmaster.c, process_pm_pmsignal). */
const ready = [
  'database system is ready to accept connections',
  'database system is ready to accept read-only connections',
  'database system is ready to accept read only connections',
]

/** The postmaster's names for its child processes (postmaster.c, LogChildExit). */
const children = [
  'server process',
  'startup process',
  'checkpointer process',
  'background writer process',
  'WAL writer process',
  'WAL receiver process',
  'autovacuum launcher process',
  'background worker "*"',
]

/** Whole messages as in its sources (src/backend); they are the same in text, JSON and CSV logs. */
const postgres: readonly Pattern[] = [
  {
    name: 'postgres-wal',
    by: 'postgres',
    severity: 'critical',
    title: 'PostgreSQL: no valid checkpoint',
    says: 'PostgreSQL cannot start: its write-ahead log has no valid checkpoint',
    find: [
      'could not locate a valid checkpoint record',
      'could not locate a valid checkpoint record at *',
      'could not locate required checkpoint record',
      'could not locate required checkpoint record at *',
      'invalid primary checkpoint record',
      'could not find redo location*referenced by checkpoint record*',
    ],
    over: ready,
    covers: ['postgres-panic', 'postgres-startup', 'postgres-killed'],
    impact:
      'PostgreSQL stops at each start, and a restart changes nothing. The latest commits may be lost; the next step decides how many.',
    fix: [
      'Save the data first: find the workload to scale to 0 (on a server): `kubectl -n {namespace} get statefulset,deployment`',
      'Scale that to 0 and copy the whole volume. If a backup or a healthy replica exists, restore that and stop here',
      'Start the pod with the command sleep infinity. In the pod, as user postgres, see what would change: `pg_resetwal --dry-run "$PGDATA"`',
      'Last resort, in the pod as user postgres, then dump and restore into a new cluster: `pg_resetwal -f "$PGDATA"`',
    ],
    urgent: true,
    avoid: ["Don't delete pg_wal or the volume: recovery needs them."],
  },
  {
    name: 'postgres-panic',
    by: 'postgres',
    severity: 'critical',
    title: 'PostgreSQL PANIC',
    says: 'PostgreSQL panicked and stopped',
    find: ['*'],
    levels: ['PANIC'],
    marks: ['PANIC:  ', ',PANIC,XX', '"error_severity":"PANIC"'],
    over: ready,
    covers: ['postgres-startup', 'postgres-killed'],
    impact:
      'Every connection is cut. PostgreSQL serves again only if it can recover from its write-ahead log.',
    fix: [log, room, 'Copy the volume before any repair'],
    avoid,
  },
  {
    name: 'postgres-page',
    by: 'postgres',
    severity: 'critical',
    title: 'PostgreSQL: corrupt page',
    says: 'PostgreSQL read a damaged page: data on its volume is corrupt',
    find: [
      'invalid page in block * of relation *',
      'page verification failed, calculated checksum * but expected *',
    ],
    impact: 'Queries that touch this page fail. If the disk is failing, the damage grows.',
    fix: [
      'Copy the volume or take a snapshot at once',
      'See whether the disk is failing: `journalctl -k -b --no-pager -g "I/O error|EXT4-fs error|XFS.*corrupt|nvme"`',
      'Restore the damaged tables from a backup or a replica',
    ],
    urgent: true,
    avoid: ["Don't set zero_damaged_pages on the only copy: it discards the damaged pages."],
  },
  {
    name: 'postgres-killed',
    by: 'postgres',
    severity: 'warning',
    title: 'PostgreSQL process killed',
    says: 'PostgreSQL lost a process to SIGKILL, usually by the OOM killer, and cut all sessions',
    find: children.map((it) => `${it} (PID *) was terminated by signal 9: Killed`),
    impact:
      'All connections were cut for a recovery from the write-ahead log. Killed again during recovery, PostgreSQL may not come back.',
    fix: [
      'See whether the OOM killer did it: `journalctl -k --no-pager -g "Killed process" --since -2h`',
      'Lower shared_buffers or work_mem, or raise the memory limit of the container',
      now,
    ],
    avoid,
  },
  {
    name: 'postgres-startup',
    by: 'postgres',
    severity: 'critical',
    title: 'PostgreSQL start failed',
    says: 'PostgreSQL cannot start: its recovery failed',
    find: ['aborting startup due to startup process failure', 'shutting down due to startup process failure'],
    over: ready,
    impact: 'The database is down, and tries again only when the container restarts.',
    fix: [log, room, 'Copy the volume before any repair'],
    avoid,
  },
  {
    name: 'postgres-disk-full',
    by: 'postgres',
    severity: 'critical',
    title: 'PostgreSQL: disk full',
    says: 'PostgreSQL has no free space on its volume',
    find: [
      'could not extend file *: No space left on device',
      'could not write to file *: No space left on device',
      'could not write to log file*: No space left on device',
      'could not create file *pg_wal*: No space left on device',
    ],
    covers: ['disk-full', 'postgres-panic', 'postgres-startup'],
    impact: 'PostgreSQL takes no more writes; if it cannot write its WAL, it panics and stops.',
    fix: [
      room,
      'Enlarge the volume, or fix a failing archive_command',
      'See whether a replication slot holds back the WAL (on a server): `kubectl -n {namespace} exec {pod} -c {container} -- psql -U postgres -c "select slot_name, active, restart_lsn from pg_replication_slots"`',
    ],
    avoid: ["Don't delete files in pg_wal: the database can't start without them."],
  },
  {
    name: 'postgres-wraparound',
    by: 'postgres',
    severity: 'critical',
    title: 'PostgreSQL wraparound',
    says: 'PostgreSQL is running out of transaction numbers (wraparound)',
    find: [
      'database is not accepting commands*to avoid wraparound data loss in database *',
      'database "*" must be vacuumed within * transactions',
      'database with OID * must be vacuumed within * transactions',
    ],
    impact: 'PostgreSQL soon takes no more writes, or already does not, until it is vacuumed.',
    fix: [
      'See which database is oldest (on a server): `kubectl -n {namespace} exec {pod} -c {container} -- psql -U postgres -c "select datname, age(datfrozenxid) from pg_database order by 2 desc"`',
      'End old transactions, drop abandoned replication slots, then run VACUUM in that database',
    ],
    avoid: ["Don't use VACUUM FULL: it needs transaction numbers and locks whole tables."],
  },
  {
    name: 'postgres-connections',
    by: 'postgres',
    severity: 'warning',
    title: 'PostgreSQL: too many clients',
    says: 'PostgreSQL has no free connection',
    find: ['sorry, too many clients already', 'remaining connection slots are reserved for *'],
    impact: 'New connections are refused. Applications that retry at once make it worse.',
    fix: [
      'See who holds the connections (on a server): `kubectl -n {namespace} exec {pod} -c {container} -- psql -U postgres -c "select usename, application_name, state, count(*) from pg_stat_activity group by 1,2,3 order by 4 desc"`',
      'Lower the pool sizes of the applications, or use a pooler',
    ],
    avoid: ["Don't raise max_connections without memory for it: the OOM killer comes next."],
  },
]

/** The program's name may have its folder before it; its version follows. */
const mysqlReady = ['mysqld', 'mariadbd', '/*/mysqld', '/*/mariadbd'].map(
  (it) => `${it}: ready for connections*`,
)
const crashed = ["Table '*'", "mysqld: Table '*'", "mariadbd: Table '*'"]

const others: readonly Pattern[] = [
  {
    name: 'mysql-corrupt',
    by: 'mysql',
    severity: 'critical',
    title: 'MySQL: InnoDB corrupt',
    says: 'MySQL or MariaDB found its InnoDB files damaged',
    find: [
      'Database page corruption*',
      'Corruption of an index tree*',
      'Plugin initialization aborted*',
      'Missing FILE_CHECKPOINT*',
      'Your database may be corrupt*',
      ...crashed.map((it) => `${it} is marked as crashed and should be repaired`),
    ],
    over: mysqlReady,
    impact: 'The database does not start, or fails on the damaged tables.',
    fix: [
      'Copy the whole volume before anything else',
      log,
      'Restore a backup or a replica. Without one, start with innodb_force_recovery=1 (at most 3) and dump what is readable',
    ],
    urgent: true,
    avoid: ["Don't delete ib_logfile*, ib_redo* or ibdata1: the database recovers from them."],
  },
  {
    name: 'mysql-connections',
    by: 'mysql',
    severity: 'warning',
    title: 'MySQL: too many connections',
    says: 'MySQL or MariaDB has no free connection',
    find: ['Too many connections'],
    fix: [now, 'Lower the pool sizes of the applications, or raise max_connections if memory allows'],
  },
  {
    name: 'redis-persistence',
    by: 'redis',
    severity: 'critical',
    title: 'Redis cannot save',
    says: 'Redis cannot save its data',
    find: [
      'Background saving error',
      "Can't save in background: fork: *",
      'Bad file format reading the append only file*',
      'Short read or OOM loading DB*',
      'Wrong signature trying to load DB*',
    ],
    impact: 'Redis refuses writes or does not start; its data is only in memory.',
    fix: [
      room,
      now,
      'If Redis cannot read its append-only file, copy the volume, then see the damage, in its folder: `redis-check-aof appendonly.aof`',
    ],
    avoid: ["Don't restart Redis while it can't save: data only in memory is lost."],
  },
  {
    name: 'redis-refuses',
    by: 'any',
    severity: 'warning',
    title: 'Redis MISCONF',
    says: 'Redis refuses the writes of this container because it cannot save its data',
    find: ['MISCONF * is configured to save RDB snapshots*'],
    impact: 'What this container writes to Redis is lost.',
    fix: [
      'Find the Redis pod, then read its log (on a server): `kubectl get pods -A | grep -i -e redis -e valkey`',
      'Check that its volume has free space, and that memory allows a second copy while it saves',
    ],
    avoid: ["Don't restart Redis while it can't save: data only in memory is lost."],
  },
  {
    name: 'redis-memory',
    by: 'any',
    severity: 'warning',
    title: 'Redis: maxmemory reached',
    says: 'Redis has reached maxmemory and refuses writes',
    find: ['OOM command not allowed when used memory*', 'command not allowed when used memory*'],
    fix: [
      'Find the Redis pod (on a server): `kubectl get pods -A | grep -i -e redis -e valkey`',
      'Raise maxmemory of Redis together with its memory limit, or set an eviction policy',
    ],
  },
]

export const databases: readonly Pattern[] = [...postgres, ...others]
