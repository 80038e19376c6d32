import type { Watch } from '../../agent/model/index.ts'
import { collector } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { containerLinks, podLogs } from '../node/pods.ts'
import { assess } from './assess.ts'
import { collect } from './collect.ts'
import { measures } from './measures.ts'
import type { Pattern } from './pattern.ts'
import { problemsOf, userPatterns } from './pattern.ts'
import { patterns as shipped } from './patterns.ts'
import { rules } from './rules.ts'
import type { PodsSample } from './sample.ts'
import type { Matcher } from './scan.ts'
import { matcher } from './scan.ts'
import { summary } from './summary.ts'

/**
 * Preparing a search costs some milliseconds, and the settings are the same from run to run, so the last one is kept.
 */
let ready:
  | { readonly of: string; readonly matcher: Matcher; readonly byName: ReadonlyMap<string, Pattern> }
  | undefined

function prepared({
  patterns,
  ignore_patterns,
}: {
  patterns: readonly string[]
  ignore_patterns: readonly string[]
}) {
  const of = JSON.stringify([patterns, ignore_patterns])
  if (ready?.of !== of) {
    const all = [...shipped, ...userPatterns(patterns)].filter((it) => !ignore_patterns.includes(it.name))
    ready = { of, matcher: matcher(all), byName: new Map(all.map((it) => [it.name, it])) }
  }
  return ready
}

/** Which containers keep restarting, and what their logs say: read from the node's own files, without the API. */
export const pods = collector({
  name: 'pods',
  title: 'pods',
  // A restart starts a run at once; scheduled runs read what logs have grown by.
  every: '5 * * * * *',
  woken: 'a container is started',
  timeout: 30_000,
  measures,
  rules,
  settings: {
    restarts: {
      type: 'integer',
      description: 'How many restarts within window_minutes are a crash loop.',
      default: 3,
      minimum: 2,
      maximum: 12,
    },
    window_minutes: {
      type: 'integer',
      description: 'How long a restart counts, in minutes.',
      default: 30,
      minimum: 5,
      maximum: 1440,
    },
    hold_minutes: {
      type: 'integer',
      description: 'How long what a log said stays a finding after the last such line, in minutes.',
      default: 60,
      minimum: 1,
      maximum: 1440,
    },
    patterns: {
      type: 'array',
      description:
        'More lines to look for in the logs of containers, as `SEVERITY NAME: TEXT`; in TEXT only * is special, for anything in between.',
      default: [],
      items: { type: 'string' },
    },
    ignore_patterns: {
      type: 'array',
      description: 'Names of shipped patterns that are not to be looked for.',
      default: [],
      items: { type: 'string' },
    },
  },
  check: ({ patterns, ignore_patterns }) => [
    ...problemsOf(patterns, shipped),
    ...ignore_patterns.flatMap((name, index) =>
      shipped.some((it) => it.name === name)
        ? []
        : [
            `ignore_patterns.${index}: there is no pattern of this name; there are ${shipped.map((it) => it.name).join(', ')}`,
          ],
    ),
  ],
  collect: (host, settings, past) =>
    collect(
      host,
      {
        matcher: prepared(settings).matcher,
        hold: settings.hold_minutes * minute,
        window: settings.window_minutes * minute,
        restarts: settings.restarts,
      },
      past,
    ),
  assess: (sample, _past, settings, now) =>
    assess(
      sample,
      {
        restarts: settings.restarts,
        window: settings.window_minutes * minute,
        hold: settings.hold_minutes * minute,
        patterns: prepared(settings).byName,
      },
      now,
    ),
  summary: (sample, settings, now) => summary(sample, settings.window_minutes * minute, now),
  series: (sample: PodsSample): Readonly<Record<string, number>> => ({
    restarting: sample.restarting.length,
  }),
  // A container that gets to run has a link there; what only gets a log is seen in the next round.
  watch: (): readonly Watch[] => [{ kind: 'paths', paths: [podLogs, containerLinks] }],
})
