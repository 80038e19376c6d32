/**
 * A text from outside as it may stand in a sentence: what moves the cursor, turns the writing direction,
 * cannot be seen or would begin a command in backticks becomes `?`; cut after `longest` characters.
 */
export function printable(text: string, longest = 64): string {
  const clean = [...text.slice(0, 4 * longest)].map((it) => (/[\p{C}\p{Zl}\p{Zp}`]/u.test(it) ? '?' : it))
  return clean.length > longest ? `${clean.slice(0, longest - 1).join('')}…` : clean.join('')
}

/** "a, b, c and 4 more". */
export function listed(names: readonly string[], most = 5): string {
  const more = names.length - most
  return more > 0 ? `${names.slice(0, most).join(', ')} and ${more} more` : names.join(', ')
}
