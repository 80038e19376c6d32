/*
 * The words of a rule as `iptables-save` prints it (iptables-save(8)): separated by spaces; a word in quotes may hold
 * spaces, and quotes after a backslash. Works on positions instead of splitting, since a rule that does not matter must
 * cost next to nothing: there may be 100,000 of them.
 */
const [space, quote, backslash, dash, not] = [32, 34, 92, 45, 33]

/** The position of the next word, at `at` or after it. */
export function wordFrom(text: string, at: number): number {
  let from = at
  while (text.charCodeAt(from) === space) from += 1
  return from
}

/** The end of the word that begins at `at`. */
export function wordEnd(text: string, at: number): number {
  if (text.charCodeAt(at) === quote)
    for (let end = at + 1; end < text.length; end += 1) {
      const unit = text.charCodeAt(end)
      if (unit === backslash) end += 1
      else if (unit === quote) return end + 1
    }
  const end = text.indexOf(' ', at)
  return end < 0 ? text.length : end
}

/** All words; a quoted one keeps its quotes, so that no value is mistaken for an option. */
export function words(text: string): string[] {
  const all: string[] = []
  for (let at = wordFrom(text, 0); at < text.length; ) {
    const end = wordEnd(text, at)
    all.push(text.slice(at, end))
    at = wordFrom(text, end)
  }
  return all
}

/** Whether the word at `at` is an option, or the `!` before one: `-p`, `--dport`, but not `-1`. */
function isOption(text: string, at: number): boolean {
  const first = text.charCodeAt(at)
  if (first === not) return at + 1 >= text.length || text.charCodeAt(at + 1) === space
  if (first !== dash) return false
  const letter = text.charCodeAt(text.charCodeAt(at + 1) === dash ? at + 2 : at + 1) | 32
  return letter >= 97 && letter <= 122
}

const isMatchOrTarget = (text: string, at: number) =>
  text.charCodeAt(at + 2) === space && /[mjg]/.test(text.charAt(at + 1))

/**
 * The end of an option with its values, and with a `!` before it: `! -s 192.0.2.0/24`. A lookup of `recent` includes
 * the options that refine it: `--update --seconds 30 --hitcount 6`.
 */
export function partEnd(text: string, at: number): number {
  const option = text.startsWith('! ', at) ? at + 2 : at
  const whole = text.startsWith('--update ', option) || text.startsWith('--rcheck ', option)
  let end = wordEnd(text, option)
  for (let next = wordFrom(text, end); next < text.length; next = wordFrom(text, end)) {
    if (isOption(text, next) && !(whole && !isMatchOrTarget(text, next))) break
    end = wordEnd(text, next)
  }
  return end
}
