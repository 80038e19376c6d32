import { dirname } from 'node:path'
import { farMount, isLocal } from './disks.ts'
import type { Bounds, Lane } from './lanes.ts'
import { type Found, laneOf, walk } from './walk.ts'

/** What a folder is to whoever looks for something in it. */
interface Folder {
  readonly far: boolean
  readonly rooted: boolean
  readonly dev: number
  /** When that was seen, by `performance.now()`. */
  readonly at: number
}

/**
 * Folders that were walked to. What only root can change stays as it is unless root changes it, so that the files of
 * such a folder can be opened by their names, in one go.
 */
const folders = new Map<string, Folder>()
const trusted = 10_000
const mostFolders = 5_000

/** The lane for what is in a folder of root's alone, or nothing where others have a say and each step has to be looked at. */
export async function rootedLane(path: string, doing: string, bounds: Bounds): Promise<Lane | undefined> {
  const folder = dirname(path)
  let it = folders.get(folder)
  if (!it || performance.now() - it.at > trusted) {
    const found = await walk(folder, { doing, ...bounds })
    found.held.release()
    it = noted(folder, found)
  }
  return it.rooted ? laneOf({ ...it, far: it.far || farMount(path) !== undefined }) : undefined
}

/** What a walk to a folder has shown. */
export function noted(
  folder: string,
  { far, rooted, stats }: Pick<Found, 'far' | 'rooted' | 'stats'>,
): Folder {
  const it = { far, rooted, dev: stats.dev, at: performance.now() }
  if (folders.size >= mostFolders) folders.clear()
  folders.set(folder, it)
  return it
}

/**
 * Whether something in a folder may be asked in place, as far as is known: nobody but root made it lead there, and it
 * is on a disk of this machine on which nothing hangs.
 */
export function isNear(path: string, dev?: number): boolean {
  const it = folders.get(dirname(path))
  if (!it?.rooted || it.far || farMount(path) !== undefined || laneOf(it).stuck) return false
  return dev === undefined || isLocal(dev)
}
