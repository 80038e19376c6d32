import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { slug } from '../../agent/host/recording.ts'
import type { Entry, Host, Kind, Stat } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'
import { answers, commands, files } from './furnished.ts'
import { bytesOf, type Part, type Parts, part } from './kind.ts'
import { folderOf, recorded, recordingOf } from './recordings.ts'

/**
 * A recorded node in memory, furnished with what recordings lack, of which parts may be other than they were:
 * `file PATH`, `link PATH`, `run WORDS`, `get PORT/PATH`, `handshake PORT`. The part `node` names the recording.
 */
export interface World {
  readonly at: number
  readonly parts: ReadonlyMap<string, Buffer>
}

const known = new Map<string, World>()

/** All that a node is made of. */
export function worldOf(node: string): World {
  const before = known.get(node)
  if (before) return before
  const parts = new Map<string, Buffer>()
  const add = (name: string, bytes: Buffer | string) => parts.set(name, Buffer.from(bytes))
  for (const [path, text] of Object.entries(files)) add(`file ${path}`, text)
  for (const [words, text] of Object.entries(commands)) add(`run ${slug(words.split(' '))}`, text)
  for (const [path, text] of Object.entries(answers)) add(`get ${path}`, text)
  add('file /dev/kmsg', recorded('files', /^\/dev\/kmsg$/).toSorted((a, b) => b.length - a.length)[0] ?? '')
  const recording = recordingOf(node)
  for (const [address, it] of Object.entries(recording.handshakes ?? {}))
    if ('certificates' in it)
      add(`handshake ${address.replace(/.*:(\d+).*/, '$1')}`, Buffer.from(it.certificates[0] ?? '', 'base64'))
  const root = join(folderOf(node), 'files')
  for (const it of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(it.parentPath, it.name)
    const name = path.slice(root.length)
    if (it.isSymbolicLink()) add(`link ${name}`, readlinkSync(path))
    else if (it.isFile() && !(name === '/dev/kmsg' && readFileSync(path).length === 0))
      add(`file ${name}`, readFileSync(path))
  }
  for (const name of readdirSync(join(folderOf(node), 'commands')))
    if (name.endsWith('.out'))
      add(`run ${name.slice(0, -4)}`, readFileSync(join(folderOf(node), 'commands', name)))
  const world = { at: Date.parse(recording.at), parts }
  known.set(node, world)
  return world
}

/** A part that a generator may change. */
export const partOf = (world: World, name: string): Part =>
  part(name, world.parts.get(name) ?? Buffer.alloc(0))

/** The node of these parts as collectors see it. */
export function hostOf(parts: Parts): Host & { readonly at: number } {
  const node = bytesOf(parts, 'node').toString() || 'healthy'
  const world = worldOf(node)
  const all = new Map([...world.parts, ...parts.map(({ name, bytes }) => [name, bytes] as const)])
  const folders = new Map<string, Map<string, Kind>>()
  for (const name of all.keys()) {
    const [, what = '', path = ''] = /^(file|link) (\/.*)$/s.exec(name) ?? []
    if (what) enter(folders, path, what as Kind)
  }
  const missing = (what: string) => new HostError('missing', `${what}: there is no such thing`)
  const target = (path: string) => {
    const bytes = all.get(`link ${path}`)
    if (!bytes) throw missing(`link ${path}`)
    return bytes.toString()
  }
  const read = (path: string, { limit = 1024 * 1024 } = {}): Buffer => {
    const to = all.get(`link ${path}`)
    const bytes = all.get(`file ${to ? join(path, '..', to.toString()) : path}`) ?? all.get(`file ${path}`)
    if (!bytes) throw missing(`reading ${path}`)
    if (bytes.length > limit)
      throw new HostError('too-large', `reading ${path}: it is larger than ${limit} bytes`)
    return bytes
  }
  const stat = (path: string): Stat => {
    const bytes = all.get(`file ${path}`)
    if (!bytes && !folders.has(path)) throw missing(`stat ${path}`)
    const owner = Number(
      /^Uid:\s+(\d+)/m.exec(
        all.get(`file ${path.split('/', 3).join('/')}/status`)?.toString('latin1') ?? '',
      )?.[1] ?? 0,
    )
    const [kind, size] = bytes ? (['file', bytes.length] as const) : (['folder', 4096] as const)
    return {
      kind,
      size,
      mtime: world.at,
      ctime: world.at,
      dev: 1,
      ino: path.length + 1,
      uid: owner,
      mode: 0o644,
    }
  }
  const reply = (name: string) => {
    const bytes = all.get(name)
    if (!bytes) throw new HostError('refused', `${name}: nothing listens there`)
    return bytes
  }
  return {
    at: world.at,
    recorded: false,
    now: () => world.at,
    read: async (path, options) => read(path, options),
    text: async (path, options) => read(path, options).toString(),
    owned: async (path, { unless, ...options } = {}) => {
      const it = stat(path)
      return unless?.(it) ? { stat: it } : { stat: it, bytes: read(path, options) }
    },
    range: async (path, from, length) =>
      read(path, { limit: Number.POSITIVE_INFINITY }).subarray(from, from + length),
    list: async (path) => {
      const found = folders.get(path)
      if (!found) throw missing(`listing ${path}`)
      return [...found]
        .map(([name, kind]): Entry => ({ name, kind }))
        .sort((a, b) => (a.name < b.name ? -1 : 1))
    },
    stat: async (path) => stat(path),
    stats: async (paths) =>
      paths.map((path) => {
        try {
          return stat(path)
        } catch (error) {
          return error as HostError
        }
      }),
    target: async (path) => target(path),
    run: async (argv, { line } = {}) => {
      const bytes = all.get(`run ${slug(argv)}`)
      if (!bytes) throw missing(`running ${argv.join(' ')}`)
      const stdout = bytes.toString()
      if (!line) return { stdout, stderr: '', exit: 0 }
      for (const one of stdout.replace(/\n$/, '').split('\n')) if (stdout) line(one)
      return { stdout: '', stderr: '', exit: 0 }
    },
    kmsg: async (after, record) => {
      for (const one of read('/dev/kmsg')
        .toString()
        .split(/\n(?=\d+,\d+,)/))
        if (Number(one.split(',', 2)[1]) > after) record(one.trimEnd())
    },
    handshake: async ({ port }) => ({ certificates: [reply(`handshake ${port}`)], protocol: 'TLSv1.3' }),
    get: async ({ port, path }) => {
      const body = reply(`get ${port}${path}`).subarray(0, 4096).toString()
      return { status: body.includes('failed') ? 500 : 200, body }
    },
    space: async () => ({
      size: 100 * 2 ** 30,
      available: 8 * 2 ** 30,
      inodes: 6_000_000,
      inodesFree: 5_000_000,
    }),
    resolve: async () => ({ rcode: 'SERVFAIL', addresses: [] }),
    probe: async () => ({ answer: 'silence' }),
  }
}

/** Notes a path in its folder, and that in its own. */
function enter(folders: Map<string, Map<string, Kind>>, path: string, kind: Kind): void {
  const folder = path.slice(0, path.lastIndexOf('/'))
  const at = folder || '/'
  if (!folders.has(at)) {
    folders.set(at, new Map())
    if (at !== '/') enter(folders, folder, 'folder')
  }
  const known = folders.get(at) as Map<string, Kind>
  const name = path.slice(path.lastIndexOf('/') + 1)
  if (known.get(name) !== 'folder') known.set(name, kind)
}
