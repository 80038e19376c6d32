import { readFileSync } from 'node:fs'

/** File systems that answer as long as the machine itself does; Murphy's own state on them is written in place too. */
const local = /^(ext[234]|xfs|f2fs|tmpfs|ramfs|overlay|zfs|vfat|squashfs|erofs)$/

/** Those that wait for a server or a program of somebody's, and with them whoever asks. lxcfs is the machine's own /proc in a container. */
export const farTypes =
  /^(nfs4?|cifs|smb3|smbfs|9p|ceph|glusterfs|lustre|beegfs|orangefs|pvfs2|afs|coda|autofs|fuse|fuseblk|fuse\.(?!lxcfs).*)$/

/** Device numbers of file systems that are gone are given to others, ms. */
const trusted = 10_000
/** The same where users may have mounted something meanwhile: 1,000 mounts take some ms to read. */
export const trustedOfUsers = 100

interface Mounts {
  readonly devices: ReadonlySet<number>
  /** The type of what is mounted there last, by mount point. */
  readonly types: ReadonlyMap<string, string>
  /** Whose program answers there, if it is not root's. */
  readonly servers: ReadonlyMap<string, number>
}

const none: Mounts = { devices: new Set(), types: new Map(), servers: new Map() }
let mounts = none
let asked = Number.NEGATIVE_INFINITY

function current(most = trusted): Mounts {
  if (performance.now() - asked > most) {
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

/**
 * The type of what is mounted at exactly this path if it may hang; without links, as the kernel names it. A root that
 * is remote is all there is. What is known of mounts is at most `most` ms old.
 */
export function farMount(path: string, most?: number): string | undefined {
  const type = path === '/' ? undefined : current(most).types.get(Buffer.from(path).toString('latin1'))
  return type !== undefined && farTypes.test(type) ? type : undefined
}

/**
 * The user whose program answers for what is mounted at exactly this path (FUSE, fuse(4)). Whoever waits for one cannot be
 * ended, not even by SIGKILL, once the question has been read and for as long as that program pleases.
 */
export const serverOf = (path: string, most?: number): number | undefined =>
  current(most).servers.get(Buffer.from(path).toString('latin1'))

/** What is mounted, and the device numbers of what is local, as stat(2) gives them. */
export function readMounts(mountinfo: string): Mounts {
  const devices = new Set<number>()
  const types = new Map<string, string>()
  const servers = new Map<string, number>()
  for (const line of mountinfo.split('\n')) {
    const [, major, minor, place] = /^\d+ \d+ (\d+):(\d+) \S+ (\S+) /.exec(line) ?? []
    if (!major || !place) continue
    const [type = '', , options = ''] = line.slice(line.indexOf(' - ') + 3).split(' ')
    const at = place.replace(/\\([0-7]{3})/g, (_, digits) => String.fromCharCode(Number.parseInt(digits, 8)))
    types.set(at, type)
    const user = type.startsWith('fuse') ? Number(/(?:^|,)user_id=(\d+)/.exec(options)?.[1] ?? 0) : 0
    if (user > 0) servers.set(at, user)
    else servers.delete(at)
    // makedev(3): the low eight bits of the minor number, twelve of the major, then the rest of the minor.
    if (local.test(type))
      devices.add(
        (Number(minor) & 0xff) + Number(major) * 0x100 + Math.floor(Number(minor) / 0x100) * 0x100000,
      )
  }
  return { devices, types, servers }
}
