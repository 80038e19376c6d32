import type { Pod } from '../../agent/model/index.ts'
import { fairly } from '../node/fairly.ts'
import type { Said } from './sample.ts'

/**
 * For all containers together. A healthy node has no entries, one in trouble some dozens. Each of 500 containers may
 * have one; further ones of a container do not take another's room.
 */
export const mostSaid = 600

const key = ({ pod, pattern }: Said) => `${pod.namespace}/${pod.name}/${pod.container}/${pattern}`

export interface Sayings {
  readonly said: readonly Said[]
  /** Entries for which there was no room. */
  readonly evicted: readonly Said[]
  /** Entries of the previous sample that are too old. */
  readonly expired: readonly Said[]
}

/**
 * The entries of the previous sample and the new ones, in that order, without those that are over or too old. `grave`
 * is higher for more serious patterns.
 */
export function addSaid(
  before: readonly Said[],
  now: readonly (Said & { readonly over?: boolean })[],
  at: number,
  hold: number,
  grave: (pattern: string) => number,
): Sayings {
  const found = new Map(before.filter((it) => at - it.last <= hold).map((it) => [key(it), it]))
  const over = new Set<string>()
  for (const { over: ends, ...it } of now) {
    const known = ends ? undefined : found.get(key(it))
    if (ends) {
      found.delete(key(it))
      over.add(key(it))
    }
    if (it.lines === 0) continue
    found.set(key(it), {
      ...it,
      lines: it.lines + (known?.lines ?? 0),
      first: Math.min(it.first, known?.first ?? it.first),
      last: Math.max(it.last, known?.last ?? it.last),
    })
  }
  const { kept, left } = fairly([...found.values()], mostSaid, podOf, (it) => grave(it.pattern))
  const expired = before.filter((it) => !found.has(key(it)) && !over.has(key(it)))
  return { said: kept, evicted: left, expired }
}

const podOf = ({ pod }: Said) => `${pod.namespace}/${pod.name}`

/**
 * Without entries of pods that were replaced by a new one of the same name, as a StatefulSet does: the new pod's own
 * log counts then. If a pod is gone without a replacement (scaled to 0), its entries stay. `folders`: those of
 * /var/log/pods.
 */
export function withoutReplaced<T extends { readonly pod: Pod }>(
  said: readonly T[],
  folders: readonly string[],
): readonly T[] {
  if (said.length === 0) return said
  const there = new Set(folders)
  const names = new Set(folders.map((it) => it.slice(0, it.lastIndexOf('_'))))
  return said.filter(({ pod: { namespace, name, uid } }) => {
    const its = `${namespace}_${name}`
    return uid === undefined || there.has(`${its}_${uid}`) || !names.has(its)
  })
}
