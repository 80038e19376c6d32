import type { MaintenanceWindow, Passes, QuietWindow, Rules, WeeklyTime, Window } from '../model/index.ts'
import { didYouMean } from '../text/near.ts'
import { minute } from '../text/times.ts'
import { timeOfClock } from '../text/wall-clock.ts'
import { isZone } from '../text/zones.ts'
import { type Checks, group } from './checks.ts'
import { defaults } from './defaults.ts'
import { maintenanceProperties, quietProperties, weekdays } from './keys.ts'
import type { Path } from './problems.ts'
import { maintenanceSchema, quietSchema } from './schema.ts'
import { whatFlaw } from './silenced.ts'

/** Quiet hours, and the names of the sinks that they are for; absent: all. */
export interface QuietConfig extends QuietWindow {
  readonly sinks?: readonly string[]
}

/** The zone of this machine, as TZ or /etc/localtime say; UTC where neither does. */
export function ownZone(): string {
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  // An empty TZ (measured with Node.js 24).
  return timeZone === 'Etc/Unknown' || !isZone(timeZone) ? 'UTC' : timeZone
}

/** What a `zone` says; that of all where none is given. Something that is no zone is a problem. */
export function zoneOf(given: unknown, usual: string, path: Path, { problem }: Checks): string {
  if (typeof given !== 'string') return usual
  if (isZone(given)) return given
  problem(path, 'must be a time zone such as Europe/Berlin or UTC')
  return usual
}

interface Named {
  readonly name: string
  /** What it is told is all that is open, so that nothing can be held back from it. */
  readonly isRestated: boolean
}

/** The quiet hours, complete; what is wrong with them is in `checks`. */
export function quietOf(
  given: unknown,
  checks: Checks,
  zone: string,
  sinks: readonly Named[],
): readonly QuietConfig[] {
  const names = sinks.map(({ name }) => name)
  return entriesOf(given).map((own, at) => {
    const path = ['quiet', at]
    checks.check(quietSchema, own, path)
    const named = Array.isArray(own.sinks) ? own.sinks.map(String) : undefined
    if (named?.length === 0)
      checks.problem([...path, 'sinks'], 'is empty, so it would be for none; leave it out for all')
    named?.forEach((it, index) => {
      if (!names.includes(it))
        checks.problem([...path, 'sinks', index], `no sink has this name${didYouMean(it, names)}`)
      else if (sinks.some(({ name, isRestated }) => name === it && isRestated))
        checks.problem([...path, 'sinks', index], neverQuiet)
    })
    if (!named && sinks.length > 0 && sinks.every(({ isRestated }) => isRestated))
      checks.problem(path, neverQuiet)
    const { pass } = { ...defaults(quietProperties), ...own }
    return {
      ...windowOf(own, path, zone, checks),
      passes: pass as Passes,
      ...(named && { sinks: named }),
    }
  })
}

/** What is held back from Alertmanager is over for it. */
const neverQuiet =
  'is not for alertmanager: it gets all that is open, again every minute; give it mute times of its own (mute_time_intervals)'

/** The maintenance windows, complete; what is wrong with them is in `checks`. `rules`: those of all collectors. */
export function maintenanceOf(
  given: unknown,
  checks: Checks,
  zone: string,
  rules: Rules,
): readonly MaintenanceWindow[] {
  const codes = Object.keys(rules)
  return entriesOf(given).map((own, at) => {
    const path = ['maintenance', at]
    checks.check(maintenanceSchema, own, path)
    const { what } = { ...defaults(maintenanceProperties), ...own }
    const name = String(what)
    const flaw = whatFlaw(name, codes)
    if (flaw !== undefined) checks.problem([...path, 'what'], flaw)
    return {
      ...windowOf(own, path, zone, checks),
      what: name,
      ...(typeof own.why === 'string' && { why: own.why }),
    }
  })
}

/** "mon 09:00" in a zone; undefined for anything else, which its schema has refused. */
export function weeklyOf(given: unknown, zone: string): WeeklyTime | undefined {
  const [day = '', clock = ''] = typeof given === 'string' ? given.split(' ') : []
  const weekday = weekdays.indexOf(day)
  const at = timeOfClock(clock)
  return weekday < 0 || at === undefined ? undefined : { weekday, at, zone }
}

/** A day and a time as the settings have them. */
export const weeklyText = ({ weekday, at }: Pick<WeeklyTime, 'weekday' | 'at'>) =>
  `${weekdays[weekday]} ${clockText(at)}`

/** A window as the settings have it. */
export const printedWindow = ({ days, from, to, zone }: Window) => ({
  ...{ days: days.map((it) => weekdays[it]), from: clockText(from), to: clockText(to), zone },
})

const clockText = (at: number) => {
  const minutes = Math.round(at / minute)
  const digits = (it: number) => String(it).padStart(2, '0')
  return `${digits(Math.floor(minutes / 60))}:${digits(minutes % 60)}`
}

const entriesOf = (given: unknown): readonly Record<string, unknown>[] =>
  Array.isArray(given) ? given.map(group) : []

function windowOf(own: Record<string, unknown>, path: Path, usual: string, checks: Checks): Window {
  const time = (key: string) => (typeof own[key] === 'string' ? (timeOfClock(own[key]) ?? 0) : 0)
  const [from, to] = [time('from'), time('to')]
  if (own.from !== undefined && own.from === own.to)
    checks.problem([...path, 'to'], 'is the same as from; a whole day is from "00:00" to "24:00"')
  const days = Array.isArray(own.days) ? own.days : weekdays
  if (days.length === 0)
    checks.problem([...path, 'days'], 'is empty, so it would never begin; leave it out for every day')
  return {
    days: days.map((it) => weekdays.indexOf(it)).filter((it) => it >= 0),
    ...{ from, to, zone: zoneOf(own.zone, usual, [...path, 'zone'], checks) },
  }
}
