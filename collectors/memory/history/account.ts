/**
 * The kernel's own count of the processes it killed (`oom_kill` in /proc/vmstat, since Linux 4.13) against the
 * lines of its log that say so: it counts right before it prints, once for each (mm/oom_kill.c,
 * __oom_kill_process). What it counted and did not leave a line for was overwritten before it was read.
 */
export interface Account {
  readonly boot?: string
  /** The kernel's count when it was last compared. */
  readonly counted: number
  /** How many of them the log told of. */
  readonly explained: number
  /** Counted before Murphy looked for the first time in this boot, with no line left. */
  readonly before: number
  /** Counted since, with no line. */
  readonly lost: number
  /** When records were last found to be lost, and how long that is told, ms since the epoch. */
  readonly last?: number
  readonly until?: number
  /** Whose they were, by the counts of cgroups, as far as that is known. */
  readonly lostOf?: Readonly<Record<string, number>>
  /** The kernel's count right before its log was last read: what that left unread was counted after it. */
  readonly floor?: number
  /** Lines of the log since Murphy first looked that read like a kill, but that the kernel did not count. */
  readonly disbelieved?: number
}

/** What the kernel counted right before and right after its log was read; undefined before Linux 4.13. */
export interface Counted {
  readonly before: number | undefined
  readonly after: number | undefined
}

/**
 * How many of the lines read in this look can be kills: as many as the kernel counted since right before the last
 * look, or since it started. Undefined where it does not count.
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

/** With the subjects of lost kills, one for each kill. */
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

/** The account after one look; as it was if either side could not be read. */
export function balanced(account: Account | undefined, { boot, counts, log, now, hold }: Look) {
  const known = account && account.boot === boot ? account : undefined
  // Of what was counted before the log was read no line can be missing yet. The first time it is the one after it:
  // a kill between the two readings is no loss then either.
  const counted = known ? counts.before : counts.after
  if (counted === undefined || !log) return account
  const disbelieved = (known?.disbelieved ?? 0) + (log.disbelieved ?? 0)
  const more = {
    ...(counts.before !== undefined && { floor: counts.before }),
    ...(disbelieved > 0 && { disbelieved }),
  }
  const explained = (known?.explained ?? 0) + log.killed
  if (!known) {
    // The log may hold kills from after the count was read.
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
