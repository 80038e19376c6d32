import type { Host } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { exists, orNothing } from '../node/ask.ts'
import type { K3sSample, UnitState } from './sample.ts'

const properties = [
  ...['ActiveState', 'SubState', 'NRestarts', 'Result', 'ExecMainStatus'],
  ...['LoadState', 'UnitFileState', 'InactiveEnterTimestampMonotonic'],
]

/** What systemd says of a unit, or null if it does not answer. Any user may ask; it costs one process. */
export async function askSystemd(
  host: Host,
  unit: string,
  booted: number | undefined,
): Promise<UnitState | null> {
  const argv = ['systemctl', 'show', `${unit}.service`, '-p', properties.join()]
  const ran = await orNothing(host.run(argv, { timeout: 5_000, limit: 16_384 }))
  const state = ran?.exit === 0 ? parseUnit(ran.stdout, booted) : undefined
  return state ?? null
}

/** Parses `Key=value` lines. Undefined where they hold no state. Pure. */
export function parseUnit(text: string, booted: number | undefined): UnitState | undefined {
  const values = new Map(
    text
      .split('\n', 50)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1, 200).trim()]),
  )
  const number = (key: string) => (/^\d{1,15}$/.test(values.get(key) ?? '') ? Number(values.get(key)) : 0)
  const active = word(values.get('ActiveState'))
  if (!active) return undefined
  // Microseconds since boot; 0 if it never ended.
  const stopped = number('InactiveEnterTimestampMonotonic') / 1000
  return {
    active,
    sub: word(values.get('SubState')),
    restarts: number('NRestarts'),
    result: word(values.get('Result')),
    status: number('ExecMainStatus'),
    ...(values.get('LoadState') !== 'not-found' && {
      enabled: /^(enabled|linked|alias|generated)/.test(values.get('UnitFileState') ?? ''),
    }),
    ...(stopped > 0 && booted !== undefined && { stopped: Math.round(booted + stopped) }),
  }
}

const word = (text: string | undefined) => (/^[a-z-]{1,40}$/.exec(text ?? '') ?? [''])[0]

/** Whether the unit is started with the machine, where systemd cannot be asked. */
export const startsAtBoot = (host: Host, unit: string) =>
  exists(host, `/etc/systemd/system/multi-user.target.wants/${unit}.service`)

/** Restarts within this time are counted together, ms. */
export const restartWindow = 15 * minute

/** The counts of restarts within the last window, and the one before it. Without systemd, starts are counted. Pure. */
export function countRestarts(
  before: Pick<K3sSample, 'restarts' | 'unit'> | undefined,
  unit: UnitState | null | undefined,
  anew: boolean,
  now: number,
): NonNullable<K3sSample['restarts']> {
  // systemd's counter and Murphy's own count of starts cannot be compared.
  const known = (before?.unit === null) === (unit === null) ? (before?.restarts ?? []) : []
  const last = known.at(-1)
  const count = unit ? unit.restarts : (last?.count ?? 0) + Number(anew && last !== undefined)
  const next =
    count === last?.count
      ? known
      : !last || count < last.count
        ? [{ at: now, count }]
        : [...known, { at: now, count }]
  // The newest entry outside the window is kept: it is the count at which the window began.
  const from = next.findLastIndex((it) => now - it.at > restartWindow)
  return next.slice(Math.max(0, from)).slice(-60)
}
