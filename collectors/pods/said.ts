import type { Pod } from '../../agent/model/index.ts'
import { fairly } from '../node/fairly.ts'
import type { Said } from './sample.ts'

/**
 * Of all. A healthy node has none of them, one in trouble some dozens; each of 500 containers may say one thing, and
 * what one says beyond its part takes nothing from another.
 */
export const mostSaid = 600

const key = ({ pod, pattern }: Said) => `${pod.namespace}/${pod.name}/${pod.container}/${pattern}`

export interface Sayings {
  readonly said: readonly Said[]
  /** What there was no room for. */
  readonly evicted: readonly Said[]
  /** What was said before and is long ago. */
  readonly expired: readonly Said[]
}

/**
 * What was said before and what was said now, in that order; what is over or long ago is forgotten. `grave` is higher
 * the graver a pattern is.
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
 * Without what was said by pods of which another of the same name was made since, as a StatefulSet does: that one speaks
 * for itself. What is gone without one, as while it is scaled to 0, is no better for it. `folders` of /var/log/pods.
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
