import { closeSync, constants, fstat, fstatSync, open, openSync, readlink, type Stats } from 'node:fs'
import { dirname } from 'node:path'
import { HostError } from '../model/index.ts'
import { farMount, farMountOf, isLocal, mountChanges, mountOf } from './disks.ts'
import { type Bounds, isTurn, type Lane, newLane } from './lanes.ts'
import {
  firstPerson,
  isAnyones,
  isShared,
  knownRoot,
  lastRoot,
  noteOpened,
  noteRoot,
  wasOpenedLately,
} from './roots.ts'

/**
 * The result of a walk: the only way to reach paths that users other than root can change. A walk goes step by step and
 * checks each link before it follows it, and each mount before it enters it. The owner of a folder can make any name in
 * it lead anywhere, at any time: so every step starts from the folder that is already open (`/proc/self/fd/N/name`, as
 * Node.js has no openat) and opens with O_PATH (open(2)), which touches no device or FIFO, and no file server but that
 * of the folder.
 */
export interface Found {
  /** Opened with O_PATH; the caller has to release it. */
  readonly held: Held
  /** The real path, without links. */
  readonly at: string
  readonly stats: Stats
  /** On a file system that may hang. */
  readonly far: boolean
  /** Nobody but root can change where this path leads, nor what a name in this folder leads to. */
  readonly rooted: boolean
  /** A person's account, as opposed to a system account, can change where it leads. */
  readonly peoples: boolean
  /** Uid of the user who decided where the path leads (by naming it, or by a link), other than root. */
  readonly word?: number
  /** Uid of the owner of its folder. */
  readonly folderOf: number
  /** How often the list of mounts had changed when the walk began. */
  readonly mounts: number
}

/** A file descriptor that is closed once nobody uses it any more: hanging work uses it long after its timeout. */
export interface Held {
  /** A path to the file, valid while it is held. */
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
  /** Refuse paths on file systems that may hang. */
  readonly near?: boolean | undefined
}

/**
 * One thread each for what may hang: file systems that may (`farLane`), paths that people can change (`peoplesLane`),
 * and paths that others than root can (`handsLane`). So each kind can block one thread, and does not delay the others.
 */
const farLane = newLane(1)
const peoplesLane = newLane(1)
const handsLane = newLane(1)
const diskLanes = new Map<number, Lane>()
/** The most disks with a lane of their own: more than a node has. */
const mostDisks = 1_000

/** The lane for a path: one for each local disk where only root can change what it leads to, else one of the three. */
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
/** Kernel file systems: a user's link into them can only aim at what Murphy may read and the user may not. */
const kernelFolders = /^\/(proc|sys|dev)(\/|$)/

/** Users whose paths and links need no check: root, and the user Murphy runs as, who gains nothing by them. */
const isTrusted = (uid: number) => uid === 0 || uid === process.geteuid?.()

const openOne = (path: string) =>
  new Promise<number>((done, fail) => open(path, flags, (error, fd) => (error ? fail(error) : done(fd))))
const statOne = (fd: number) =>
  new Promise<Stats>((done, fail) => fstat(fd, (error, stats) => (error ? fail(error) : done(stats))))
const linkOne = (path: string) =>
  new Promise<string>((done, fail) => readlink(path, (error, to) => (error ? fail(error) : done(to))))

interface Step {
  readonly held: Held
  readonly at: string
  readonly stats: Stats
  readonly far: boolean
  /** The id of its mount. */
  readonly mount: number | undefined
  readonly folderOf: number
}

/** The mount id of what was opened. `entered`: the mount, if it is another than the folder's and may hang. */
function mountAt(at: string, fd: number, from: Step | undefined, rooted: boolean) {
  const known = rooted ? knownRoot(at) : undefined
  if (known) return { mount: known.mount, entered: undefined }
  const mount = mountOf(fd)
  return { mount, entered: from && mount !== from.mount ? farMountOf(mount, at) : undefined }
}

/** A walk under way: who decides where it leads, and what others than root can change about it. */
interface Trip extends Walk {
  /** Uid of the user who decides where it leads, other than root. */
  said: number | undefined
  rooted: boolean
  peoples: boolean
  /** How often the list of mounts had changed when it began. */
  readonly mounts: number
}

const refused = ({ doing }: Walk, why: string) => new HostError('failed', `${doing}: ${why}`)

/** Opens one name in the open folder `from`, or where there is none the folder `at` of root's, and stats it. */
async function step(trip: Trip, from: Step | undefined, name: string, at: string): Promise<Step> {
  const { doing, near, rooted, peoples } = trip
  const known = at === '' ? undefined : farMount(at)
  const root = from ? undefined : knownRoot(at)
  const dev = from?.stats.dev ?? root?.dev ?? 0
  const laneFor = (far: boolean) => laneOf({ far, rooted, peoples, dev })
  const expected = from?.far === true || known !== undefined
  const refuseFar = (type = 'far') =>
    refused(trip, `it leads to ${at}, on a file system that may not answer (${type})`)
  if (near && expected) throw refuseFar(known)
  const lane = laneFor(expected)
  const path = from ? `${from.held.path}/${name}` : at || '/'
  const open = () => openOne(path)
  // With O_PATH a FUSE program that is mounted there is not asked yet; an NFS server may be. What only root decides, is on a
  // local disk and was opened lately is in memory: a thread would cost ten times as much.
  const inMemory = rooted && !expected && isLocal(dev) && wasOpenedLately(at) && !lane.stuck
  const fd =
    inMemory && !trip.signal.aborted && isTurn()
      ? openSync(path, flags)
      : await lane.run(doing, () => (from ? from.held.use(open) : open()), trip, closeSync)
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
    // What was opened on a local disk is in memory.
    const stats =
      mount === (from ?? root)?.mount && isLocal(dev)
        ? fstatSync(fd)
        : await laneFor(far).run(doing, () => held.use(() => statOne(fd)), trip)
    if (rooted && !far) {
      noteRoot(at, stats, mount, trip.mounts)
      noteOpened(at)
    }
    return { held, at, stats, far, mount, folderOf: from?.stats.uid ?? 0 }
  } catch (error) {
    held.release()
    throw error
  }
}

/** The names a link leads to. Rejects where the links of two users would be mixed. */
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

/** Begins a way by these names, and takes off those that it need not step through. */
function begin(trip: Trip, left: string[]): Promise<Step> {
  const { at, count } = trip.rooted ? lastRoot(left) : { at: '', count: 0 }
  left.splice(0, count)
  return step(trip, undefined, '', at)
}

/** Follows a path to its end. Rejects where links of two users are mixed, or where the walk may not go. */
export async function walk(path: string, asked: Walk): Promise<Found> {
  const said = asked.word === undefined || isTrusted(asked.word) ? undefined : asked.word
  const trip: Trip = {
    ...asked,
    said,
    rooted: said === undefined,
    peoples: said !== undefined && said >= firstPerson,
    mounts: mountChanges(),
  }
  let left = namesOf(path)
  let here = await begin(trip, left)
  try {
    for (let links = 0, steps = 0, name = left.shift(); name !== undefined; name = left.shift()) {
      steps += 1
      if (steps > mostSteps) throw refused(trip, 'too long a way')
      if (name === '..') {
        // Restart from `/`, because the parent of an open folder may have been moved meanwhile.
        left = [...namesOf(dirname(here.at || '/')), ...left]
        const again = await begin(trip, left)
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
        next = await begin(trip, left)
      } else {
        const { uid } = next.stats
        trip.rooted &&= isTrusted(uid) || !next.stats.isDirectory()
        trip.peoples ||= next.stats.isDirectory() && !isTrusted(uid) && uid >= firstPerson
        if (left.length > 0 && isAnyones(next.stats)) trip.rooted = false
      }
      here.held.release()
      here = next
    }
  } catch (error) {
    here.held.release()
    throw error
  }
  // In a shared folder such as /tmp, a name may belong to anybody.
  const open = here.stats.isDirectory() && isShared(here.stats)
  const { rooted, peoples, mounts, said: word } = trip
  return {
    ...here,
    at: here.at || '/',
    rooted: rooted && !open,
    peoples,
    mounts,
    ...(word !== undefined && { word }),
  }
}

const namesOf = (path: string) => path.split('/').filter((name) => name !== '' && name !== '.')

/** Why Murphy refuses to read what a user led it to, as the end of a sentence; undefined if it may. */
export function notTheirs({ stats, word, rooted, folderOf, at }: Found): string | undefined {
  if (word !== undefined && stats.uid !== word)
    return `uid ${word} made it lead to ${at}, which belongs to uid ${stats.uid}; name that itself if it is meant`
  // Any user may have made a hard link to it, where fs.protected_hardlinks is off (proc(5)).
  if (stats.isFile() && stats.nlink > 1 && !rooted && stats.uid !== folderOf)
    return `it has another name too, and belongs to uid ${stats.uid} in a folder of uid ${folderOf}`
  return undefined
}
