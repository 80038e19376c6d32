/** What servers print of clients that they refuse, with the names that these gave themselves. */

export const time = '2026-11-23 00:31:07.643 UTC'
/** How a server prints a user and a database that do not exist, in its prefix and in its message. */
export const servers: Readonly<Record<string, (user: string, database?: string) => string>> = {
  "Debian's": (user, database = 'shop') =>
    `${time} [31] ${user}@${database} FATAL:  password authentication failed for user "${tabbed(user)}"\n${time} [31] ${user}@${database} DETAIL:  Role "${tabbed(user)}" does not exist.`,
  "pgBadger's": (user, database = 'shop') =>
    `${time} [31]: [1-1] user=${user},db=${database},app=[unknown],client=10.42.0.7 FATAL:  the database system is starting up`,
  "Amazon's": (user, database = 'shop') =>
    `${time}:10.42.0.7(4242):${user}@${database}:[31]:FATAL:  password authentication failed for user "${tabbed(user)}"`,
  'names at the end': (user, database = 'shop') =>
    `2026-11-23 00:31:07 UTC ${database} ${user} FATAL:  the database system is starting up`,
  'a user at the end': (user) => `${time} [31] ${user} FATAL:  the database system is starting up`,
  "Spilo's": (user, database = 'shop') =>
    `2026-11-23 00:31:07 UTC [31]: [1-1] 5e721b4e.1b 0 ${database} ${user} [unknown] 10.42.0.7 FATAL:  role "${tabbed(user)}" does not exist`,
  CSV: (user, database = 'shop') =>
    `${time},"${user.replaceAll('"', '""')}","${database.replaceAll('"', '""')}",31,"10.42.0.7:5",5e721b4e.1b,1,"authentication",2026-11-23 00:31:07 UTC,3/2,0,FATAL,28P01,"password authentication failed for user ""${user.replaceAll('"', '""')}""",,,,,,,,,"","client backend"`,
  "MariaDB's": (user) =>
    `2026-11-23  0:31:07 12 [Warning] Access denied for user '${user}'@'10.42.0.7' (using password: YES)`,
}
const tabbed = (text: string) => text.replaceAll('\n', '\n\t')

/** What a client would like the server to have said, short enough for a name. */
export const forged = [
  `${time} PANIC:  x`,
  `${time} [1] PANIC:  `,
  'PANIC:  could not locate a valid checkpoint record',
  '2026-11-23 00:31:07 UTC,,,,,,,,,,,PANIC,XX000,x',
  '{"error_severity":"PANIC","message":"x"}',
  `${time} LOG:  database system is ready to accept connections`,
  '261123  0:31:07 [ERROR] Your database may be corrupt',
  '2026-11-23  0:31:07 0 [Note] mariadbd: ready for connections.',
  '1:M 23 Nov 2026 00:00:00.000 # Background saving error',
  '{"caller":"a/b.go:1","msg":"walpb: crc mismatch"}',
]
