import type { Said } from './sample.ts'

/** Of one container, and of all. */
const mostOfOne = 8
const most = 80

const key = ({ pod, pattern }: Said) => `${pod.namespace}/${pod.name}/${pod.container}/${pattern}`

/** What was said before and what was said now, in that order; what is over or long ago is forgotten. */
export function addSaid(
  before: readonly Said[],
  now: readonly (Said & { readonly over?: boolean })[],
  at: number,
  hold: number,
): Said[] {
  const found = new Map(before.filter((it) => at - it.last <= hold).map((it) => [key(it), it]))
  for (const { over, ...it } of now) {
    const known = over ? undefined : found.get(key(it))
    if (over) found.delete(key(it))
    if (it.lines === 0) continue
    found.set(key(it), {
      ...it,
      lines: it.lines + (known?.lines ?? 0),
      first: Math.min(it.first, known?.first ?? it.first),
      last: Math.max(it.last, known?.last ?? it.last),
    })
  }
  const counts = new Map<string, number>()
  return [...found.values()]
    .filter(({ pod }) => {
      const whose = `${pod.namespace}/${pod.name}/${pod.container}`
      counts.set(whose, (counts.get(whose) ?? 0) + 1)
      return (counts.get(whose) ?? 0) <= mostOfOne
    })
    .slice(-most)
}

/**
 * Without what was said by pods of which another of the same name was made since, as a StatefulSet does: that one speaks
 * for itself. What is gone without one, as while it is scaled to 0, is no better for it. `folders` of /var/log/pods.
 */
export function withoutReplaced(said: readonly Said[], folders: readonly string[]): readonly Said[] {
  if (said.length === 0) return said
  const there = new Set(folders)
  const names = new Set(folders.map((it) => it.slice(0, it.lastIndexOf('_'))))
  return said.filter(({ pod: { namespace, name, uid } }) => {
    const its = `${namespace}_${name}`
    return uid === undefined || there.has(`${its}_${uid}`) || !names.has(its)
  })
}
