import type { Entry, Host } from '../../agent/model/index.ts'
import { orMissing } from '../node/ask.ts'

/**
 * Whether `name` matches `pattern`, where `*` is any run of characters and `?` one. Takes at most (length of pattern ×
 * length of name) steps.
 */
export function matches(pattern: string, name: string): boolean {
  let at = 0
  let star = -1
  let tried = 0
  let here = 0
  while (here < name.length) {
    if (pattern[at] === '*') {
      star = at
      tried = here
      at += 1
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[here])) {
      at += 1
      here += 1
    } else if (star >= 0) {
      tried += 1
      here = tried
      at = star + 1
    } else return false
  }
  while (pattern[at] === '*') at += 1
  return at === pattern.length
}

export const isGlob = (path: string) => /[*?]/.test(path)

/**
 * The paths that a glob matches now, sorted, at most `most`. Hidden names only where the pattern names the dot, as in a
 * shell.
 */
export async function expand(host: Host, glob: string, most: number): Promise<readonly string[]> {
  let found = ['']
  for (const part of glob.split('/').filter(Boolean)) {
    if (!isGlob(part)) {
      found = found.map((path) => `${path}/${part}`)
      continue
    }
    const next: string[] = []
    for (const path of found) {
      const entries: readonly Entry[] = (await orMissing(host.list(path || '/'))) ?? []
      for (const { name } of entries) {
        if (next.length >= most) break
        if (name.startsWith('.') && !part.startsWith('.')) continue
        if (matches(part, name)) next.push(`${path}/${name}`)
      }
    }
    found = next
  }
  return found
}
