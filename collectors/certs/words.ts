const day = 86_400_000

/** A string from outside for a sentence: no control or direction characters, no markup, `most` characters at most. */
export function plain(text: string, most = 120): string {
  const clean = text
    .slice(0, most * 4)
    .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]+/g, ' ')
    .replaceAll('`', "'")
    .trim()
  return clean.length > most ? `${clean.slice(0, most - 1)}…` : clean
}

/** "2027-11-23 00:12 UTC" */
export const moment = (at: number) => `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`

/** "2027-11-23" */
export const date = (at: number) => new Date(at).toISOString().slice(0, 10)

/** "89 d", "36 h", "12 min", "40 s": rounded down, so that there is never less time than it says. */
export function duration(ms: number): string {
  if (ms >= 2 * day) return `${Math.floor(ms / day)} d`
  if (ms >= 7_200_000) return `${Math.floor(ms / 3_600_000)} h`
  if (ms >= 120_000) return `${Math.floor(ms / 60_000)} min`
  return `${Math.max(0, Math.floor(ms / 1000))} s`
}

/** The last part of a path. */
export const base = (path: string) => path.slice(path.lastIndexOf('/') + 1)

/** A word for a shell command that can be pasted. */
export const quoted = (word: string) =>
  /^[\w./:@%+=,-]+$/.test(word) ? word : `'${plain(word, 4096).replaceAll("'", `'\\''`)}'`
