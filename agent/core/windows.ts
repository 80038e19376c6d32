import type { MaintenanceWindow, Passes, QuietWindow, Severity, WeeklyTime, Window } from '../model/index.ts'
import { severities } from '../model/index.ts'
import { day, week } from '../text/times.ts'
import { weekdayOf, whenShown } from '../text/wall-clock.ts'
import { type Silence, silenceKept } from './silence.ts'

/** One time that a window was, or will be: from `since` until just before `until`. */
export interface Stretch {
  readonly since: number
  readonly until: number
}

/** A day of the calendar in a zone begins up to 14 h before that day in Greenwich, and 12 h after it. */
const greenwich = (at: number) => Math.floor(at / day) * day

/**
 * The stretches of a window that touch the time between two others, in their order. It begins when the clock first shows
 * its beginning, and ends when it last shows its end; an end that is left out is when the clock is put forward. Pure.
 */
export function stretches(window: Window, from: number, to: number): readonly Stretch[] {
  const { days, zone } = window
  const all: Stretch[] = []
  // Some days too many, as asking the zone for the day would take longer than looking at all of them. A window of a day
  // may end two days after that begins.
  const last = greenwich(to) + day
  for (let on = greenwich(from) - 3 * day; on <= last; on += day) {
    if (!days.includes(weekdayOf(on))) continue
    const [since] = whenShown(zone, on + window.from)
    const [, until] = whenShown(zone, on + (window.to > window.from ? 0 : day) + window.to)
    if (since < until && until > from && since <= to) all.push({ since, until })
  }
  return all
}

/** Quiet hours that are now. */
export interface Quiet extends Stretch {
  readonly passes: Passes
}

/** The longest that quiet hours go on, ms, however many windows follow upon each other. */
const longestQuiet = week

/** The quiet hours at a time, with those that follow upon them; the strictest counts. Undefined for none. Pure. */
export function quietAt(windows: readonly QuietWindow[], at: number): Quiet | undefined {
  const all = windows.flatMap((it) =>
    stretches(it, at - 2 * day, at + longestQuiet).map((stretch) => ({ ...stretch, passes: it.passes })),
  )
  const now = all.filter((it) => it.since <= at && at < it.until)
  const [first] = now.toSorted((a, b) => strictness(b.passes) - strictness(a.passes))
  if (!first) return undefined
  let until = Math.max(...now.map((it) => it.until))
  for (const it of all.toSorted((a, b) => a.since - b.since))
    if (it.since <= until && it.until > until) until = it.until
  return {
    passes: first.passes,
    since: Math.min(...now.map((it) => it.since)),
    until: Math.min(until, at + longestQuiet),
  }
}

/** What passes at a time, without looking how long; undefined where it is not quiet. Pure, and cheap. */
export function passesAt(windows: readonly QuietWindow[], at: number): Passes | undefined {
  const now = windows.filter((it) => stretches(it, at, at).length > 0)
  return now.map((it) => it.passes).toSorted((a, b) => strictness(b) - strictness(a))[0]
}

const strictness = (it: Passes) => ['warning', 'critical', 'nothing'].indexOf(it)

/** Whether something of this severity is told in quiet hours. */
export const passesIn = ({ passes }: Pick<Quiet, 'passes'>, severity: Severity): boolean =>
  passes !== 'nothing' && severities.indexOf(severity) >= severities.indexOf(passes)

/** When quiet hours last ended before a time; undefined where there were none in two days. Pure. */
export function lastQuietEnd(windows: readonly QuietWindow[], at: number): number | undefined {
  const ends = windows
    .flatMap((it) => stretches(it, at - 2 * day, at).map(({ until }) => until))
    .filter((until) => until <= at && passesAt(windows, until) === undefined)
  return ends.length > 0 ? Math.max(...ends) : undefined
}

/** The stretches of maintenance that count at a time, as silences: those that are now, and those that ended lately. Pure. */
export const maintenanceAt = (windows: readonly MaintenanceWindow[], at: number): readonly Silence[] =>
  windows.flatMap((it, index) =>
    stretches(it, at - silenceKept, at).map(
      ({ since, until }): Silence => ({
        ...{ id: `maintenance ${index} ${since}`, what: it.what, since, until, recurs: true },
        why: it.why === undefined ? 'maintenance' : `maintenance: ${it.why}`,
      }),
    ),
  )

/** All silences that count at a time: what somebody asked for, and maintenance. Pure. */
export const silencesAt = (
  asked: readonly Silence[],
  windows: readonly MaintenanceWindow[] | undefined,
  at: number,
): readonly Silence[] => [...asked, ...maintenanceAt(windows ?? [], at)]

/** When the digest of the week was last due, and when it will be. Pure. */
export function weeklyAround(
  weekly: WeeklyTime,
  at: number,
): { readonly last: number; readonly next: number } {
  const { weekday, zone } = weekly
  const today = greenwich(at)
  const times = Array.from({ length: 19 }, (_, index) => today + (index - 9) * day)
    .filter((on) => weekdayOf(on) === weekday)
    .map((on) => whenShown(zone, on + weekly.at)[0])
  return {
    last: Math.max(...times.filter((it) => it <= at)),
    next: Math.min(...times.filter((it) => it > at)),
  }
}
