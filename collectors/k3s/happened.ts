import { duration } from '../../agent/text/durations.ts'
import { exactMoment, minute } from '../../agent/text/times.ts'
import { killed } from './killed.ts'
import type { Ended, Happened, K3sSample } from './sample.ts'

/** How long an event is reported, ms; the causes that refer to it add as much. Its consequences show within minutes. */
export const held = 5 * minute
/** More starts than these within `held` are a loop, which is told as one. */
const mostEvents = 30

/**
 * What happened between two samples: a reboot, a start of k3s by somebody or after a crash, a `k3s-killall.sh`, a
 * rotation of its certificates; and what happened before that, each by itself. Events older than `held` are left out.
 * Pure.
 */
export function whatHappened(
  before: K3sSample | undefined,
  now: K3sSample,
  looked: number | undefined,
  at: number,
): readonly Happened[] {
  // What crashed again and again before a boot would be told one by one after it, and explains nothing any more.
  const remembered = before?.boot === now.boot ? (before?.happened ?? []) : []
  // A clock that was set back since: what happened was before now.
  const known = remembered.map((it) => (it.at > at ? { ...it, at } : it))
  const all = [...known, ...news(before, now, looked, at)]
  const each = new Map(all.map((it) => [`${it.code} ${it.at}`, it]))
  return [...each.values()]
    .filter((it) => at - it.at < held)
    .sort((a, b) => a.at - b.at)
    .slice(-mostEvents)
}

function news(
  before: K3sSample | undefined,
  now: K3sSample,
  looked: number | undefined,
  at: number,
): Happened[] {
  if (!before?.boot || !now.boot || !now.k3s || looked === undefined) return []
  if (before.boot !== now.boot) {
    // A board without a battery boots with a clock far in the past, and a container shows its host's boot time.
    const { booted = at } = now
    const since = booted < looked ? at : Math.min(booted, at)
    const text = `The node booted at ${exactMoment(since)}; Murphy last saw it before that at ${exactMoment(looked)}.`
    return [{ code: 'k3s.rebooted', at: since, text }]
  }
  return [...killed(before, now, looked, at), ...restarted(before, now, at), ...rotated(before, now, at)]
}

function restarted(
  { k3s: was, version: old, seen, unit: asked }: K3sSample,
  { k3s, version, unit, ended, owed }: K3sSample,
  at: number,
): Happened[] {
  // The first start of a newly installed k3s is no restart.
  if (!was || !seen || !k3s?.running) return []
  const { pid, since } = k3s.running
  const start = since > 0 ? Math.min(since, at) : at
  // The journal said only later how the one before ended.
  if (was.running?.pid === pid && was.running.since === since)
    return ended ? [crashed(k3s, ended, start, 1)] : []
  const starts = startsBySystemd(asked, unit)
  if (ended) return [crashed(k3s, ended, start, starts)]
  const other = version && old && version !== old ? `; version ${version}, before that ${old}` : ''
  const ran =
    was.running && was.running.since > 0 ? `, after running for ${duration(start - was.running.since)}` : ''
  const verb = was.running ? 'restarted' : 'started again'
  const often = starts > 1 ? `, ${starts} times since the last round` : ''
  const how = owed === undefined ? '' : '; the journal did not say how it ended before'
  const text = `${k3s.distribution} was ${verb} at ${exactMoment(start)} (process ${pid})${ran}${often}${other}${how}.`
  return [
    { code: 'k3s.restarted', at: start, text, ...(starts > 0 && { evidence: { 'by systemd': starts } }) },
  ]
}

/** How often systemd itself started it since the sample before; a start by hand sets its counter back to 0. */
function startsBySystemd(before: K3sSample['unit'], unit: K3sSample['unit']): number {
  const count = unit?.restarts ?? 0
  const known = before?.restarts ?? 0
  return count > known ? count - known : count
}

function crashed(k3s: NonNullable<K3sSample['k3s']>, ended: Ended, start: number, starts: number): Happened {
  const often = starts > 1 ? ` ${starts} times, last` : ''
  const said = ended.reason === undefined ? '' : `: "${ended.reason}"`
  const pause = start > ended.at ? ` ${duration(start - ended.at)} later` : ''
  return {
    code: 'k3s.crashed',
    at: ended.at,
    text: `${k3s.distribution} crashed${often} at ${exactMoment(ended.at)} (${endedHow(ended)})${said}. ${starts > 0 ? 'systemd started it again' : 'It was started again by hand'}${pause} (process ${k3s.running?.pid}).`,
    evidence: {
      ...(ended.exit !== undefined && { exit: ended.exit }),
      ...(ended.signal !== undefined && { signal: ended.signal }),
      ...(ended.result !== undefined && { result: ended.result }),
      ...(ended.reason !== undefined && { reason: ended.reason }),
      ...(starts > 1 && { starts }),
    },
  }
}

function endedHow({ exit, signal, result }: Ended): string {
  if (result === 'oom-kill') return 'OOMKilled'
  if (result === 'watchdog') return 'watchdog: no longer answered systemd'
  if (signal !== undefined) return `signal ${signal}`
  return exit === undefined ? 'exit code unknown' : `exit ${exit}`
}

function rotated(before: K3sSample, { rotated: written, k3s }: K3sSample, at: number): Happened[] {
  if (before.rotated === undefined || written === undefined || before.rotated === written) return []
  const text = `${k3s?.distribution} wrote new certificates at ${exactMoment(written)}.`
  return [{ code: 'k3s.certificates-rotated', at: Math.min(written, at), text }]
}
