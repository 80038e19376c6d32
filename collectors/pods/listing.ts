import type { Host } from '../../agent/model/index.ts'
import { orMissing } from '../node/ask.ts'
import { podLogs, podOfFolder } from '../node/pods.ts'
import { type Container, containerAt, pathOf } from './folders.ts'
import { statsOf } from './states.ts'

/**
 * The times of folders (mtime, ms since the epoch) up to which what is in them is known; 0: nothing is, so they are listed. A
 * name that is added, removed or changed in a folder changes its time (inode(7)).
 */
export interface Folders {
  /** /var/log/pods, in which each pod has a folder. */
  readonly changed: number
  /** By the name of the folder. */
  readonly pods: Readonly<Record<string, PodFolder>>
}

/** When the folder of each container, by its name, was changed last before its log was read. */
type PodFolder = readonly [changed: number, containers: Readonly<Record<string, number>>]

export interface Listing {
  readonly containers: readonly Container[]
  /** How many there are, also beyond those that are listed. */
  readonly all: number
  /** Whether no file was added to or taken from the log of a container since it was read last. */
  same(it: Container): boolean
  /** What to remember, where the logs of these containers were read and those of all others were not. */
  after(read: readonly Container[]): Folders | undefined
}

/** A folder that was changed so short a time ago, ms, may be changed again within the same tick of the kernel's clock. */
const settling = 2_000

/**
 * Up to `most` containers that have a folder. Lists only the folders that have changed since `before`: a quiet round asks for
 * the state of each, which costs a tenth.
 */
export async function listing(host: Host, most: number, before: Folders | undefined): Promise<Listing> {
  const were = timesIn(before)
  const are = await times(host, [...were.keys()])
  const isSame = (path: string) => are.get(path) !== undefined && are.get(path) === were.get(path)
  const namesIn = async (path: string, known: object | undefined) => {
    if (known && isSame(path)) return Object.keys(known)
    const names = await foldersIn(host, path)
    // What went away may come back as it was, as by a mount.
    if (!names) are.delete(path)
    return names ?? []
  }
  const pods = new Map<string, Container[]>()
  let all = 0
  for (const folder of await namesIn(podLogs, before?.pods)) {
    if (!podOfFolder(folder)) continue
    const names = await namesIn(`${podLogs}/${folder}`, before?.pods[folder]?.[1])
    const its = names.flatMap((name) => containerAt(folder, name) ?? [])
    pods.set(folder, its.slice(0, Math.max(0, most - all)))
    all += its.length
  }
  return {
    containers: [...pods.values()].flat(),
    all,
    same: (it) => isSame(pathOf(it)),
    after(read) {
      if (all > most) return undefined
      const wereRead = new Set(read.map(pathOf))
      const timeOf = (path: string) => (wereRead.has(path) ? are : were).get(path) ?? 0
      const entries = [...pods].map(([folder, its]) => {
        const containers = its.map((it) => [it.container, timeOf(pathOf(it))])
        return [folder, [are.get(`${podLogs}/${folder}`) ?? 0, Object.fromEntries(containers)]]
      })
      return { changed: are.get(podLogs) ?? 0, pods: Object.fromEntries(entries) }
    },
  }
}

/** What is remembered, by the paths of the folders. */
function timesIn(before: Folders | undefined): ReadonlyMap<string, number> {
  if (!before) return new Map()
  const pods = Object.entries(before.pods).flatMap(([folder, [changed, containers]]) => [
    [`${podLogs}/${folder}`, changed] as const,
    ...Object.entries(containers).map(([name, it]) => [`${podLogs}/${folder}/${name}`, it] as const),
  ])
  return new Map([[podLogs, before.changed], ...pods])
}

/** When these folders were changed, as far as that is settled; asked before anything in them is looked at. */
async function times(host: Host, paths: readonly string[]): Promise<Map<string, number>> {
  const settled = host.now() - settling
  const answers = await statsOf(host, paths)
  return new Map(
    answers.flatMap((it, at) =>
      it && !(it instanceof Error) && it.kind === 'folder' && it.mtime > 0 && it.mtime < settled
        ? [[paths[at] as string, Math.floor(it.mtime)] as const]
        : [],
    ),
  )
}

/** Undefined where there is no such folder. */
async function foldersIn(host: Host, path: string): Promise<readonly string[] | undefined> {
  const all = await orMissing(host.list(path))
  return all?.filter((it) => it.kind === 'folder').map((it) => it.name)
}
