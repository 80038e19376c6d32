import { lstatSync } from 'node:fs'
import { dirname } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import type { HostError, Stat } from '../model/index.ts'
import { renewMounts } from './disks.ts'
import { facts, statOf } from './files.ts'
import { nearNames, rootedLane } from './folders.ts'
import { hostError } from './limits.ts'

/** How many stats are asked for at a time where that is asynchronous. */
const together = 8
/** After so long, ms, the event loop gets its turn. */
const longestAtOnce = 10
const timeout = 5_000

/**
 * See `Host.stats`. In folders of root's on local disks they are asked synchronously, without a promise for each: that
 * takes a twentieth. What such a folder holds is on its disk, unless something is mounted there.
 */
export async function allFacts(
  paths: readonly string[],
  signal: AbortSignal,
): Promise<readonly (Stat | HostError)[]> {
  const answers = new Array<Stat | HostError>(paths.length)
  const later: number[] = []
  renewMounts()
  let folder: string | undefined
  let isNear: ((name: string) => boolean) | undefined
  let clock = performance.now()
  let since = clock
  for (let at = 0; at < paths.length; at += 1) {
    const path = paths[at] as string
    if (clock - since > longestAtOnce) {
      await turn()
      clock = performance.now()
      since = clock
      // What is known of a folder is asked again after each turn.
      folder = undefined
    }
    if (folder === undefined || !isIn(folder, path)) {
      folder = dirname(path)
      isNear = await nearIn(folder, path, signal)
      clock = performance.now()
    }
    const asked = clock
    const now = isNear?.(path.slice(path.lastIndexOf('/') + 1)) ? factsNow(path) : undefined
    clock = performance.now()
    // A disk that does not answer at once may not answer at all: the rest of the folder is asked for in its lane.
    if (clock - asked > longestAtOnce) isNear = undefined
    if (now) answers[at] = now
    else later.push(at)
  }
  let next = 0
  const worker = async () => {
    for (let at = later[next++]; at !== undefined; at = later[next++])
      answers[at] = await facts(paths[at] as string, signal).catch((error: HostError) => error)
  }
  await Promise.all(Array.from({ length: Math.min(together, later.length) }, worker))
  return answers
}

const isIn = (folder: string, path: string) =>
  path.startsWith(folder) && path.lastIndexOf('/') === folder.length

async function nearIn(folder: string, path: string, signal: AbortSignal) {
  // Of /proc and /sys `facts` knows better.
  if (/^\/(proc|sys)\//.test(path)) return undefined
  try {
    await rootedLane(path, `looking at ${path}`, { timeout, signal })
  } catch {
    return undefined
  }
  return signal.aborted ? undefined : nearNames(folder)
}

/** Undefined for a link, which may lead anywhere. */
function factsNow(path: string): Stat | HostError | undefined {
  try {
    const it = lstatSync(path)
    return it.isSymbolicLink() ? undefined : statOf(it)
  } catch (error) {
    return hostError(`looking at ${path}`, error)
  }
}
