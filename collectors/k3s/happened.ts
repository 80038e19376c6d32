import { duration } from '../../agent/text/durations.ts'
import { list } from '../../agent/text/lists.ts'
import { exactMoment, minute } from '../../agent/text/times.ts'
import type { Happened, K3sSample } from './sample.ts'

/** How long an event is reported, ms; the causes that refer to it add as much. Its consequences show within minutes. */
export const held = 5 * minute

/**
 * What happened between two samples: a reboot, a start of k3s, a `k3s-killall.sh`, a rotation of its certificates.
 * Events older than `held` are left out. Pure.
 */
export function whatHappened(
  before: K3sSample | undefined,
  now: K3sSample,
  looked: number | undefined,
  at: number,
): readonly Happened[] {
  const all = [...(before?.happened ?? []), ...news(before, now, looked, at)]
  const newest = new Map(all.map((it) => [it.code, it]))
  return [...newest.values()].filter((it) => at - it.at < held).sort((a, b) => a.at - b.at)
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
    const text = `The node was booted at ${exactMoment(since)}; before that it was last seen at ${exactMoment(looked)}.`
    return [{ code: 'k3s.rebooted', at: since, text }]
  }
  return [...killed(before, now, looked, at), ...restarted(before, now, at), ...rotated(before, now, at)]
}

function restarted(
  { k3s: was, version: old, seen }: K3sSample,
  { k3s, version }: K3sSample,
  at: number,
): Happened[] {
  // The first start of a newly installed k3s is no restart.
  if (!was || !seen || !k3s?.running) return []
  const { pid, since } = k3s.running
  if (was.running?.pid === pid && was.running.since === since) return []
  const start = since > 0 ? Math.min(since, at) : at
  const other = version && old && version !== old ? `; it is ${version} now and was ${old}` : ''
  const ran = was.running && was.running.since > 0 ? `, after ${duration(start - was.running.since)}` : ''
  const verb = was.running ? 'restarted' : 'started again'
  const text = `${k3s.distribution} was ${verb} at ${exactMoment(start)} (process ${pid})${ran}${other}.`
  return [{ code: 'k3s.restarted', at: start, text }]
}

/** Containers and links outlive k3s itself; only `k3s-killall.sh` or a boot removes all of them at once. */
function killed(before: K3sSample, now: K3sSample, looked: number, at: number): Happened[] {
  const was = before.tasks?.some ?? []
  const links = Object.entries(before.links ?? {})
  const some = new Set(now.tasks?.some)
  const stopped = !now.k3s?.running || now.k3s.running.since !== before.k3s?.running?.since
  if (was.length === 0 || links.length === 0 || !stopped || was.some((it) => some.has(it))) return []
  if (links.some(([name, index]) => now.links?.[name] === index)) return []
  // It ran before the start that followed it.
  const end = Math.min(now.gone ?? (now.k3s?.running?.since ?? at) - 1, at)
  const text = `All ${before.tasks?.count} containers and ${list(links.map(([name]) => name))} went between ${exactMoment(looked)} and ${exactMoment(at)}, as \`k3s-killall.sh\` does.`
  return [{ code: 'k3s.killed', at: Math.max(end, looked), text }]
}

function rotated(before: K3sSample, { rotated: written, k3s }: K3sSample, at: number): Happened[] {
  if (before.rotated === undefined || written === undefined || before.rotated === written) return []
  const text = `${k3s?.distribution} wrote new certificates at ${exactMoment(written)}.`
  return [{ code: 'k3s.certificates-rotated', at: Math.min(written, at), text }]
}
