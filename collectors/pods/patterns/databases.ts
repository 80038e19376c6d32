import type { Pattern } from '../pattern.ts'

const log =
  'Read all that it said before it stopped: `kubectl -n {namespace} logs {pod} -c {container} --previous --tail=200`'
const now = 'Read what stands around it: `kubectl -n {namespace} logs {pod} -c {container} --tail=200`'
const room = 'See how full its volume is: `kubectl -n {namespace} exec {pod} -c {container} -- df -h`'
const avoid = [
  'Delete its volume, its WAL or its lock files to make it start: they are what it recovers from.',
]

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
    says: 'PostgreSQL cannot start: it finds no valid checkpoint in its write-ahead log',
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
      'It stops at each start, and restarting it changes nothing. What was committed last may be lost; what is done next decides how much.',
    fix: [
      'Save the data first. Find what keeps it running, and scale that down to 0: `kubectl -n {namespace} get statefulset,deployment`',
      'Copy the whole volume: without a copy no step can be taken back. If a backup or a replica is well, restore from that and stop here',
      'Start the pod with a command that only sleeps (`command: ["sleep", "infinity"]`) and see, in it, as the user postgres, what would be done: `pg_resetwal --dry-run "$PGDATA"`',
      'Only then, as the user postgres: `pg_resetwal -f "$PGDATA"`; then dump and restore into a new cluster, as the tables may not fit each other any more',
    ],
    urgent: true,
    avoid: [
      'Run pg_resetwal on a running server or without a copy of the volume, or delete pg_wal: both lose data for good.',
    ],
  },
  {
    name: 'postgres-panic',
    by: 'postgres',
    severity: 'critical',
    says: 'PostgreSQL panicked and stops all that it does',
    find: ['*'],
    levels: ['PANIC'],
    marks: ['PANIC:  ', ',PANIC,XX', '"error_severity":"PANIC"'],
    over: ready,
    covers: ['postgres-startup', 'postgres-killed'],
    impact:
      'Every connection is cut, and it recovers from its write-ahead log before it serves again, if it can.',
    fix: [log, room, 'Copy the volume before you try to repair anything'],
    avoid,
  },
  {
    name: 'postgres-page',
    by: 'postgres',
    severity: 'critical',
    says: 'PostgreSQL read a damaged page: data on its volume is corrupt',
    find: [
      'invalid page in block * of relation *',
      'page verification failed, calculated checksum * but expected *',
    ],
    impact: 'Queries that touch the page fail, and the damage may go on growing if the disk is failing.',
    fix: [
      'Copy the volume, or take a snapshot of it, at once',
      'See whether the disk fails: `journalctl -k -b --no-pager -g "I/O error|EXT4-fs error|XFS.*corrupt|nvme"`',
      'Restore what is damaged from a backup or a replica',
    ],
    urgent: true,
    avoid: ['Set zero_damaged_pages on the only copy: it throws the damaged pages away.'],
  },
  {
    name: 'postgres-killed',
    by: 'postgres',
    severity: 'warning',
    says: 'PostgreSQL lost a process to SIGKILL, mostly the OOM killer, and restarts all of its sessions',
    find: children.map((it) => `${it} (PID *) was terminated by signal 9: Killed`),
    impact:
      'All connections were cut and it recovered from its write-ahead log. Killed again while it recovers, it may not come back.',
    fix: [
      'See whether it was memory: `agent status`, `journalctl -k -g "Killed process" --since -2h`',
      'Lower what it takes (shared_buffers, work_mem times max_connections), or raise its limit',
      now,
    ],
    avoid,
  },
  {
    name: 'postgres-startup',
    by: 'postgres',
    severity: 'critical',
    says: 'PostgreSQL gave up starting, because its recovery failed',
    find: ['aborting startup due to startup process failure', 'shutting down due to startup process failure'],
    over: ready,
    impact: 'It does not serve, and tries again only when the container is restarted.',
    fix: [log, room, 'Copy the volume before you try to repair anything'],
    avoid,
  },
  {
    name: 'postgres-disk-full',
    by: 'postgres',
    severity: 'critical',
    says: 'PostgreSQL has no room on its volume',
    find: [
      'could not extend file *: No space left on device',
      'could not write to file *: No space left on device',
      'could not write to log file*: No space left on device',
      'could not create file *pg_wal*: No space left on device',
    ],
    covers: ['disk-full', 'postgres-panic', 'postgres-startup'],
    impact: 'It takes no more writes; if it cannot write its WAL it panics and stops.',
    fix: [
      room,
      'Make the volume larger, or see what holds the WAL back (a replication slot, a failing archive_command): `kubectl -n {namespace} exec {pod} -c {container} -- psql -U postgres -c "select slot_name, active, restart_lsn from pg_replication_slots"`',
    ],
    avoid: ['Delete files in pg_wal to make room: the database does not start without them.'],
  },
  {
    name: 'postgres-wraparound',
    by: 'postgres',
    severity: 'critical',
    says: 'PostgreSQL runs out of transaction numbers',
    find: [
      'database is not accepting commands*to avoid wraparound data loss in database *',
      'database "*" must be vacuumed within * transactions',
      'database with OID * must be vacuumed within * transactions',
    ],
    impact: 'Soon, or already, it takes no more writes until it has been vacuumed.',
    fix: [
      'See which database is the oldest: `kubectl -n {namespace} exec {pod} -c {container} -- psql -U postgres -c "select datname, age(datfrozenxid) from pg_database order by 2 desc"`',
      'End old transactions and drop abandoned replication slots, then run VACUUM (not FULL) in that database',
    ],
    avoid: [
      'Run VACUUM FULL, or single-user mode without need: both need more transaction numbers or downtime.',
    ],
  },
  {
    name: 'postgres-connections',
    by: 'postgres',
    severity: 'warning',
    says: 'PostgreSQL has no connection left',
    find: ['sorry, too many clients already', 'remaining connection slots are reserved for *'],
    impact: 'New connections are refused; applications that retry at once keep it so.',
    fix: [
      'See who holds them: `kubectl -n {namespace} exec {pod} -c {container} -- psql -U postgres -c "select usename, application_name, state, count(*) from pg_stat_activity group by 1,2,3 order by 4 desc"`',
      'Lower the pools of the applications, or put a pooler in front',
    ],
    avoid: [
      'Raise max_connections without memory for it: each one takes some, and the OOM killer comes next.',
    ],
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
    impact: 'It does not start, or fails on the tables that are damaged.',
    fix: [
      'Copy the whole volume before anything else',
      log,
      'Restore from a backup or a replica; else start it with innodb_force_recovery=1 and dump what can be read, going higher only as needed',
    ],
    urgent: true,
    avoid: ['Delete ib_logfile*, ib_redo* or ibdata1, or set innodb_force_recovery above 3 without a copy.'],
  },
  {
    name: 'mysql-connections',
    by: 'mysql',
    severity: 'warning',
    says: 'MySQL or MariaDB has no connection left',
    find: ['Too many connections'],
    fix: [now, 'Lower the pools of the applications, or raise max_connections if there is memory for it'],
  },
  {
    name: 'redis-persistence',
    by: 'redis',
    severity: 'critical',
    says: 'Redis cannot save its data',
    find: [
      'Background saving error',
      "Can't save in background: fork: *",
      'Bad file format reading the append only file*',
      'Short read or OOM loading DB*',
      'Wrong signature trying to load DB*',
    ],
    impact: 'It refuses writes, or does not start; what it has is only in memory.',
    fix: [
      room,
      now,
      'If it cannot read its append-only file: copy the volume, then see what would go: `redis-check-aof appendonly.aof` (without --fix)',
    ],
    avoid: ['Restart it while it cannot save: what is only in memory is lost.'],
  },
  {
    name: 'redis-refuses',
    by: 'any',
    severity: 'warning',
    says: 'Redis refuses what this container writes, since it cannot save its data',
    find: ['MISCONF * is configured to save RDB snapshots*'],
    impact: 'What this container wants to keep in Redis is not kept.',
    fix: [
      'See what Redis itself says, in its own pod: `kubectl get pods -A | grep -i -e redis -e valkey`, then `kubectl logs`',
      'See how full its volume is, and whether it has memory for a second copy of its data while it saves',
    ],
    avoid: ['Restart Redis while it cannot save: what is only in memory is lost.'],
  },
  {
    name: 'redis-memory',
    by: 'any',
    severity: 'warning',
    says: 'Redis has reached maxmemory and refuses writes',
    find: ['OOM command not allowed when used memory*', 'command not allowed when used memory*'],
    fix: [
      'See what it holds: `kubectl -n {namespace} exec {pod} -c {container} -- redis-cli info memory`',
      'Raise maxmemory together with the limit of the container, or set an eviction policy that fits',
    ],
  },
]

export const databases: readonly Pattern[] = [...postgres, ...others]
