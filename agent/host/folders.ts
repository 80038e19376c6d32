import { dirname } from 'node:path'
import { farMount, isLocal, mountChanges, mountsIn } from './disks.ts'
import type { Bounds, Lane } from './lanes.ts'
import { type Found, laneOf, walk } from './walk.ts'

/** What a walk found out about a folder (see `Found`). */
interface Folder {
  /** Its path without links. */
  readonly real: string
  readonly far: boolean
  readonly rooted: boolean
  readonly dev: number
  /** How often the list of mounts had changed by then. */
  readonly mounts: number
  /** When that was seen, by `performance.now()`. */
  readonly at: number
}

/**
 * Folders that were walked to, remembered for `trusted` ms. Where only root can change what a folder's path leads to,
 * its files can be opened by their path, without another walk.
 */
const folders = new Map<string, Folder>()
const trusted = 10_000
const mostFolders = 12_000

/** What is known of a folder, unless anything was mounted since: over it, or on the way to it. */
function known(folder: string): Folder | undefined {
  const it = folders.get(folder)
  return it?.mounts === mountChanges() ? it : undefined
}

/** The lane for files in a folder that only root can change; undefined where others can, which needs a walk. */
export async function rootedLane(path: string, doing: string, bounds: Bounds): Promise<Lane | undefined> {
  const folder = dirname(path)
  let it = known(folder)
  if (!it || performance.now() - it.at > trusted) {
    const found = await walk(folder, { doing, ...bounds })
    found.held.release()
    it = noted(folder, found)
  }
  return it.rooted ? laneOf({ ...it, far: it.far || farMount(path) !== undefined }) : undefined
}

/** Remembers what a walk to a folder found out. */
export function noted(
  folder: string,
  { at: real, far, rooted, stats, mounts }: Pick<Found, 'at' | 'far' | 'rooted' | 'stats' | 'mounts'>,
): Folder {
  const it = { real, far, rooted, dev: stats.dev, mounts, at: performance.now() }
  if (folders.size >= mostFolders) folders.clear()
  folders.set(folder, it)
  return it
}

/**
 * Whether a path may be read synchronously, as far as is known: only root can change where it leads, and it is on a
 * local disk on which nothing hangs.
 */
export function isNear(path: string, dev?: number): boolean {
  const it = known(dirname(path))
  if (!it?.rooted || it.far || farMount(path) !== undefined || laneOf(it).stuck) return false
  return dev === undefined || isLocal(dev)
}

/**
 * The names in a folder of which may be asked synchronously, by what is known of the folder: all but those where
 * something is mounted. Undefined: none.
 */
export function nearNames(folder: string): ((name: string) => boolean) | undefined {
  const it = known(folder)
  if (!it?.rooted || it.far || laneOf(it).stuck || !isLocal(it.dev)) return undefined
  const mounted = mountsIn(it.real)
  return (name) => name !== '' && name !== '.' && name !== '..' && !mounted.has(name)
}
