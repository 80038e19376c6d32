/** Replaces the contents of quotes: no word of a pattern holds this character. */
const hidden = '\0'

/**
 * The text, of the same length, with everything in quotes hidden. Many programs print a name from outside without
 * escaping quotes in it, so its end cannot be told: everything from the first quote to the last is hidden. An
 * apostrophe inside a word is no quote, and one after a bracket begins a value of the program's own: `Error('…')`.
 */
export function withoutQuoted(text: string): string {
  const last = text.lastIndexOf("'")
  const single = last < 0 ? text : hide(text, /(?<![\p{L}\p{N}(])'/u.exec(text)?.index, last)
  return hide(single, text.indexOf('"'), text.lastIndexOf('"'))
}

function hide(text: string, from = -1, to = -1): string {
  return from < 0 || to <= from
    ? text
    : `${text.slice(0, from + 1)}${hidden.repeat(to - from - 1)}${text.slice(to)}`
}
