import type { Watch } from '../../agent/model/index.ts'
import { collector } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { logRecord } from '../node/kernel-log.ts'
import { assess } from './assess.ts'
import { collect } from './collect.ts'
import { deadlines } from './filling.ts'
import { isKill } from './oom-lines.ts'
import { page } from './page.ts'
import { rules } from './rules.ts'
import type { MemorySample } from './sample.ts'
import { summary } from './summary.ts'

/**
 * Whether anybody was killed for want of memory: every OOM kill, from the kernel's own log, with the pod it
 * hit.
 */
export const memory = collector({
  name: 'memory',
  title: 'memory',
  // A kill wakes it; rounds are for the kills that no watch told of, and for the numbers.
  every: '10,40 * * * * *',
  woken: 'the kernel logs a kill',
  timeout: 20_000,
  // In a storm of 75 kills a second the smallest log that kernels come with (128 KiB) holds 5 s.
  pause: 1_500,
  rules,
  page,
  settings: {
    hold_minutes: {
      type: 'integer',
      description: 'How long an OOM kill stays a finding after it happened, in minutes.',
      default: 60,
      minimum: 1,
      maximum: 1440,
    },
    near_limit_percent: {
      type: 'integer',
      description: 'From how much of its limit on a container is told even if it does not grow, in percent.',
      default: 95,
      minimum: 50,
      maximum: 100,
    },
    available_percent: {
      type: 'integer',
      description: 'Below how much available memory the node is told, in percent.',
      default: 5,
      minimum: 1,
      maximum: 50,
    },
    pressure_percent: {
      type: 'integer',
      description: 'From how much waiting for memory in a minute on the node is told, in percent.',
      default: 10,
      minimum: 1,
      maximum: 100,
    },
  },
  collect: (host, settings, past) => collect(host, settings.hold_minutes * minute, past),
  assess: (sample, _past, settings, now) =>
    assess(
      sample,
      settings.hold_minutes * minute,
      {
        near: settings.near_limit_percent,
        available: settings.available_percent,
        pressure: settings.pressure_percent,
      },
      now,
    ),
  summary: (sample, settings, now) => summary(sample, settings.hold_minutes, now),
  series: ({ available, counted }: MemorySample): Readonly<Record<string, number>> => ({
    ...(available !== undefined && { available }),
    ...(counted !== undefined && { kills: counted }),
  }),
  deadlines: (sample) => deadlines(sample),
  // Each read of `cat` gives one record at once. It begins with all that the kernel still has, and ends when
  // it is overtaken; both only wake a round, which reads on by itself where the last one stopped.
  watch: (): readonly Watch[] => [{ kind: 'command', argv: ['cat', '/dev/kmsg'], isRelevant: ofTheKiller }],
})

/** A record of the kernel's own that ends an OOM kill. Most others are none by a word that is missing. */
export const ofTheKiller = (record: string): boolean =>
  record.includes('Killed process ') && isKill(logRecord(record)?.text ?? '')
