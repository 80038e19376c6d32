/** "24 MiB", "14.2 GiB". */
export function size(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB']
  const at = Math.min(units.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, bytes)) / 10)))
  const value = bytes / 1024 ** at
  return `${Number.isInteger(value) || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[at]}`
}

/** To the MiB, and at least one: for what changes all the time, so that its text does not. */
export const roughSize = (bytes: number): string => size(Math.max(1, Math.round(bytes / 2 ** 20)) * 2 ** 20)

/** "14.2 of 24.0 GiB", in the unit of the whole. */
export function share(part: number, whole: number): string {
  const [unit, bytes] = whole >= 1024 ** 3 ? ['GiB', 1024 ** 3] : ['MiB', 1024 ** 2]
  return `${(part / Number(bytes)).toFixed(1)} of ${(whole / Number(bytes)).toFixed(1)} ${unit}`
}
