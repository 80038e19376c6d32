const minute = 60_000
const hour = 60 * minute
const day = 24 * hour

/** "2026-11-23 03:12:05 UTC" */
export const moment = (at: number) => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`

/** "40 s", "12 min", "36 h", "12 d": rounded down. */
export function span(ms: number): string {
  if (ms >= 2 * day) return `${Math.floor(ms / day)} d`
  if (ms >= 2 * hour) return `${Math.floor(ms / hour)} h`
  if (ms >= 2 * minute) return `${Math.floor(ms / minute)} min`
  return `${Math.max(0, Math.floor(ms / 1000))} s`
}

/** "24 MiB", "14.2 GiB". */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  const at = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  const value = bytes / 1024 ** at
  return `${Number.isInteger(value) || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[at]}`
}

/** "a, b and c" */
export const list = (all: readonly string[]) =>
  all.length < 2 ? (all[0] ?? '') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`

/** A word for a shell command that can be pasted. */
export const quoted = (word: string) =>
  /^[\w./:@%+=,-]+$/.test(word)
    ? word
    : `'${word.replace(/[`\u0000-\u001f]/g, '?').replaceAll("'", `'\\''`)}'`
