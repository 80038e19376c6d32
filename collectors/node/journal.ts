/** An entry of the journal, as `journalctl --output=json` prints it (systemd.journal-fields(7)). */
export type Entry = Readonly<Record<string, unknown>>

/** One line of `journalctl --output=json`; undefined for what is no object, which no journal prints. */
export function journalEntry(line: string): Entry | undefined {
  try {
    const it: unknown = JSON.parse(line)
    return typeof it === 'object' && it !== null && !Array.isArray(it) ? (it as Entry) : undefined
  } catch {
    return undefined
  }
}

/** Text that is not UTF-8 comes as a list of bytes, text that is too long as null. */
export const messageOf = (it: unknown): string =>
  typeof it === 'string' ? it : Array.isArray(it) ? Buffer.from(it.map(Number)).toString('utf8') : ''
