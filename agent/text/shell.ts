import { plain } from './sanitize.ts'

/** A word for a shell command that can be pasted: control characters and backticks do not survive. */
export const quoted = (word: string): string =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `'${plain(word, 4096).replaceAll("'", `'\\''`)}'`
