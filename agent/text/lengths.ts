/** Measures a text in the units of its destination; never fewer than its UTF-16 units. */
export type Size = (text: string) => number

/** Bytes as UTF-8. */
export const bytes: Size = (text) => Buffer.byteLength(text)

/** Bytes as part of a JSON string, without the quotes: never fewer than `bytes`. */
export const jsonBytes: Size = (text) => Buffer.byteLength(JSON.stringify(text)) - 2

/**
 * The text if it fits, else its two ends with `…` between them: the middle of a long text is mostly repetition, and the
 * end of an error says most. A text that was cut loses its backticks, because half a command must not look like one.
 * Default size: UTF-16 units.
 */
export function shorten(text: string, limit: number, size: Size = (it) => it.length): string {
  // Measuring a long text costs more than all else.
  const fits = (it: string) => it.length <= limit && size(it) <= limit
  if (fits(text)) return text
  const plain = text.replaceAll('`', '')
  if (fits(plain)) return plain
  let low = 0
  let high = Math.min(plain.length, Math.max(0, limit))
  while (low < high) {
    const kept = Math.ceil((low + high) / 2)
    if (size(cut(plain, kept)) <= limit) low = kept
    else high = kept - 1
  }
  const result = cut(plain, low)
  return size(result) <= limit ? result : ''
}

/** `kept` UTF-16 units of the text, from both ends, never half a surrogate pair. */
export function cut(text: string, kept: number): string {
  if (kept >= text.length) return text
  const head = text.slice(0, Math.ceil(kept / 2)).replace(/[\ud800-\udbff]$/, '')
  const tail = text.slice(text.length - Math.floor(kept / 2)).replace(/^[\udc00-\udfff]/, '')
  return `${head}…${tail}`
}

/** As many lines as fit, each shortened to `each`, and how many were left out. */
export function boundedLines(
  lines: readonly string[],
  limit: number,
  each: number,
  size: Size = (it) => it.length,
  write: (line: string) => string = (it) => it,
): string {
  const short = (it: string) => write(shorten(it, each, (text) => size(write(text))))
  return wholeLines(lines.map(short), limit, (left) => `and ${left} more`, size)
}

/**
 * As many of the first lines as fit, none of them shortened, and a last one that says how many were left out. Empty if
 * there is no room even for that.
 */
export function wholeLines(
  lines: readonly string[],
  limit: number,
  more: (left: number) => string,
  size: Size = (it) => it.length,
): string {
  const between = size('\n')
  const lengths = lines.map((it) => size(it) + between)
  let used = lengths.reduce((sum, it) => sum + it, -between)
  let kept = lines.length
  const last = () => (kept < lines.length ? size(more(lines.length - kept)) + between : 0)
  while (kept > 0 && used + last() > limit) used -= lengths[--kept] ?? 0
  const text = [...lines.slice(0, kept), ...(kept < lines.length ? [more(lines.length - kept)] : [])]
  return used + last() > limit ? '' : text.join('\n')
}
