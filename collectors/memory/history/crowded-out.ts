import type { Unseen } from '../../../agent/model/index.ts'
import type { LeftOut } from '../../node/left-out.ts'
import { notJudged } from '../../node/left-out.ts'
import type { MemoryCode } from '../rules.ts'
import type { MemorySample } from '../sample.ts'
import { mostContainers } from '../use.ts'
import type { Repeats } from './bouts.ts'
import { repeatsUntil } from './bouts.ts'
import type { Victim } from './victims.ts'

/** Findings of earlier runs for which this run had no room: they must not be resolved because of that. */
export function dropped(
  before: Pick<MemorySample, 'victims' | 'leftOut'> | undefined,
  evicted: readonly Victim[],
  bouts: Repeats,
  hold: number,
): LeftOut[] {
  const told = new Set([...(before?.victims ?? []), ...(before?.leftOut ?? [])].map((it) => it.subject))
  return [
    ...evicted
      .filter((it) => told.has(it.subject))
      .map(({ subject, until }) => ({ code: 'memory.oom-killed', subject, until })),
    ...Object.entries(bouts).flatMap(([subject, times]) => {
      const until = repeatsUntil(times, hold)
      return until === undefined ? [] : [{ code: 'memory.oom-repeating', subject, until }]
    }),
  ]
}

/** An Unseen for containers that were not read, or whose course is not kept. */
export function crowded(listed: number, left: readonly string[]): Unseen[] {
  const codes: readonly MemoryCode[] = ['memory.container-near-limit']
  return [
    ...(listed > mostContainers
      ? [
          notJudged(
            codes,
            undefined,
            `there are more than ${mostContainers} containers, and no more are read`,
          ),
        ]
      : []),
    ...(left.length > 0
      ? [notJudged(codes, left, 'more containers hold much of their limits than are followed')]
      : []),
  ]
}
