import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import type { Entry, Got, Host, Kind, Space, Stat } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'

interface File {
  readonly bytes: Buffer
  readonly mtime: number
  readonly ino: number
}

/** A machine in memory that can be changed while collectors look at it. What is not there is missing. */
export interface Machine {
  readonly host: Host
  /** Time, ms since the epoch, as the machine's clock has it. */
  clock: number
  /** What it answers to commands, by the words joined. */
  readonly commands: Map<string, string>
  /** HTTPS and HTTP, by `port/path`; absent: nothing listens there. */
  readonly answers: Map<string, Got>
  /** Certificates that are served, DER, by port. */
  readonly served: Map<number, Uint8Array>
  /** The kernel log, a record a line. */
  kernel: string[]
  space: Space
  /** Whether the cluster DNS answers. */
  dns: boolean
  write(path: string, text: string | Uint8Array): void
  append(path: string, text: string): void
  rename(from: string, to: string): void
  /** A file, or a folder with all that is in it. */
  remove(path: string): void
  text(path: string): string
  names(folder: string): readonly string[]
}

const parentOf = (path: string) => path.slice(0, path.lastIndexOf('/'))
const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)

/** A machine with the files and commands of a recorded node. */
export function machineOf(recording: string, at: number): Machine {
  const files = new Map<string, File>()
  const folders = new Map<string, Map<string, Kind>>([['', new Map()]])
  let inodes = 1000
  const missing = (what: string) => new HostError('missing', `${what}: there is no such thing`)

  const enter = (path: string, kind: Kind) => {
    const folder = parentOf(path)
    if (!folders.has(folder)) {
      folders.set(folder, new Map())
      enter(folder, 'folder')
    }
    folders.get(folder)?.set(nameOf(path), kind)
  }
  const put = (path: string, bytes: Buffer, ino = files.get(path)?.ino ?? ++inodes) => {
    files.set(path, { bytes, mtime: it.clock, ino })
    enter(path, 'file')
  }
  const read = (path: string) => {
    const file = files.get(path)
    if (!file) throw missing(`reading ${path}`)
    return file
  }
  const list = (path: string): Entry[] => {
    const folder = folders.get(path)
    if (!folder) throw missing(`listing ${path}`)
    return [...folder].map(([name, kind]) => ({ name, kind })).sort((a, b) => (a.name < b.name ? -1 : 1))
  }
  const stat = (path: string): Stat => {
    const file = files.get(path)
    if (!file && !folders.has(path)) throw missing(`stat ${path}`)
    const { bytes, mtime, ino } = file ?? { bytes: '', mtime: at, ino: 1 }
    const kind: Kind = file ? 'file' : 'folder'
    return { kind, size: bytes.length, mtime, ctime: mtime, dev: 1, ino, uid: 0, mode: 0o600 }
  }

  const host: Host = {
    recorded: false,
    now: () => it.clock,
    read: async (path) => read(path).bytes,
    text: async (path) => read(path).bytes.toString('utf8'),
    owned: async (path) => ({ stat: stat(path), bytes: read(path).bytes }),
    range: async (path, from, length) => read(path).bytes.subarray(from, from + length),
    list: async (path) => list(path),
    stat: async (path) => stat(path),
    stats: async (paths) =>
      paths.map((path) => {
        try {
          return stat(path)
        } catch (error) {
          return error as HostError
        }
      }),
    target: async (path) => {
      throw missing(`the link ${path}`)
    },
    run: async (argv, { line } = {}) => {
      const stdout = it.commands.get(argv.join(' '))
      if (stdout === undefined) throw missing(`running ${argv.join(' ')}`)
      if (!line) return { stdout, stderr: '', exit: 0 }
      for (const one of stdout.replace(/\n$/, '').split('\n')) if (stdout) line(one)
      return { stdout: '', stderr: '', exit: 0 }
    },
    kmsg: async (after, record) => {
      for (const one of it.kernel) if (Number(one.split(',', 2)[1]) > after) record(one)
    },
    handshake: async ({ port }) => {
      const der = it.served.get(port)
      if (!der) throw new HostError('refused', `port ${port}: connection refused`)
      return { certificates: [der], protocol: 'TLSv1.3' }
    },
    get: async ({ port, path }) => {
      const got = it.answers.get(`${port}${path}`)
      if (!got) throw new HostError('refused', `port ${port}: connection refused`)
      return got
    },
    space: async () => it.space,
    resolve: async () => {
      if (!it.dns) throw new HostError('timeout', 'no answer within 2 s')
      return { rcode: 'NOERROR', addresses: ['10.43.0.1'] }
    },
    probe: async () => ({ answer: 'arrived' }),
  }
  const it: Machine = {
    host,
    clock: at,
    commands: new Map(),
    answers: new Map(),
    served: new Map(),
    kernel: [],
    space: { size: 100 * 2 ** 30, available: 55 * 2 ** 30, inodes: 6_000_000, inodesFree: 5_000_000 },
    dns: true,
    write: (path, text) => put(path, Buffer.from(text)),
    append: (path, text) =>
      put(path, Buffer.concat([files.get(path)?.bytes ?? Buffer.alloc(0), Buffer.from(text)])),
    rename(from, to) {
      const { bytes, ino } = read(from)
      it.remove(from)
      put(to, bytes, ino)
    },
    remove(path) {
      for (const name of [...(folders.get(path)?.keys() ?? [])]) it.remove(`${path}/${name}`)
      folders.delete(path)
      files.delete(path)
      folders.get(parentOf(path))?.delete(nameOf(path))
    },
    text: (path) => read(path).bytes.toString('utf8'),
    names: (folder) => (folders.has(folder) ? list(folder).map(({ name }) => name) : []),
  }

  const root = join(recording, 'files')
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    const name = path.slice(root.length)
    if (entry.isSymbolicLink()) put(name, Buffer.from(readlinkSync(path)))
    else if (entry.isFile()) put(name, readFileSync(path))
  }
  return it
}
