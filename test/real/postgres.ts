import { spawn, spawnSync } from 'node:child_process'
import { globSync, readdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'

/** The folder of PostgreSQL's programs; undefined where there is none. */
export const postgresHome = (): string | undefined =>
  globSync('/usr/lib/postgresql/*/bin')
    .toSorted((a, b) => a.localeCompare(b))
    .at(-1)

/** It refuses to run as root. */
const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--']

/** Makes a new cluster in a folder that nobody owns. */
export function initdb(home: string, data: string): void {
  const [command = '', ...args] = asNobody
  const made = spawnSync(
    command,
    [...args, `${home}/initdb`, '-D', data, '-A', 'trust', '-U', 'postgres', '--no-sync'],
    {
      encoding: 'utf8',
    },
  )
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`)
}

export interface Server {
  /** Resolves with how it ended. */
  readonly ended: Promise<{ code: number | null; signal: string | null }>
  stop(signal: NodeJS.Signals): void
}

/** Starts a server in a cgroup, with its lines handed on. */
export function startServer(
  home: string,
  {
    data,
    sockets,
    cgroup,
    line,
    more = [],
  }: {
    data: string
    sockets: string
    /** Where it is put, with all that it starts; its own otherwise. */
    cgroup?: string
    line(text: string): void
    /** Settings, as `name=value`. */
    more?: readonly string[]
  },
): Server {
  const settings = [
    'fsync=off',
    'listen_addresses=',
    'shared_buffers=4MB',
    'max_connections=10',
    'autovacuum=off',
    ...more,
  ]
  const argv = [`${home}/postgres`, '-D', data, '-k', sockets, ...settings.flatMap((it) => ['-c', it])]
  const script = `echo $$ > "$1" && shift && exec ${asNobody.join(' ')} "$@"`
  const child = spawn('sh', ['-c', script, 'sh', cgroup ? `${cgroup}/cgroup.procs` : '/dev/null', ...argv], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  createInterface({ input: child.stderr }).on('line', line)
  return {
    ended: new Promise((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal }))
    }),
    stop: (signal) => child.kill(signal),
  }
}

/** Asks one thing over the socket (protocol 3.0), and waits until the connection is closed or it is answered. */
export function query(sockets: string, sql: string, user = 'postgres'): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(join(sockets, '.s.PGSQL.5432'))
    let said = ''
    const startup = Buffer.from(`\0\0\0\0\0\x03\0\0user\0${user}\0database\0postgres\0\0`, 'latin1')
    startup.writeInt32BE(startup.length)
    const ask = Buffer.from(`Q\0\0\0\0${sql}\0`, 'latin1')
    ask.writeInt32BE(ask.length - 1, 1)
    socket.on('connect', () => socket.write(startup))
    let asked = false
    socket.on('data', (part) => {
      said += part.toString('latin1')
      // ReadyForQuery: idle.
      if (!said.endsWith('Z\0\0\0\x05I')) return
      if (asked) socket.end()
      else socket.write(ask)
      asked = true
    })
    socket.on('close', () => resolve(said))
    socket.on('error', (error: NodeJS.ErrnoException) =>
      error.code === 'ECONNRESET' ? resolve(said) : reject(error),
    )
  })
}

/** Waits until it answers. */
export async function untilReady(sockets: string): Promise<void> {
  for (let tries = 0; ; tries += 1) {
    let why = 'nothing'
    // What an error says may hold anything, such as a number in the name of a folder.
    const answer = await query(sockets, 'select 42').catch((error) => {
      why = String(error)
      return ''
    })
    if (answer.includes('42')) return
    if (tries > 200) throw new Error(`PostgreSQL does not answer: ${answer || why}`)
    await sleep(50)
  }
}

/** Writes zeros over the write-ahead log, as a torn or lost write would leave it. */
export function damageWal(data: string): void {
  for (const name of readdirSync(join(data, 'pg_wal')))
    if (/^[0-9A-F]{24}$/.test(name)) writeFileSync(join(data, 'pg_wal', name), Buffer.alloc(16 * 2 ** 20))
}
