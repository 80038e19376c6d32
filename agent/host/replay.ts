import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type {
  DnsAnswer,
  DnsQuestion,
  Entry,
  Get,
  Got,
  Host,
  HostErrorCode,
  Kind,
  Space,
  Stat,
} from '../model/index.ts'
import { HostError } from '../model/index.ts'
import { hostError } from './limits.ts'

/**
 * A recorded node: a folder that answers as the node did when it was recorded.
 *
 * - `node.json`: a `Recording`
 * - `files/PATH`: the files that were read, with secrets taken out; links are links
 * - `commands/SLUG.out` and, unless it just exited with 0, `commands/SLUG.json`
 *
 * What was never asked when it was recorded answers `unrecorded`: not known, as opposed to not there.
 */
export interface Recording {
  readonly format: 1
  readonly node: string
  /** When it was recorded, RFC 3339. */
  readonly at: string
  /** Whether the text of logs was kept; without it what would read one answers `unrecorded`. */
  readonly logs?: boolean
  /** What could not be read then, by `read PATH`, `list PATH`, `stat PATH`, `link PATH`. */
  readonly errors?: Readonly<Record<string, readonly [HostErrorCode, string]>>
  /** Folders whose names matter although not all of their files were recorded, or that git cannot hold. */
  readonly lists?: Readonly<Record<string, readonly (readonly [string, Kind])[]>>
  /** Inode facts of the files that were looked at; git keeps none of them. */
  readonly stats?: Readonly<Record<string, Stat>>
  /** By `host:port` or `host:port/servername`: base64 DER, leaf first, or why there was no answer. */
  readonly handshakes?: Readonly<
    Record<string, { certificates: readonly string[]; protocol: string } | readonly [HostErrorCode, string]>
  >
  /** What HTTPS requests came to, by `requestName`. */
  readonly gets?: Readonly<Record<string, Got | readonly [HostErrorCode, string]>>
  /** How full the disk under a path was. */
  readonly spaces?: Readonly<Record<string, Space>>
  /** By `questionKey`: how the DNS server answered, or why it did not. */
  readonly resolutions?: Readonly<Record<string, DnsAnswer | readonly [HostErrorCode, string]>>
}

/** A request as a recording knows it: `https://127.0.0.1:6443/version as /path/of/the/certificate`. */
export const requestName = ({ host, port, path, as, plain }: Get) =>
  `${plain ? 'http' : 'https'}://${host}:${port}${path}${as ? ` as ${as.certificate}` : ''}`

/** The name under which the answer to a DNS question is kept: `10.43.0.10:53 A kubernetes.default.svc.cluster.local`. */
export const questionKey = ({ server, port = 53, type = 'A', name }: DnsQuestion) =>
  `${server}:${port} ${type} ${name}`

export interface RecordedCommand {
  readonly argv: readonly string[]
  readonly exit?: number
  readonly stderr?: string
  readonly error?: readonly [HostErrorCode, string]
}

/** The file name, without its ending, under which a command's answer is kept. */
export const slug = (argv: readonly string[]) =>
  argv
    .join(' ')
    .replace(/[^A-Za-z0-9._=-]+/g, '_')
    .slice(0, 180)

const mostLinks = 20

/** A Host over a folder written by `agent record`. Throws a HostError if it is not one. */
export function recordedNode(
  folder: string,
  { now }: { now?: () => number } = {},
): Host & { readonly node: string } {
  const recording = readRecording(folder)
  const root = resolve(folder, 'files')

  /** The path in the folder, with links followed as on the node, whose root is the folder's. */
  const place = (path: string, followLast: boolean): string => {
    let left = resolve('/', path).split('/').filter(Boolean)
    let at = ''
    for (let links = 0; left.length > 0; ) {
      const [name, ...rest] = left as [string, ...string[]]
      const full = join(root, at, name)
      const link = (rest.length > 0 || followLast) && isLink(full) ? readlinkSync(full) : undefined
      if (link === undefined) {
        at = join(at, name)
        left = rest
        continue
      }
      links += 1
      if (links > mostLinks)
        throw new HostError('failed', `reading ${path}: too many links, one after the other`)
      left = [...resolve('/', at, link).split('/').filter(Boolean), ...rest]
      at = ''
    }
    return join(root, at)
  }
  const orRecorded = <T>(action: string, path: string, read: () => T): T => {
    const error = recording.errors?.[`${action} ${path}`]
    if (error) throw new HostError(...error)
    try {
      return read()
    } catch (error) {
      throw hostError(`${action} ${path} in the recording ${folder}`, error)
    }
  }
  const read: Host['read'] = async (path, { limit = 1024 * 1024 } = {}) =>
    orRecorded('read', path, () => {
      const bytes = readFileSync(place(path, true))
      if (bytes.length > limit)
        throw new HostError('too-large', `reading ${path}: it is larger than ${limit} bytes`)
      return bytes
    })
  const text: Host['text'] = async (path, options) => Buffer.from(await read(path, options)).toString('utf8')
  const stat = (path: string): Stat =>
    orRecorded('stat', path, () => {
      const known = recording.stats?.[path]
      if (known) return known
      const it = statSync(place(path, true))
      const at = Date.parse(recording.at)
      const kind = it.isDirectory() ? 'folder' : 'file'
      return { kind, size: it.size, mtime: at, ctime: at, dev: 0, ino: it.ino, uid: 0, mode: 0o600 }
    })

  return {
    recorded: true,
    node: recording.node,
    now: now ?? (() => Date.parse(recording.at)),
    read,
    text,
    owned: async (path, { limit, unless } = {}) => {
      const it = stat(path)
      return unless?.(it) ? { stat: it } : { stat: it, bytes: await read(path, limit ? { limit } : {}) }
    },
    range: async (path, from, length) =>
      orRecorded('read', path, () => readFileSync(place(path, true)).subarray(from, from + length)),
    list: async (path) =>
      orRecorded('list', path, () => {
        const listed = recording.lists?.[path]
        if (listed) return listed.map(([name, kind]) => ({ name, kind }))
        return readdirSync(place(path, true), { withFileTypes: true })
          .map((it): Entry => {
            const kind = it.isSymbolicLink() ? 'link' : it.isDirectory() ? 'folder' : 'file'
            return { name: it.name, kind }
          })
          .sort((a, b) => (a.name < b.name ? -1 : 1))
      }),
    stat: async (path) => stat(path),
    stats: async (paths) =>
      paths.map((path) => {
        try {
          return stat(path)
        } catch (error) {
          return hostError(`stat ${path}`, error)
        }
      }),
    target: async (path) => orRecorded('link', path, () => readlinkSync(place(path, false))),
    run: async (argv, { line } = {}) => {
      const answer = readCommand(folder, argv)
      if (answer.error) throw new HostError(...answer.error)
      const { stdout = '', exit = 0, stderr = '' } = answer
      if (!line) return { stdout, stderr, exit }
      for (const one of stdout.replace(/\n$/, '').split('\n')) if (stdout) line(one)
      return { stdout: '', stderr, exit }
    },
    kmsg: async (after, record) => {
      const log = await text('/dev/kmsg', { limit: 64 * 1024 * 1024 })
      // A new record begins with `priority,sequence,`; a line that begins with a space goes on with the last one.
      for (const one of log.split(/\n(?=\d+,\d+,)/)) {
        const sequence = Number(one.split(',', 2)[1])
        if (sequence > after) record(one.trimEnd())
      }
    },
    handshake: async ({ host, port, servername }) => {
      const answer = recording.handshakes?.[`${host}:${port}${servername ? `/${servername}` : ''}`]
      if (!answer)
        throw new HostError('unrecorded', `asking ${host}:${port} for its certificate: it was not recorded`)
      if ('certificates' in answer)
        return {
          certificates: answer.certificates.map((der) => Buffer.from(der, 'base64')),
          protocol: answer.protocol,
        }
      throw new HostError(...answer)
    },
    get: async (request) => {
      const name = requestName(request)
      const answer = recording.gets?.[name]
      if (!answer) throw new HostError('unrecorded', `asking ${name}: it was not recorded`)
      if ('status' in answer) return answer
      throw new HostError(...answer)
    },
    space: async (path) => {
      const error = recording.errors?.[`space ${path}`]
      if (error) throw new HostError(...error)
      const known = recording.spaces?.[path]
      if (!known) throw new HostError('unrecorded', `asking how full ${path} is: it was not recorded`)
      return known
    },
    resolve: async (question) => {
      const key = questionKey(question)
      const answer = recording.resolutions?.[key]
      if (!answer) throw new HostError('unrecorded', `asking DNS for ${key}: it was not recorded`)
      if ('rcode' in answer) return answer
      throw new HostError(...answer)
    },
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() ?? false
}

function readRecording(folder: string): Recording {
  const path = join(folder, 'node.json')
  let recording: Recording
  try {
    recording = JSON.parse(readFileSync(path, 'utf8')) as Recording
  } catch (error) {
    throw new HostError(
      'failed',
      `${path}: this is no recorded node; write one with \`agent record ${folder}\``,
      {
        cause: error,
      },
    )
  }
  if (recording.format !== 1 || !recording.node || Number.isNaN(Date.parse(recording.at)))
    throw new HostError(
      'failed',
      `${path}: not a recording in a format this agent knows (format 1 with node and at)`,
    )
  return recording
}

function readCommand(
  folder: string,
  argv: readonly string[],
): Partial<RecordedCommand> & { stdout?: string } {
  const base = join(folder, 'commands', slug(argv))
  const file = (ending: string) => {
    try {
      return readFileSync(base + ending, 'utf8')
    } catch {
      return undefined
    }
  }
  const stdout = file('.out')
  const more = file('.json')
  if (stdout === undefined && more === undefined)
    throw new HostError('unrecorded', `running \`${argv.join(' ')}\`: it was not recorded`)
  return {
    ...(more ? (JSON.parse(more) as RecordedCommand) : {}),
    ...(stdout === undefined ? {} : { stdout }),
  }
}

/** Where a recording keeps a file of the node. */
export const recordedFile = (folder: string, path: string) => join(folder, 'files', resolve('/', path))

/** The folder in which it stands. */
export const folderOf = dirname
