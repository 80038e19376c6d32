import type { Observation } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { many } from '../../agent/text/lists.ts'
import { quoted } from '../../agent/text/shell.ts'
import { exactMoment, minute } from '../../agent/text/times.ts'
import type { Code } from './rules.ts'
import type { K3sSample, UnitState } from './sample.ts'
import { linesOf } from './text.ts'
import { restartWindow } from './unit.ts'

/**
 * Restarts within `restartWindow` that count as a loop. systemd counts only its own; without it every start counts,
 * manual ones too.
 */
const tooOften = { systemd: 3, none: 5 }
/** Once it has run for this long, the loop is over. */
const steady = 5 * minute

/** Pure. */
export function restarting(sample: K3sSample, now: number): Observation<Code>[] {
  const { k3s, unit, restarts = [] } = sample
  const recent = restarts.filter((it, at) => at > 0 && now - it.at <= restartWindow)
  const rise = (restarts.at(-1)?.count ?? 0) - (restarts[0]?.count ?? 0)
  const [first] = recent
  const last = recent.at(-1)
  if (!k3s || !first || !last || rise < (unit ? tooOften.systemd : tooOften.none)) return []
  if (k3s.running && now - k3s.running.since >= steady) return []
  const name = k3s.unit
  return [
    {
      code: 'k3s.restarting',
      subject: name,
      at: first.at,
      latest: last.at,
      text: `${k3s.distribution} was restarted ${rise} times since ${exactMoment(first.at)}, last ${duration(now - last.at)} ago${ended(unit)}.`,
      fix: [
        `See why k3s ends: ${linesOf(name)}`,
        `See whether the disk is full: \`df -h ${quoted(k3s.dataDir)}\``,
        'See whether the clock is wrong: `timedatectl`',
      ],
      evidence: { restarts: rise, ...(unit && { result: unit.result, status: unit.status }) },
    },
  ]
}

/** Reports a k3s that has ended. One that a person stopped is information, and a warning after `stoppedMinutes`. */
export function down(sample: K3sSample, stoppedMinutes: number, now: number): Observation<Code>[] {
  const { k3s, unit, gone = now, seen, enabled, tasks } = sample
  if (!k3s || k3s.running) return []
  const byHand = k3s.always === true && wasStopped(sample, now)
  const state = stateOf(unit, enabled === true, seen === true, byHand)
  const pause = state === 'failed' ? 0 : state === 'starting' ? 3 * minute : stoppedMinutes * minute
  // A process of root's that may be k3s is not reported as missing; what systemd says of the unit counts all the same.
  if (state === 'lost' && sample.doubted) return []
  if (state === 'meant') return []
  const soon = now - gone < pause
  const count = tasks?.count ?? 0
  const pods = count > 0 ? `${many(count, 'container')} still running.` : 'No container is running.'
  const how = {
    failed: `failed at ${exactMoment(gone)}${unit ? ended(unit) : ''}`,
    starting: `has not been running since ${exactMoment(gone)}, although systemd is starting it (${unit?.sub})`,
    stopped: `was stopped at ${exactMoment(gone)}${unit ? ended(unit) : ''} and has not been started since`,
    lost: `has not been running since ${exactMoment(gone)}`,
  }[state]
  return [
    {
      code: 'k3s.down',
      subject: k3s.unit,
      at: gone,
      ...(state === 'stopped' && { severity: soon ? ('info' as const) : ('warning' as const) }),
      ...(soon && state !== 'stopped' && { starting: true as const }),
      text: `${k3s.distribution} ${k3s.role} (${k3s.unit}) ${how}. ${pods}`,
      fix: [
        ...(state === 'stopped' ? [] : [`See why k3s ended: \`journalctl -u ${k3s.unit} -n 50 --no-pager\``]),
        `Start k3s: \`systemctl start ${k3s.unit}\``,
      ],
      ...(unit && {
        evidence: {
          state: state === 'stopped' ? 'inactive' : unit.active,
          result: unit.result,
          status: unit.status,
        },
      }),
    },
  ]
}

type State = 'failed' | 'starting' | 'stopped' | 'lost' | 'meant'

/** `meant`: not running, as it should be. */
export function stateOf(
  unit: UnitState | null | undefined,
  enabled: boolean,
  seen: boolean,
  byHand = false,
): State {
  if (!unit || unit.enabled === undefined) return enabled || seen ? 'lost' : 'meant'
  if (unit.active === 'failed' && !byHand) return 'failed'
  // systemd sees the process and Murphy does not: then Murphy is wrong.
  if (unit.active === 'active' || unit.active === 'reloading') return 'meant'
  if (unit.active === 'activating') return 'starting'
  return unit.enabled ? 'stopped' : 'meant'
}

/**
 * Whether a unit with `Restart=always` that failed was stopped, and left with an error: had it failed by itself, systemd
 * would start it again. It gives up only after starts in quick succession, whose last result may be an exit code too.
 */
function wasStopped({ unit, restarts = [] }: K3sSample, now: number): boolean {
  const lately = restarts.some((it, at) => at > 0 && now - it.at <= restartWindow)
  return !lately && /^(exit-code|signal|timeout)$/.test(unit?.result ?? '')
}

function ended(unit: UnitState | null | undefined): string {
  if (!unit || unit.result === 'success' || !unit.result) return ''
  const what: Readonly<Record<string, string>> = {
    'exit-code': `exit code ${unit.status}`,
    signal: `signal ${unit.status}`,
    'oom-kill': 'OOMKilled',
    timeout: 'timeout: starting or stopping took too long',
    watchdog: 'watchdog: no longer answered systemd',
    'start-limit-hit': 'start limit hit: systemd gave up',
  }
  return ` (${what[unit.result] ?? unit.result})`
}
