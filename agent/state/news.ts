/**
 * Whether two samples say the same, beside the times at which that was confirmed (`seen`). What one has taken over from
 * the other is not looked into, so that a large sample of which nothing changed costs nothing. Both are plain JSON.
 */
export function isSameNews(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false
  if (Array.isArray(one) || Array.isArray(other))
    return (
      Array.isArray(one) &&
      Array.isArray(other) &&
      one.length === other.length &&
      one.every((it, at) => isSameNews(it, other[at]))
    )
  const [keys, others] = [one, other].map((it) => Object.keys(it)) as [string[], string[]]
  return (
    keys.length === others.length &&
    keys.every((key) => {
      const [a, b] = [one, other].map((it) => (it as Readonly<Record<string, unknown>>)[key])
      return Object.hasOwn(other, key) && ((key === 'seen' && isTime(a) && isTime(b)) || isSameNews(a, b))
    })
  )
}

const isTime = (it: unknown) => typeof it === 'number'
