import { closeSync, constants, fstat, open, readlink, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { HostError } from '../model/index.ts'
import { farMount, farMountOf, mountOf } from './disks.ts'
import { type Bounds, type Lane, newLane } from './lanes.ts'

/**
 * The one way to what lies in somebody's hands: step by step, each link looked at before it is followed and each mount
 * before it is entered. Who owns a folder can make any name in it lead anywhere, at any time: so every step is
 * taken from the folder that was opened (`/proc/self/fd/N/name`, for want of openat), and none opens anything: O_PATH
 * (open(2)) wakes no device, no FIFO and no file server but the one that holds the name.
 */
export interface Found {
  /** Opened with O_PATH; to be let go. */
  readonly held: Held
  /** Where it leads, without links. */
  readonly at: string
  readonly stats: Stats
  /** On a file system that may hang. */
  readonly far: boolean
  /** Nobody but root can change where this path leads, nor what a name in this folder leads to. */
  readonly rooted: boolean
  /** A person has a say in where it leads: not a daemon of the machine. */
  readonly peoples: boolean
  /** The user on whose word it was found, other than root. */
  readonly word?: number
  /** Who owns the folder in which it is. */
  readonly folderOf: number
}

/** A number of an open file that is closed once nobody uses it: what hangs goes on using it long after it was given up. */
export interface Held {
  /** Another name for it, for as long as it is held. */
  readonly path: string
  use<T>(work: () => Promise<T>): Promise<T>
  release(): void
}

function hold(fd: number): Held {
  let users = 1
  const release = () => {
    users -= 1
    if (users === 0) closeSync(fd)
  }
  return {
    path: `/proc/self/fd/${fd}`,
    use(work) {
      users += 1
      return work().finally(release)
    },
    release,
  }
}

export interface Walk extends Bounds {
  readonly doing: string
  /** The user who named the path. */
  readonly word?: number | undefined
  /** Not to be looked for on file systems that may hang. */
  readonly near?: boolean | undefined
}

/**
 * What hangs takes one thread and no more on file systems that may, one where people say what a name leads to, which
 * nothing else waits for, and one where others than root do.
 */
const farLane = newLane(1)
const peoplesLane = newLane(1)
const handsLane = newLane(1)
const diskLanes = new Map<number, Lane>()
/** More than a node has file systems that files are read from. */
const mostDisks = 1_000

/** The lane for something in a folder: for each disk of the machine itself where only root had a say, and three for the rest. */
export function laneOf({
  far,
  rooted,
  peoples = false,
  dev,
}: Pick<Found, 'far' | 'rooted'> & { readonly peoples?: boolean; readonly dev: number }): Lane {
  if (far) return farLane
  if (peoples) return peoplesLane
  if (!rooted) return handsLane
  const known = diskLanes.get(dev)
  if (known) return known
  if (diskLanes.size >= mostDisks) return handsLane
  const lane = newLane(2)
  diskLanes.set(dev, lane)
  return lane
}

/** Linux, include/uapi/asm-generic/fcntl.h; Node.js does not know it. */
const O_PATH = 0o10000000
const flags = O_PATH | constants.O_NOFOLLOW
const mostLinks = 20
const mostSteps = 500
/** Of a file system that shows the kernel and no files: a link of a user that leads there wants what Murphy may see. */
const kernelFolders = /^\/(proc|sys|dev)(\/|$)/

/** Those whose word needs no doubt: root, and whom Murphy runs as, who can do nothing to itself that it cannot. */
const isTrusted = (uid: number) => uid === 0 || uid === process.geteuid?.()

const openOne = (path: string) =>
  new Promise<number>((done, fail) => open(path, flags, (error, fd) => (error ? fail(error) : done(fd))))
const statOne = (fd: number) =>
  new Promise<Stats>((done, fail) => fstat(fd, (error, stats) => (error ? fail(error) : done(stats))))
const linkOne = (path: string) =>
  new Promise<string>((done, fail) => readlink(path, (error, to) => (error ? fail(error) : done(to))))

/** From here on accounts and groups are people's (login.defs(5), UID_MIN). */
const firstPerson = 1000
/** `users` on Debian and SUSE, the one group of the machine's own that people are in by being there. */
const users = 100
const isPeoples = (gid: number) => gid >= firstPerson || gid === users

/**
 * Whether others than root may change what is in a folder. A group of the machine's own is the machine: Ubuntu's
 * /var/log, below which the logs of all pods are, is root:syslog 0775.
 */
const isShared = ({ mode, gid }: Stats) => (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && isPeoples(gid))
const isSticky = ({ mode }: Stats) => (mode & 0o1000) !== 0

/**
 * Root's own folders that were walked through, with the mount they are in: only root can mount anything on them, so
 * that they need not be asked at each step. By `performance.now()`.
 */
const roots = new Map<string, { readonly mount: number | undefined; readonly at: number }>()
const trusted = 10_000
const mostRoots = 5_000

/** The id of the mount of what was opened, and what it is if it is another than that of the folder and may hang. */
function mountAt(at: string, fd: number, from: Step | undefined, rooted: boolean) {
  const known = rooted ? roots.get(at) : undefined
  if (known && performance.now() - known.at < trusted) return { mount: known.mount, entered: undefined }
  const mount = mountOf(fd)
  return { mount, entered: from && mount !== from.mount ? farMountOf(mount, at) : undefined }
}

function noteRoots(at: string, { mount, far, stats }: Pick<Step, 'mount' | 'far' | 'stats'>): void {
  if (far || stats.uid !== 0 || !stats.isDirectory()) return
  if (roots.size >= mostRoots) roots.clear()
  roots.set(at, { mount, at: performance.now() })
}

interface Step {
  readonly held: Held
  readonly at: string
  readonly stats: Stats
  readonly far: boolean
  /** The id of the mount it is in. */
  readonly mount: number | undefined
  readonly folderOf: number
}

/** A walk under way: whose word it goes by, and what others than root can change of it. */
interface Trip extends Walk {
  /** The user on whose word it goes, other than root. */
  said: number | undefined
  rooted: boolean
  peoples: boolean
}

const refused = ({ doing }: Walk, why: string) => new HostError('failed', `${doing}: ${why}`)

/** Opens one name in the folder that is held, and looks at what it is. */
async function step(trip: Trip, from: Step | undefined, name: string, at: string): Promise<Step> {
  const { doing, near, rooted, peoples } = trip
  const known = from && farMount(at)
  const laneFor = (far: boolean) => laneOf({ far, rooted, peoples, dev: from?.stats.dev ?? 0 })
  const expected = from !== undefined && (from.far || known !== undefined)
  const refuseFar = (type = 'far') =>
    refused(trip, `it leads to ${at}, on a file system that may not answer (${type})`)
  if (near && expected) throw refuseFar(known)
  const lane = laneFor(expected)
  const open = () => openOne(from ? `${from.held.path}/${name}` : '/')
  // Opened like this, a program that is mounted there (FUSE) is asked nothing yet; an NFS server may be.
  const fd = await lane.run(doing, () => (from ? from.held.use(open) : open()), trip, closeSync)
  const held = hold(fd)
  try {
    const { mount, entered } = mountAt(at, fd, from, rooted)
    if (near && entered) throw refuseFar(entered.type)
    if (entered?.server !== undefined)
      throw refused(
        trip,
        `it leads to ${at}, where a program of uid ${entered.server} answers, for which nobody waits; copy the file to a disk if it is meant`,
      )
    const far = expected || entered !== undefined
    const stats = await laneFor(far).run(doing, () => held.use(() => statOne(fd)), trip)
    if (rooted) noteRoots(at, { mount, far, stats })
    return { held, at, stats, far, mount, folderOf: from?.stats.uid ?? 0 }
  } catch (error) {
    held.release()
    throw error
  }
}

/** Where a link leads, once it is clear on whose word. */
async function follow(trip: Trip, from: Step, name: string, link: Step): Promise<string[]> {
  const { uid } = link.stats
  if (!isTrusted(uid)) {
    if (trip.said !== undefined && trip.said !== uid)
      throw refused(trip, `it goes by a link of uid ${uid}, at ${link.at}, on the word of uid ${trip.said}`)
    trip.said = uid
    trip.rooted = false
    trip.peoples ||= uid >= firstPerson
  }
  const { rooted, peoples } = trip
  const lane = laneOf({ far: link.far, rooted, peoples, dev: from.stats.dev })
  const read = () => from.held.use(() => linkOne(`${from.held.path}/${name}`))
  const to = await lane.run(trip.doing, read, trip)
  return to.startsWith('/') ? namesOf(to) : [...namesOf(from.at), ...namesOf(to)]
}

/** Follows a path to its end. Rejects where a link of one user leads to what another has, or where it may not go. */
export async function walk(path: string, asked: Walk): Promise<Found> {
  const said = asked.word === undefined || isTrusted(asked.word) ? undefined : asked.word
  const trip: Trip = {
    ...asked,
    said,
    rooted: said === undefined,
    peoples: said !== undefined && said >= firstPerson,
  }
  let left = namesOf(path)
  let here = await step(trip, undefined, '', '')
  try {
    for (let links = 0, steps = 0, name = left.shift(); name !== undefined; name = left.shift()) {
      steps += 1
      if (steps > mostSteps) throw refused(trip, 'too long a way')
      if (name === '..') {
        // From the beginning: the folder above is whatever has that name now.
        left = [...namesOf(dirname(here.at || '/')), ...left]
        const again = await step(trip, undefined, '', '')
        here.held.release()
        here = again
        continue
      }
      const at = `${here.at}/${name}`
      if (trip.said !== undefined && kernelFolders.test(at))
        throw refused(trip, `uid ${trip.said} made it lead to ${at}`)
      let next = await step(trip, here, name, at)
      if (next.stats.isSymbolicLink()) {
        links += 1
        try {
          if (links > mostLinks) throw refused(trip, 'too many links, one after the other')
          left = [...(await follow(trip, here, name, next)), ...left]
        } finally {
          next.held.release()
        }
        next = await step(trip, undefined, '', '')
      } else {
        const { uid } = next.stats
        trip.rooted &&= isTrusted(uid) || !next.stats.isDirectory()
        trip.peoples ||= next.stats.isDirectory() && !isTrusted(uid) && uid >= firstPerson
        if (left.length > 0 && isShared(next.stats) && !isSticky(next.stats)) trip.rooted = false
      }
      here.held.release()
      here = next
    }
  } catch (error) {
    here.held.release()
    throw error
  }
  // What is new in /tmp may be anybody's.
  const open = here.stats.isDirectory() && isShared(here.stats)
  const { rooted, peoples, said: word } = trip
  return {
    ...here,
    at: here.at || '/',
    rooted: rooted && !open,
    peoples,
    ...(word !== undefined && { word }),
  }
}

const namesOf = (path: string) => path.split('/').filter((name) => name !== '' && name !== '.')

/** Why a file or a folder is not for whoever led to it, as the end of a sentence. */
export function notTheirs({ stats, word, rooted, folderOf, at }: Found): string | undefined {
  if (word !== undefined && stats.uid !== word)
    return `uid ${word} made it lead to ${at}, which belongs to uid ${stats.uid}; name that itself if it is meant`
  // A second name may have been given to it by anybody, where fs.protected_hardlinks is off (proc(5)).
  if (stats.isFile() && stats.nlink > 1 && !rooted && stats.uid !== folderOf)
    return `it has another name too, and belongs to uid ${stats.uid} in a folder of uid ${folderOf}`
  return undefined
}
