import type { MaintenanceWindow, QuietWindow, WeeklyTime } from '../model/index.ts'
import { maintenanceAt, quietAt, weeklyAround } from './windows.ts'

/** What comes and goes by the clock on the wall. */
export interface Turning {
  readonly quiet: readonly (QuietWindow & { readonly sinks?: readonly string[] })[]
  readonly maintenance: readonly MaintenanceWindow[]
  readonly sinks: readonly { readonly name: string; readonly weekly?: WeeklyTime }[]
}

/** When quiet hours, maintenance and weeks are over next: then something may be due. Pure. */
export function turnsAfter({ quiet, maintenance, sinks }: Turning, at: number): readonly number[] {
  const quietOf = (name: string) =>
    quietAt(
      quiet.filter((it) => it.sinks === undefined || it.sinks.includes(name)),
      at,
    )
  return [
    ...sinks.flatMap(({ name, weekly }) => [
      ...[quietOf(name)].flatMap((it) => it?.until ?? []),
      ...(weekly ? [weeklyAround(weekly, at).next] : []),
    ]),
    ...maintenanceAt(maintenance, at).map((it) => it.until),
  ]
}
