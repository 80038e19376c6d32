import type { Observation } from '../../agent/model/index.ts'
import { many } from '../../agent/text/lists.ts'
import { clock, iso, minute } from '../../agent/text/times.ts'
import { boutBegan } from '../node/bouts.ts'
import { nameOf } from '../node/pods.ts'
import { ownRestarts, startsAnew } from './boot.ts'
import type { Pattern } from './pattern.ts'
import { addressIn } from './patterns/proofs.ts'
import { longestWait } from './restarting.ts'
import type { PodsCode } from './rules.ts'
import type { PodsSample, Restarting, Said } from './sample.ts'
import { endedHow, filled, saidBy } from './text.ts'

export interface Limits {
  readonly restarts: number
  /** ms. */
  readonly window: number
  readonly hold: number
  readonly patterns: ReadonlyMap<string, Pattern>
}

export function assess(sample: PodsSample, limits: Limits, now: number): Observation<PodsCode>[] {
  const said = sample.said.filter((it) => now - it.last <= limits.hold && limits.patterns.has(it.pattern))
  const { booted } = sample
  // What a boot ended waits for no next try.
  const starts = booted !== undefined && now - booted < startsAnew
  const looping = sample.restarting
    .map(({ down, ...it }): Restarting => {
      const waits = down && !starts && { down }
      return { ...it, times: ownRestarts(it.times, booted, it.byBoot), ...waits }
    })
    .filter((it) => loops(it, limits, now))
  return [
    ...looping.map((it) => crashLooping(it, said, limits, now)),
    ...said
      .filter((it) => !limits.patterns.get(it.pattern)?.silent && !covered(it, said, limits))
      .map((it) => logSays(it, limits)),
  ]
}

const within = ({ times }: Restarting, window: number, now: number) => times.filter((it) => now - it < window)

const loops = (it: Restarting, { restarts, window }: Limits, now: number) =>
  within(it, window, now).length >= restarts || (it.down === true && it.restarts >= restarts)

const same = (a: Said, b: Pick<Said, 'pod'>) => nameOf(a.pod) === nameOf(b.pod)

/** Whether a pattern found in the same container includes what this one says. */
const covered = (it: Said, said: readonly Said[], { patterns }: Limits) =>
  said.some((other) => same(other, it) && patterns.get(other.pattern)?.covers?.includes(it.pattern))

function crashLooping(
  it: Restarting,
  said: readonly Said[],
  limits: Limits,
  now: number,
): Observation<PodsCode> {
  const { pod, ended, down, restarts } = it
  const times = within(it, limits.window, now)
  const its = said
    .filter((one) => same(one, it) && !covered(one, said, limits))
    .sort((a, b) => weight(limits, b) - weight(limits, a))
  const [why] = its
  const address = its.map((one) => addressOf(one)).find((one) => one !== undefined)
  const pattern = why && limits.patterns.get(why.pattern)
  const minutes = Math.round(limits.window / minute)
  const rate =
    times.length > 0
      ? `Restarted ${many(times.length, 'time')} in the last ${minutes} min (${restarts} in all), last at ${clock(times.at(-1) ?? now, now)} UTC`
      : `Restarted ${many(restarts, 'time')} in all`
  const end = ended ? `. Last exit at ${clock(ended.at, now)} UTC: ${endedHow(ended)}` : ''
  const waits = down ? '. Down now, until the kubelet tries again (within 5 min)' : ''
  const log = pattern ? `. Its log: ${pattern.says}` : ''
  const latest = lastEnd(times, ended)
  // A few restarts long ago are no loop: then it is that it is down which has just begun.
  const bout = times.length >= limits.restarts ? boutBegan(times, calm) : ended?.at
  const began = bout === undefined ? undefined : Math.min(bout, latest ?? bout)
  const grave = pod.namespace === 'kube-system' || pattern?.severity === 'critical'
  return {
    code: 'pods.crash-looping',
    subject: nameOf(pod),
    text: `${rate}${end}${waits}${log}.`,
    ...(grave && { severity: 'critical' as const }),
    fix: (pattern && pattern.severity !== 'info' ? pattern.fix : steps(ended)).map((step) =>
      filled(step, pod),
    ),
    ...(pattern?.avoid && { avoid: pattern.avoid }),
    ...(pattern?.urgent && { urgent: pattern.urgent }),
    pod,
    ...(began !== undefined && { at: began, wellAt: began, latest: latest ?? began }),
    evidence: {
      restarts,
      'in the window': times.length,
      ...(ended && { 'last exit code': ended.code, 'last ended': iso(ended.at) }),
      ...(ended?.reason && { reason: ended.reason }),
      ...(down && { waiting: true }),
      ...(why && { 'log says': why.pattern, says: its.map((one) => one.pattern).join(' ') }),
      ...(address !== undefined && { address }),
    },
  }
}

/** Only of what says that an address was not reached: other lines name addresses that have nothing to do with it. */
const addressOf = ({ pattern, excerpt }: Said) =>
  ['unreachable', 'unknown-host', 'dns'].includes(pattern) ? addressIn(excerpt) : undefined

/** The kubelet waits 5 min at most before it starts a container again, so a longer pause is the end of a loop, ms: one after it has its own cause. */
const calm = 10 * minute

/**
 * When it last ended, where that is known, or else was last started again. The kubelet waits up to five minutes in
 * between: what happens meanwhile is not why it ended.
 */
function lastEnd(times: readonly number[], ended: Restarting['ended']): number | undefined {
  const started = times.at(-1)
  return ended && (started === undefined || started - ended.at < longestWait) ? ended.at : started
}

const weight = ({ patterns }: Limits, it: Said) =>
  ({ critical: 2, warning: 1, info: 0 })[patterns.get(it.pattern)?.severity ?? 'info']

function steps(ended: Restarting['ended']): readonly string[] {
  const before =
    'See what it logged before it ended (on a server): `kubectl -n {namespace} logs {pod} -c {container} --previous --tail=50`'
  const describe = 'See how it ended, and why (on a server): `kubectl -n {namespace} describe pod {pod}`'
  return ended?.reason === 'OOMKilled'
    ? [describe, before, 'Raise the memory limit of the container, or find what grows in it']
    : [before, describe]
}

function logSays(it: Said, { patterns }: Limits): Observation<PodsCode> {
  const pattern = patterns.get(it.pattern) as Pattern
  const address = addressOf(it)
  const [begun, last] = [clock(it.first, it.last), clock(it.last, it.last)]
  const when = begun === last ? `at ${last}` : `since ${begun}, last ${last}`
  return {
    code: 'pods.log-says',
    subject: saidBy(it),
    severity: pattern.severity,
    text: `${pattern.says}: "${it.excerpt}" (${many(it.lines, 'line')} ${when} UTC).`,
    ...(pattern.impact && { impact: pattern.impact }),
    fix: pattern.fix.map((step) => filled(step, it.pod)),
    ...(pattern.avoid && { avoid: pattern.avoid }),
    ...(pattern.urgent && { urgent: pattern.urgent }),
    pod: it.pod,
    at: it.first,
    wellAt: it.first,
    latest: it.last,
    evidence: {
      pattern: it.pattern,
      lines: it.lines,
      last: iso(it.last),
      ...(address !== undefined && { address }),
    },
  }
}
