/** How long a text is where it goes: in UTF-16 units unless told otherwise. */
export type Size = (text: string) => number

/** Bytes as UTF-8. */
export const bytes: Size = (text) => Buffer.byteLength(text)

/** Bytes as part of a JSON string, without the quotes: never fewer than `bytes`. */
export const jsonBytes: Size = (text) => Buffer.byteLength(JSON.stringify(text)) - 2

/** No line is longer. */
const most = 16_384

// Terminal colours and titles as a whole; without this their remains would stay readable: "[31m".
const terminal = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g
// What turns the direction of writing or has no width, and so can make a text read as another.
const invisible = /[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g
const tags = /[\u{e0000}-\u{e007f}]/gu

/** A text from anywhere as one line: no control character, terminal escape, change of direction or half a surrogate pair. */
export function line(text: string, limit = most): string {
  // Cut before it is looked at, so that no text costs time: what goes seldom makes up so much of it.
  const clean = cut(text, 4 * limit + 256)
    .replace(terminal, '')
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replace(invisible, '')
    .replace(tags, '')
    .replace(/\s+/g, ' ')
    .trim()
  return shorten(clean.toWellFormed(), limit)
}

/**
 * The text if it fits, else its two ends with `…` between them: what was left out most often is the same
 * thing over and over, and the end of an error says most. A text that was cut loses its backticks, for
 * half a command must not look like one.
 */
export function shorten(text: string, limit: number, size: Size = (it) => it.length): string {
  if (size(text) <= limit) return text
  const plain = text.replaceAll('`', '')
  if (size(plain) <= limit) return plain
  let low = 0
  let high = plain.length
  while (low < high) {
    const kept = Math.ceil((low + high) / 2)
    if (size(cut(plain, kept)) <= limit) low = kept
    else high = kept - 1
  }
  const result = cut(plain, low)
  return size(result) <= limit ? result : ''
}

/** `kept` UTF-16 units of the text, from both ends, never half a surrogate pair. */
function cut(text: string, kept: number): string {
  if (kept >= text.length) return text
  const head = text.slice(0, Math.ceil(kept / 2)).replace(/[\ud800-\udbff]$/, '')
  const tail = text.slice(text.length - Math.floor(kept / 2)).replace(/^[\udc00-\udfff]/, '')
  return `${head}…${tail}`
}

/** As many whole lines as fit, each shortened to `each`, and how many were left out. */
export function list(
  lines: readonly string[],
  limit: number,
  each: number,
  size: Size = (it) => it.length,
  write: (line: string) => string = (it) => it,
): string {
  const between = size('\n')
  const room = limit - size(`\nand ${lines.length} more`)
  const kept: string[] = []
  let used = 0
  for (const it of lines) {
    const next = write(shorten(it, each, (text) => size(write(text))))
    const length = size(next) + between
    if (used + length > room) break
    used += length
    kept.push(next)
  }
  const more = lines.length - kept.length
  return [...kept, ...(more > 0 ? [`and ${more} more`] : [])].join('\n')
}
