/** Quotes and brackets, with the backslashes before them; a run of these is looked at from its first one only. */
const token = /(?<!\\)(\\*)(["'[\]{}])/g

interface Quote {
  readonly mark: string
  /** Backslashes before it: one and more in JSON that stands within a text of JSON. */
  readonly escapes: number
}

/** What may stand before a text in quotes; elsewhere an apostrophe is one. */
const before = /[\s[\]{},:=(&!]/

/** Whether a quote with that many backslashes before it ends a text that began with `open`. */
const ends = ({ mark, escapes }: Quote, found: string, backslashes: number) =>
  found === mark &&
  (mark === "'" || (backslashes >= escapes && ((backslashes - escapes) / (escapes + 1)) % 2 === 0))

/**
 * The end of the list or group whose bracket stands at `at`, by its depth: brackets in quotes do not count (YAML 1.2,
 * 7.4; RFC 8259). Where it has no end, that of the text: what is within is secret.
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
      // Two apostrophes are one that is meant.
      const twice = mark === "'" && closed === found.index
      if (twice || before.test(text[found.index - 1] ?? ' ')) open = { mark, escapes: backslashes }
    } else {
      depth += mark === '[' || mark === '{' ? 1 : -1
      if (depth === 0) return found.index + all.length
    }
  }
  return text.length
}
