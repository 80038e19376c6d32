/** Times in µs, of a boot that began then. */
export interface JournalBoot {
  readonly id: string
  readonly start: number
}

/** One entry: `uptime` in µs; `more` are its fields. */
export interface JournalEntry {
  readonly boot: JournalBoot
  readonly uptime: number
  readonly more: Readonly<Record<string, string>>
}

/** A record of the kernel's log as journald keeps it; forged ones have another facility than 0. */
export const kernelEntry = (
  boot: JournalBoot,
  uptime: number,
  message: string,
  facility = 0,
): JournalEntry => ({
  boot,
  uptime,
  more: {
    _TRANSPORT: 'kernel',
    PRIORITY: '3',
    SYSLOG_FACILITY: String(facility),
    SYSLOG_IDENTIFIER: 'kernel',
    _SOURCE_MONOTONIC_TIMESTAMP: String(uptime),
    MESSAGE: message,
  },
})

const common = ({ boot, uptime }: JournalEntry) => ({
  // journald has it a little later than the kernel.
  __REALTIME_TIMESTAMP: String(boot.start + uptime + 50),
  __MONOTONIC_TIMESTAMP: String(uptime + 50),
  _BOOT_ID: boot.id,
})

/** As `journalctl --output=json` prints it, a line for each. */
export const asJson = (entries: readonly JournalEntry[]) =>
  entries.map((it) => `${JSON.stringify({ ...common(it), ...it.more })}\n`).join('')

/** As `journalctl --output=export` prints it, and systemd-journal-remote reads it. */
export const asExport = (entries: readonly JournalEntry[]) =>
  entries
    .map(
      (it) =>
        `${Object.entries({ ...common(it), ...it.more })
          .map(([key, value]) => `${key}=${value}\n`)
          .join('')}\n`,
    )
    .join('')
