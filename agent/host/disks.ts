import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

/** File systems that answer as long as the machine itself does; Murphy's own state on them is written in place too. */
const local = /^(ext[234]|xfs|f2fs|tmpfs|ramfs|overlay|zfs|vfat|squashfs|erofs)$/

/** Those that wait for a server or a program of somebody's, and with them whoever asks. lxcfs is the machine's own /proc in a container. */
export const farTypes =
  /^(nfs4?|cifs|smb3|smbfs|9p|ceph|glusterfs|lustre|beegfs|orangefs|pvfs2|afs|coda|autofs|fuse|fuseblk|fuse\.(?!lxcfs).*)$/

/** Device numbers of file systems that are gone are given to others, and new ones come, ms. */
const trusted = 1_000

interface Mount {
  readonly type: string
  /**
   * The user whose program answers there (FUSE, fuse(4)), if it is not root. Whoever waits for one cannot be ended, not even by
   * SIGKILL, once the question has been read and for as long as that program pleases.
   */
  readonly server?: number
}

interface Mounts {
  readonly devices: ReadonlySet<number>
  /** The type of what is mounted there last, by mount point. */
  readonly types: ReadonlyMap<string, string>
  /** Each mount by its id, and the id of what is mounted there last by mount point. */
  readonly byId: ReadonlyMap<number, Mount>
  readonly ids: ReadonlyMap<string, number>
}

const none: Mounts = { devices: new Set(), types: new Map(), byId: new Map(), ids: new Map() }
let mounts = none
let asked = Number.NEGATIVE_INFINITY

function current(age = trusted): Mounts {
  if (performance.now() - asked > age) {
    asked = performance.now()
    try {
      mounts = readMounts(readFileSync('/proc/self/mountinfo', 'latin1'))
    } catch {
      mounts = none
    }
  }
  return mounts
}

/** Whether the device of a `Stat` is a file system of this machine, by /proc/self/mountinfo (proc(5)). */
export const isLocal = (dev: number): boolean => current().devices.has(dev)

/** A path as it is read from mountinfo. */
const kernelName = (path: string) => Buffer.from(path).toString('latin1')

/**
 * The type of what is mounted at exactly this path if it may hang; without links, as the kernel names it. A root that
 * is remote is all there is.
 */
export function farMount(path: string): string | undefined {
  const type = path === '/' ? undefined : current().types.get(kernelName(path))
  return type !== undefined && farTypes.test(type) ? type : undefined
}

const about = Buffer.allocUnsafe(512)

/** The id of the mount in which an open file is (proc(5), /proc/PID/fdinfo), which asks nobody but the kernel. */
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
 * A mount if it may hang; of type `unknown` where it is gone by now. Anybody can mount a program of theirs in a folder
 * of theirs (fusermount(1)) at any time, and ids are given to others: so it is read anew, unless it is the one that was
 * at this path.
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
    ids.set(path, Number(id))
    // makedev(3): the low eight bits of the minor number, twelve of the major, then the rest of the minor.
    if (local.test(type))
      devices.add(
        (Number(minor) & 0xff) + Number(major) * 0x100 + Math.floor(Number(minor) / 0x100) * 0x100000,
      )
  }
  return { devices, types, byId, ids }
}
