import type { Watch } from '../../agent/model/index.ts'
import { collector } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { logRecord } from '../node/kernel-log.ts'
import { assess } from './assess.ts'
import { collect } from './collect.ts'
import { deadlines } from './filling.ts'
import { measures } from './measures.ts'
import { isKill } from './oom-lines.ts'
import { page } from './page.ts'
import { rules } from './rules.ts'
import type { MemorySample } from './sample.ts'
import { summary } from './summary.ts'

/**
 * Every OOM kill on the node, from the kernel's own log, with the pod it hit; and what is about to run out of memory.
 */
export const memory = collector({
  name: 'memory',
  title: 'memory',
  // A kill starts a run at once; scheduled runs find kills of which no event told, and read the numbers.
  every: '10,40 * * * * *',
  woken: 'the kernel logs a kill',
  timeout: 20_000,
  // In a storm of 75 kills a second, the smallest log buffer of common kernels (128 KiB) holds 5 s.
  pause: 1_500,
  rules,
  measures,
  page,
  settings: {
    hold_minutes: {
      type: 'integer',
      description: 'How long a finding stays open after an OOM kill, in minutes.',
      default: 60,
      minimum: 1,
      maximum: 1440,
    },
    near_limit_percent: {
      type: 'integer',
      description:
        'Reports a container from this share of its memory limit on, even if it does not grow, in percent.',
      default: 95,
      minimum: 50,
      maximum: 100,
    },
    available_percent: {
      type: 'integer',
      description: 'Reports the node below this share of available memory, in percent.',
      default: 5,
      minimum: 1,
      maximum: 50,
    },
    pressure_percent: {
      type: 'integer',
      description:
        'Reports the node from this share of the last minute stalled on memory on (PSI full), in percent.',
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
  // Each read by `cat` gets one record at once. It begins with everything the kernel still has, and ends when it is
  // overtaken by new records. Both only start a run, which goes on reading where the last one stopped.
  watch: (): readonly Watch[] => [{ kind: 'command', argv: ['cat', '/dev/kmsg'], isRelevant: ofTheKiller }],
})

/**
 * Whether a record is the kernel's own line about a killed process. The plain word is checked first, as nearly all
 * records lack it.
 */
export const ofTheKiller = (record: string): boolean =>
  record.includes('Killed process ') && isKill(logRecord(record)?.text ?? '')
