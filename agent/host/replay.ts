import { lstatSync, readdirSync, readFileSync, readlinkSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { type Entry, type Host, HostError, type HostErrorCode, type Stat } from '../model/index.ts'
import { line } from '../text/sanitize.ts'
import { hostError } from './limits.ts'
import {
  handshakeKey,
  probeKey,
  questionKey,
  type RecordedCommand,
  type Recording,
  requestName,
  slug,
} from './recording.ts'

const mostLinks = 20

/** A Host over a folder written by `agent record`. Throws a HostError if it is not one. */
export function recordedNode(
  folder: string,
  { now }: { now?: () => number } = {},
): Host & { readonly node: string; readonly machine: string } {
  const recording = readRecording(folder)
  const files = ofFiles(folder, recording)
  return {
    recorded: true,
    node: recording.node,
    machine: line(String(recording.machine ?? ''), 400),
    now: now ?? (() => Date.parse(recording.at)),
    ...files,
    ...ofPrograms(folder, files),
    ...ofServers(recording),
  }
}

/** Where a path of the node is in the folder. Links are followed as on the node, with the folder as its root. */
function placeIn(root: string, path: string, followLast: boolean): string {
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

type Files = Pick<Host, 'read' | 'text' | 'owned' | 'range' | 'list' | 'stat' | 'stats' | 'target' | 'space'>

function ofFiles(folder: string, recording: Recording): Files {
  const root = resolve(folder, 'files')
  const place = (path: string, followLast = true) => placeIn(root, path, followLast)
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
      const bytes = readFileSync(place(path))
      if (bytes.length > limit)
        throw new HostError('too-large', `reading ${path}: it is larger than ${limit} bytes`)
      return bytes
    })
  const stat = (path: string): Stat =>
    orRecorded('stat', path, () => recording.stats?.[path] ?? statOf(place(path), Date.parse(recording.at)))
  return {
    read,
    text: async (path, options) => Buffer.from(await read(path, options)).toString('utf8'),
    owned: async (path, { limit, unless } = {}) => {
      const it = stat(path)
      return unless?.(it) ? { stat: it } : { stat: it, bytes: await read(path, limit ? { limit } : {}) }
    },
    range: async (path, from, length) =>
      orRecorded('read', path, () => readFileSync(place(path)).subarray(from, from + length)),
    list: async (path) =>
      orRecorded('list', path, () => {
        const listed = recording.lists?.[path]
        return listed ? listed.map(([name, kind]) => ({ name, kind })) : entriesOf(place(path))
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
    space: async (path) => {
      const error = recording.errors?.[`space ${path}`]
      return known(error ?? recording.spaces?.[path], `asking how full ${path} is`)
    },
  }
}

/** The parts of a Stat that can still be read from a recorded copy. */
function statOf(file: string, at: number): Stat {
  const it = statSync(file)
  const kind = it.isDirectory() ? 'folder' : 'file'
  return { kind, size: it.size, mtime: at, ctime: at, dev: 0, ino: it.ino, uid: 0, mode: 0o600 }
}

const entriesOf = (folder: string): readonly Entry[] =>
  readdirSync(folder, { withFileTypes: true })
    .map((it): Entry => {
      const kind = it.isSymbolicLink() ? 'link' : it.isDirectory() ? 'folder' : 'file'
      return { name: it.name, kind }
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))

function ofPrograms(folder: string, { text }: Files): Pick<Host, 'run' | 'kmsg'> {
  return {
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
      // A record begins with `priority,sequence,`; lines that begin with a space belong to the record before.
      for (const one of log.split(/\n(?=\d+,\d+,)/)) {
        const sequence = Number(one.split(',', 2)[1])
        if (sequence > after) record(one.trimEnd())
      }
    },
  }
}

function ofServers(recording: Recording): Pick<Host, 'handshake' | 'get' | 'resolve' | 'probe'> {
  return {
    handshake: async (address) => {
      const where = `${address.host}:${address.port}`
      const answer = known(
        recording.handshakes?.[handshakeKey(address)],
        `asking ${where} for its certificate`,
      )
      return { ...answer, certificates: answer.certificates.map((der) => Buffer.from(der, 'base64')) }
    },
    get: async (request) => {
      const name = requestName(request)
      return known(recording.gets?.[name], `asking ${name}`)
    },
    resolve: async (question) => {
      const key = questionKey(question)
      return known(recording.resolutions?.[key], `asking DNS for ${key}`)
    },
    probe: async (it) => known(recording.probes?.[probeKey(it)], `probing ${it.address}`),
  }
}

/** The recorded answer. Throws the recorded error, or `unrecorded` if there is neither. */
function known<T extends object>(
  answer: T | readonly [HostErrorCode, string] | undefined,
  asking: string,
): T {
  if (!answer) throw new HostError('unrecorded', `${asking}: it was not recorded`)
  if (isError(answer)) throw new HostError(...answer)
  return answer
}

const isError = (answer: object): answer is readonly [HostErrorCode, string] => Array.isArray(answer)

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
