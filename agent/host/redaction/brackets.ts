/** A quote or bracket with the backslashes before it; a run of backslashes is matched only from its first one. */
const token = /(?<!\\)(\\*)(["'[\]{}])/g

interface Quote {
  readonly mark: string
  /** Backslashes before it: one or more in JSON that is inside a string of JSON. */
  readonly escapes: number
}

/** What may be before an opening quote; elsewhere a quote is an apostrophe or part of a word. */
const before = /[\s[\]{},:=(&!]/

/** Whether a quote with this many backslashes closes a string that an opening quote began. */
const ends = ({ mark, escapes }: Quote, found: string, backslashes: number) =>
  found === mark &&
  (mark === "'" || (backslashes >= escapes && ((backslashes - escapes) / (escapes + 1)) % 2 === 0))

/**
 * The end of the list or mapping whose bracket is at `at`. Brackets in quotes do not count (YAML 1.2, 7.4; RFC 8259).
 * Where it is never closed, the end of the text, because its content is secret.
 */
export function enclosed(text: string, at: number): number {
  let depth = 0
  let open: Quote | undefined
  let closed = -1
  token.lastIndex = at
  for (let found = token.exec(text); found; found = token.exec(text)) {
    const [all, { length: backslashes } = '', mark = ''] = found
    if (open) {
      if (!ends(open, mark, backslashes)) continue
      open = undefined
      closed = token.lastIndex
    } else if (mark === '"' || mark === "'") {
      // In single quotes, '' stands for one quote, so the string goes on.
      const twice = mark === "'" && closed === found.index
      if (twice || before.test(text[found.index - 1] ?? ' ')) open = { mark, escapes: backslashes }
    } else {
      depth += mark === '[' || mark === '{' ? 1 : -1
      if (depth === 0) return found.index + all.length
    }
  }
  return text.length
}
