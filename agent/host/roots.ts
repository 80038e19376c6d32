import { lstatSync, type Stats } from 'node:fs'
import { isLocal, mountChanges } from './disks.ts'

/** The first uid and gid of people's accounts (login.defs(5), UID_MIN). */
export const firstPerson = 1000
/** The group `users` on Debian and SUSE, the only system group that people are in by default. */
const users = 100
const isPeoples = (gid: number) => gid >= firstPerson || gid === users

/**
 * Whether users other than its owner may change what is in a folder. System groups do not count: Ubuntu's /var/log,
 * which holds the logs of all pods, is root:syslog 0775.
 */
export const isShared = ({ mode, gid }: Stats) =>
  (mode & 0o002) !== 0 || ((mode & 0o020) !== 0 && isPeoples(gid))
const isSticky = ({ mode }: Stats) => (mode & 0o1000) !== 0
/** Whether others may also replace what is in it that is not theirs (the sticky bit: unlink(2), EPERM). */
export const isAnyones = (it: Stats) => isShared(it) && !isSticky(it)
/** Whether it is a folder in which only root decides what a name leads to. */
const isRoots = (it: Stats) => it.uid === 0 && it.isDirectory() && !isAnyones(it)

/** A folder of root's that was walked through. */
export interface Root {
  /** The id of its mount. */
  readonly mount: number | undefined
  readonly dev: number
  /** When that was asked, by `performance.now()`. */
  readonly at: number
  /** How often the list of mounts had changed by then. */
  readonly mounts: number
}

/**
 * By their paths, which nobody but root can make lead elsewhere, and on which nobody else can mount anything. So for
 * `trusted` ms, which is from one round to the next, their mounts are not asked for again as long as nothing is mounted or
 * unmounted, and a walk begins at the last of them on its way: each step that it need not take saves an open and a stat.
 */
const roots = new Map<string, Root>()
const trusted = 90_000
const mostRoots = 12_000

/** What is known of a folder of root's. */
export function knownRoot(at: string): Root | undefined {
  const it = roots.get(at)
  if (!it) return undefined
  const age = performance.now() - it.at
  return age < trusted && it.mounts === mountChanges() ? it : undefined
}

/**
 * Notes a folder to which only root decides the way. Its trust is as old as the question for its mount; `mounts`: how often
 * the list of mounts had changed before it was opened.
 */
export function noteRoot(at: string, stats: Stats, mount: number | undefined, mounts: number): void {
  if (!isRoots(stats) || knownRoot(at)) return
  if (roots.size >= mostRoots) roots.clear()
  roots.set(at, { mount, dev: stats.dev, at: performance.now(), mounts })
}

/**
 * When paths were opened last, by `performance.now()`: what was opened within `lately` ms, which is two rounds of most checks,
 * the kernel has in memory, also where the disk has died since.
 */
const opened = new Map<string, number>()
const lately = 150_000

export const wasOpenedLately = (at: string): boolean =>
  performance.now() - (opened.get(at) ?? Number.NEGATIVE_INFINITY) < lately

export function noteOpened(at: string): void {
  if (opened.size >= mostRoots) opened.clear()
  opened.set(at, performance.now())
}

/** The last folder on the way by these names that is known and still root's alone, and how many names lead to it. */
export function lastRoot(names: readonly string[]): { readonly at: string; readonly count: number } {
  let at = ''
  for (const [count, name] of names.entries()) {
    const next = `${at}/${name}`
    const it = name === '..' ? undefined : knownRoot(next)
    if (!it || !isLocal(it.dev) || !isRootsNow(next)) return { at, count }
    at = next
  }
  return { at, count: names.length }
}

/** Asked synchronously: a folder on a local disk that was walked through just now is in the kernel's memory. */
function isRootsNow(at: string): boolean {
  try {
    if (isRoots(lstatSync(at))) return true
  } catch {
    // Root has removed it since.
  }
  roots.delete(at)
  return false
}
