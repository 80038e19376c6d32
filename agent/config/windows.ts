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

/** The quiet hours, complete; what is wrong with them is in `checks`. `sinks`: the names of all; `restated`: of those that quiet hours are not for. */
export function quietOf(
  given: unknown,
  checks: Checks,
  zone: string,
  sinks: readonly string[],
  restated: readonly string[],
): readonly QuietConfig[] {
  return entriesOf(given).map((own, at) => {
    const path = ['quiet', at]
    checks.check(quietSchema, own, path)
    const named = Array.isArray(own.sinks) ? own.sinks.map(String) : undefined
    named?.forEach((it, index) => {
      if (!sinks.includes(it))
        checks.problem([...path, 'sinks', index], `no sink has this name${didYouMean(it, sinks)}`)
      if (restated.includes(it))
        checks.problem(
          [...path, 'sinks', index],
          'quiet hours do not hold for this sink, which is told all that is open; its service has its own, as Alertmanager has mute_time_intervals',
        )
    })
    const { pass } = { ...defaults(quietProperties), ...own }
    return {
      ...windowOf(own, path, zone, checks),
      passes: pass as Passes,
      ...(named && { sinks: named }),
    }
  })
}

/** The maintenance windows, complete; what is wrong with them is in `checks`. `rules`: those of all collectors. */
export function maintenanceOf(
  given: unknown,
  checks: Checks,
  zone: string,
  rules: Rules,
): readonly MaintenanceWindow[] {
  const codes = Object.keys(rules)
  const areas = new Set(codes.map((it) => it.split('.')[0] ?? ''))
  return entriesOf(given).map((own, at) => {
    const path = ['maintenance', at]
    checks.check(maintenanceSchema, own, path)
    const { what } = { ...defaults(maintenanceProperties), ...own }
    const name = String(what)
    const [area = ''] = name.split('.')
    if (/^[^/|]*\.blind(?:$|[/|])|^agent(?:$|\.)/.test(name))
      checks.problem([...path, 'what'], 'that Murphy cannot see or send is never hidden')
    else if (/^[a-z0-9]+\.[a-z-]+$/.test(name) && areas.has(area) && !codes.includes(name))
      checks.problem([...path, 'what'], `is no code${didYouMean(name, codes)}`)
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
  return {
    days: days.map((it) => weekdays.indexOf(it)).filter((it) => it >= 0),
    ...{ from, to, zone: zoneOf(own.zone, usual, [...path, 'zone'], checks) },
  }
}
