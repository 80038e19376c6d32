/** What hides the contents of quotes: no word of a pattern holds it. */
const hidden = '\0'

/**
 * A text of the same length in which nothing in quotes can be read any more. Many programs write a name from outside
 * with its own quotes in it, so that nobody knows where it ends: everything from the first quote to the last is hidden.
 * An apostrophe inside a word is none, and one behind a bracket begins a value of the program's own: `Error('…')`.
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
