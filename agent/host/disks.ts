import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { basename, dirname } from 'node:path'

/** Local file systems: they do not hang while the machine works, so they may be read synchronously. */
const local = /^(ext[234]|xfs|f2fs|tmpfs|ramfs|overlay|zfs|vfat|squashfs|erofs)$/

/**
 * File systems that may hang, because they wait for a server or for a user's program. Not lxcfs, which is the machine's
 * own /proc in a container.
 */
export const farTypes =
  /^(nfs4?|cifs|smb3|smbfs|9p|ceph|glusterfs|lustre|beegfs|orangefs|pvfs2|afs|coda|autofs|fuse|fuseblk|fuse\.(?!lxcfs).*)$/

/** How long the list of mounts is trusted, ms: mounts change, and device numbers are reused. */
const trusted = 1_000

interface Mount {
  readonly type: string
  /**
   * Uid of the user whose program serves the mount (FUSE, fuse(4)), if not root. Once that program has read a request,
   * whoever waits for the answer cannot be ended, not even by SIGKILL, for as long as the program likes.
   */
  readonly server?: number
}

interface Mounts {
  readonly devices: ReadonlySet<number>
  /** The type of the topmost mount, by mount point. */
  readonly types: ReadonlyMap<string, string>
  /** The names of mount points, by their folder. */
  readonly within: ReadonlyMap<string, ReadonlySet<string>>
  /** Each mount by its id. `ids`: the id of the topmost mount, by mount point. */
  readonly byId: ReadonlyMap<number, Mount>
  readonly ids: ReadonlyMap<string, number>
}

const none: Mounts = {
  devices: new Set(),
  types: new Map(),
  within: new Map(),
  byId: new Map(),
  ids: new Map(),
}
let mounts = none
let asked = Number.NEGATIVE_INFINITY
let listed: string | undefined
let changes = 0

function current(age = trusted): Mounts {
  if (performance.now() - asked > age) {
    asked = performance.now()
    const list = listOfMounts()
    if (list !== listed || list === undefined) {
      mounts = list === undefined ? none : readMounts(list)
      listed = list
      changes += 1
    }
  }
  return mounts
}

function listOfMounts(): string | undefined {
  try {
    return readFileSync('/proc/self/mountinfo', 'latin1')
  } catch {
    return undefined
  }
}

/** Another number whenever anything may have been mounted or unmounted, as of a second ago at most. */
export function mountChanges(): number {
  current()
  return changes
}

/** Whether the device of a `Stat` is a file system of this machine, by /proc/self/mountinfo (proc(5)). */
export const isLocal = (dev: number): boolean => current().devices.has(dev)

/** A path as mountinfo has it, which is read as latin1. */
const kernelName = (path: string) => Buffer.from(path).toString('latin1')

/**
 * The type of the file system mounted at exactly this path if it may hang. The path is without links, as the kernel
 * names it. `/` never counts: if the root is remote, there is nothing else to read.
 */
export function farMount(path: string): string | undefined {
  const type = path === '/' ? undefined : current().types.get(kernelName(path))
  return type !== undefined && farTypes.test(type) ? type : undefined
}

/** Has the mounts asked for anew, for who is about to ask much of them. */
export const renewMounts = (): void => void current(-1)

const nothing: ReadonlySet<string> = new Set()

/** The names in a folder at which something is mounted. Its path is without links. */
export const mountsIn = (folder: string): ReadonlySet<string> =>
  current().within.get(kernelName(folder)) ?? nothing

const about = Buffer.allocUnsafe(512)

/** The mount id of an open file (proc(5), /proc/PID/fdinfo); reading it cannot hang, as only the kernel answers. */
export function mountOf(fd: number): number | undefined {
  try {
    const info = openSync(`/proc/self/fdinfo/${fd}`, 'r')
    try {
      const id = /^mnt_id:\s*(\d+)$/m.exec(about.toString('latin1', 0, readSync(info, about)))?.[1]
      return id === undefined ? undefined : Number(id)
    } finally {
      closeSync(info)
    }
  } catch {
    return undefined
  }
}

/**
 * The mount with this id if it may hang; of type `unknown` where it no longer exists. Any user can mount a FUSE program
 * in a folder of theirs (fusermount(1)) at any time, and ids are reused: so the list of mounts is read again, unless it
 * is known that this mount is at this path.
 */
export function farMountOf(id: number | undefined, path: string): Mount | undefined {
  const known = id !== undefined && current().ids.get(kernelName(path)) === id
  const mount = id === undefined ? undefined : current(known ? trusted : -1).byId.get(id)
  if (!mount) return { type: 'unknown' }
  return farTypes.test(mount.type) ? mount : undefined
}

/** What is mounted, and the device numbers of what is local, as stat(2) gives them. */
export function readMounts(mountinfo: string): Mounts {
  const devices = new Set<number>()
  const types = new Map<string, string>()
  const within = new Map<string, Set<string>>()
  const byId = new Map<number, Mount>()
  const ids = new Map<string, number>()
  for (const line of mountinfo.split('\n')) {
    const [, id, major, minor, place] = /^(\d+) \d+ (\d+):(\d+) \S+ (\S+) /.exec(line) ?? []
    if (!major || !place) continue
    const [type = '', , options = ''] = line.slice(line.indexOf(' - ') + 3).split(' ')
    const server = type.startsWith('fuse') ? Number(/(?:^|,)user_id=(\d+)/.exec(options)?.[1] ?? 0) : 0
    byId.set(Number(id), { type, ...(server > 0 && { server }) })
    const path = place.replace(/\\([0-7]{3})/g, (_, digits) =>
      String.fromCharCode(Number.parseInt(digits, 8)),
    )
    types.set(path, type)
    const beside = within.get(dirname(path)) ?? new Set()
    within.set(dirname(path), beside.add(Buffer.from(basename(path), 'latin1').toString()))
    ids.set(path, Number(id))
    // makedev(3): the low eight bits of the minor number, twelve of the major, then the rest of the minor.
    if (local.test(type))
      devices.add(
        (Number(minor) & 0xff) + Number(major) * 0x100 + Math.floor(Number(minor) / 0x100) * 0x100000,
      )
  }
  return { devices, types, within, byId, ids }
}
