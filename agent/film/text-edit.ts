/** A text told by the one before: ranges of its lines that stay, `[from, count]`, and new text between them. */
export type Edit = readonly (string | readonly [from: number, count: number])[]

/** The edit that makes `after` of `before`, by lines; undefined where it would save less than half. Pure. */
export function editOf(before: string, after: string): Edit | undefined {
  const old = before.split('\n')
  const places = new Map<string, number>()
  for (const [at, line] of old.entries()) if (!places.has(line)) places.set(line, at)
  const edit: (string | readonly [number, number])[] = []
  const lines = after.split('\n')
  let fresh: string[] = []
  let size = 0
  const put = (it: string | readonly [number, number]) => {
    edit.push(it)
    size += typeof it === 'string' ? it.length + 3 : 12
  }
  const flush = () => {
    if (fresh.length > 0) put(fresh.join('\n'))
    fresh = []
  }
  let expected = 0
  for (let at = 0; at < lines.length; ) {
    const line = lines[at] as string
    // Where lines repeat, the one that follows the last is meant.
    const from = old[expected] === line ? expected : places.get(line)
    if (from === undefined) {
      fresh.push(line)
      expected += 1
      at += 1
      continue
    }
    let count = 1
    while (at + count < lines.length && from + count < old.length && old[from + count] === lines[at + count])
      count += 1
    flush()
    put([from, count])
    at += count
    expected = from + count
  }
  flush()
  return size * 2 < after.length ? edit : undefined
}

/** The text that an edit makes of `before`. Throws a RangeError where it names lines that are not there, or gets longer than `most`. */
export function edited(before: string, edit: Edit, most: number): string {
  const old = before.split('\n')
  const parts: string[] = []
  let size = 0
  for (const it of edit) {
    if (typeof it === 'string') {
      size += it.length + 1
      parts.push(it)
    } else {
      const [from, count] = it
      if (from + count > old.length)
        throw new RangeError('an edit names lines that the text before does not have')
      for (let at = from; at < from + count; at += 1) {
        const line = old[at] as string
        size += line.length + 1
        if (size > most) break
        parts.push(line)
      }
    }
    if (size > most) throw new RangeError(`an edit makes a text of more than ${most} characters`)
  }
  return parts.join('\n')
}
