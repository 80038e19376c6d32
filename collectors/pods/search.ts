/**
 * Finds any of many fixed texts in one pass that skips most bytes (Wu and Manber, "A fast algorithm for multi-pattern
 * searching", 1994). Whatever the bytes are, the work is bounded by their number times the number of texts with the
 * same ending.
 */
export interface Search {
  /** Bytes of the shortest text. */
  readonly least: number
  /** By two bytes: how far to move on before any text can end there. */
  readonly shift: Uint8Array
  /** By two bytes: the indices of the texts whose first `least` bytes end with them. */
  readonly endings: ReadonlyMap<number, readonly number[]>
  readonly texts: readonly Uint8Array[]
}

/** Prepares a search for texts of at least two bytes each. */
export function prepare(words: readonly string[]): Search {
  const texts = words.map((it) => Buffer.from(it, 'utf8'))
  const least = Math.min(255, ...texts.map((it) => it.length))
  const shift = new Uint8Array(65_536).fill(Math.max(1, least - 1))
  const endings = new Map<number, number[]>()
  texts.forEach((text, index) => {
    for (let at = 1; at < least; at += 1) {
      const block = blockAt(text, at)
      shift[block] = Math.min(shift[block] ?? 0, least - 1 - at)
      if (at === least - 1) endings.set(block, [...(endings.get(block) ?? []), index])
    }
  })
  return { least, shift, endings, texts }
}

const blockAt = (bytes: Uint8Array, at: number) => ((bytes[at - 1] as number) << 8) | (bytes[at] as number)

/** Calls `hit` with the index and the beginning of each text found between `from` and `end`. */
export function search(
  { least, shift, endings, texts }: Search,
  bytes: Uint8Array,
  from: number,
  end: number,
  hit: (text: number, at: number) => void,
): void {
  let at = from + least - 1
  while (at < end) {
    const block = ((bytes[at - 1] as number) << 8) | (bytes[at] as number)
    const step = shift[block] as number
    if (step > 0) {
      at += step
      continue
    }
    const begin = at - least + 1
    for (const index of endings.get(block) ?? [])
      if (stands(texts[index] as Uint8Array, bytes, begin, end)) hit(index, begin)
    at += 1
  }
}

function stands(text: Uint8Array, bytes: Uint8Array, at: number, end: number): boolean {
  if (at + text.length > end) return false
  for (let index = 0; index < text.length; index += 1) if (bytes[at + index] !== text[index]) return false
  return true
}
