/**
 * Compares the kernel's own count of the processes it killed (`oom_kill` in /proc/vmstat, since Linux 4.13) with the
 * lines of its log about them. It counts right before it prints, once for each line (mm/oom_kill.c,
 * __oom_kill_process). A counted kill without a line was overwritten before the log was read.
 */
export interface Account {
  readonly boot?: string
  /** The kernel's count at the last comparison. */
  readonly counted: number
  /** How many of these kills had a line in the log. */
  readonly explained: number
  /** Kills counted before Murphy's first run in this boot whose lines were already gone. */
  readonly before: number
  /** Kills counted since then without a line. */
  readonly lost: number
  /** When lines were last found to be missing, and until when that is reported, ms since the epoch. */
  readonly last?: number
  readonly until?: number
  /** Whom these kills hit, as far as the counts of cgroups tell. */
  readonly lostOf?: Readonly<Record<string, number>>
  /**
   * The kernel's count right before its log was last read: kills that were not yet in the log were counted after it.
   */
  readonly floor?: number
  /** Lines since Murphy's first run that look like a kill, but that the kernel did not count. */
  readonly disbelieved?: number
}

/** The kernel's count right before and right after its log was read; undefined before Linux 4.13. */
export interface Counted {
  readonly before: number | undefined
  readonly after: number | undefined
}

/**
 * How many of the lines read in this run can be real kills: as many as the kernel counted since right before the
 * previous reading, or since the boot. Undefined where the kernel does not count.
 */
export function believable(
  account: Account | undefined,
  boot: string | undefined,
  { after }: Counted,
): number | undefined {
  if (after === undefined) return undefined
  const since = account && account.boot === boot ? (account.floor ?? 0) : 0
  return Math.max(0, after - since)
}

const mostOwners = 20

/** Adds the subjects of kills without a line, one for each kill. */
export function withLostOf(account: Account | undefined, subjects: readonly string[]): Account | undefined {
  if (!account || subjects.length === 0) return account
  const lostOf: Record<string, number> = { ...account.lostOf }
  for (const it of subjects)
    if (it in lostOf || Object.keys(lostOf).length < mostOwners) lostOf[it] = (lostOf[it] ?? 0) + 1
  return { ...account, lostOf }
}

export interface Look {
  readonly boot: string | undefined
  readonly counts: Counted
  readonly log: { readonly killed: number; readonly disbelieved?: number } | undefined
  readonly now: number
  readonly hold: number
}

/** The account after a collector run; unchanged if the count or the log could not be read. */
export function balanced(account: Account | undefined, { boot, counts, log, now, hold }: Look) {
  const known = account && account.boot === boot ? account : undefined
  // A kill counted before the log was read was in the log by then, unless its line was lost. The first time the later
  // count is used, so that a kill between the two readings is not taken for a lost one.
  const counted = known ? counts.before : counts.after
  if (counted === undefined || !log) return account
  const disbelieved = (known?.disbelieved ?? 0) + (log.disbelieved ?? 0)
  const more = {
    ...(counts.before !== undefined && { floor: counts.before }),
    ...(disbelieved > 0 && { disbelieved }),
  }
  const explained = (known?.explained ?? 0) + log.killed
  if (!known) {
    // The log may hold kills that came after the count was read.
    const before = Math.max(0, counted - explained)
    return {
      ...(boot && { boot }),
      counted: Math.max(counted, explained),
      explained,
      before,
      lost: 0,
      ...more,
    }
  }
  const lost = Math.max(known.lost, counted - known.before - explained)
  const { last, until } = lost > known.lost ? { last: now, until: now + hold } : known
  return {
    ...(boot && { boot }),
    counted: Math.max(counted, known.before + explained + lost),
    explained,
    before: known.before,
    lost,
    ...more,
    ...(known.lostOf && { lostOf: known.lostOf }),
    ...(last !== undefined && { last }),
    ...(until !== undefined && until >= now && { until }),
  }
}
