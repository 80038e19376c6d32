import type { Deadline, Observation } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { share, size } from '../../agent/text/sizes.ts'
import { clock, iso, minute } from '../../agent/text/times.ts'
import { leaveBarePods } from '../node/pods.ts'
import { type MemoryCode, rules } from './rules.ts'
import type { MemorySample } from './sample.ts'
import type { Forecast } from './slope.ts'
import { forecast } from './slope.ts'
import type { Use } from './use.ts'
import { subjectOf } from './use.ts'

export interface Thresholds {
  /** Percent of its limit from which on a container is reported. */
  readonly near: number
  /** Percent of the node's memory: reported if less than this is available. */
  readonly available: number
  /** Percent of the last minute in which all tasks waited for memory, from which on it is reported. */
  readonly pressure: number
}

/** The part of its limit that a container must use before a forecast is made. */
const forecastFrom = 0.6

/** When a container reaches its limit; undefined where a forecast would be too uncertain. */
export const reaches = ({ points = [], highs, used, limit }: Use): Forecast | undefined =>
  used >= forecastFrom * limit ? forecast(points, limit, highs) : undefined

/** When the node will have no memory left. */
export const runsOut = ({ total, free = [], fullest }: MemorySample): Forecast | undefined =>
  total === undefined
    ? undefined
    : forecast(
        free.map(([second, value]) => [second, total - value]),
        total,
        fullest,
      )

/** What is running out of memory: containers near their limit, the node, and memory pressure. */
export function filling(
  sample: MemorySample,
  { near, available, pressure }: Thresholds,
  now: number,
): Observation<MemoryCode>[] {
  return [
    ...Object.entries(sample.uses ?? {}).flatMap(([id, use]) => nearLimit(id, use, near, now)),
    ...nodeFilling(sample, available, now),
    ...pressed(sample, pressure),
  ]
}

const inAbout = (at: number, now: number) => {
  const minutes = Math.max(1, Math.round((at * 1000 - now) / minute))
  return `in about ${duration(minutes * minute)} (${clock(at * 1000, now)} UTC)`
}

/** A forecast that was watched for less time than it looks ahead. */
const rough = ({ confidence }: Forecast) => (confidence === 'rough' ? ', a rough estimate' : '')

const perMinute = ({ rate }: Forecast) => `${size(Math.round(rate * 60))} a minute`

function nearLimit(id: string, use: Use, near: number, now: number): Observation<MemoryCode>[] {
  const { used, limit, pod } = use
  const ahead = reaches(use)
  const percent = Math.round((100 * used) / limit)
  if (!ahead && percent < near) return []
  const subject = subjectOf(id, pod)
  const course = ahead
    ? `Grows by ${perMinute(ahead)}: limit reached ${inAbout(ahead.at, now)}${rough(ahead)}`
    : 'It does not grow steadily'
  return [
    {
      code: 'memory.container-near-limit',
      subject,
      text: `Uses ${share(used, limit)} (${percent} %). ${course}.`,
      ...(pod && {
        pod,
        fix: [
          `See what it uses (on a server): \`kubectl -n ${pod.namespace} top pod ${pod.name} --containers\``,
          `Raise resources.limits.memory${pod.container ? ` of container ${pod.container}` : ''} in its workload`,
          `Or, if it leaks, restart it when convenient (on a server): \`kubectl -n ${pod.namespace} delete pod ${pod.name}\``,
        ],
        avoid: [...(rules['memory.container-near-limit'].avoid ?? []), leaveBarePods],
      }),
      evidence: {
        percent,
        used: size(used),
        limit: size(limit),
        ...(ahead && { 'reached at': iso(ahead.at * 1000), confidence: ahead.confidence }),
      },
    },
  ]
}

function nodeFilling(sample: MemorySample, least: number, now: number): Observation<MemoryCode>[] {
  const { total, available } = sample
  if (total === undefined || available === undefined) return []
  const ahead = runsOut(sample)
  const percent = (100 * available) / total
  // With 40 % or more available, a falling trend is only a program that has just started.
  const soon = ahead && percent < 40 ? ahead : undefined
  if (!soon && percent >= least) return []
  const course = soon
    ? ` It shrinks by ${perMinute(soon)}: nothing left ${inAbout(soon.at, now)}${rough(soon)}.`
    : ''
  return [
    {
      code: 'memory.node-filling',
      subject: 'node',
      text: `${share(available, total)} available (${Math.round(percent)} %).${course}`,
      evidence: {
        percent: Math.round(percent),
        available: size(available),
        total: size(total),
        ...(soon !== undefined && {
          'nothing left at': iso(soon.at * 1000),
          confidence: soon.confidence,
        }),
      },
    },
  ]
}

function pressed({ pressure }: MemorySample, most: number): Observation<MemoryCode>[] {
  if (!pressure || pressure.full < most) return []
  return [
    {
      code: 'memory.pressure',
      subject: 'node',
      text: `In the last minute all tasks stalled on memory ${pressure.full} % of the time, some tasks ${pressure.some} % (PSI avg60).`,
      evidence: { full: pressure.full, some: pressure.some },
    },
  ]
}

/** Which memory will be used up, and when. */
export function deadlines(sample: MemorySample): Deadline[] {
  const node = runsOut(sample)
  return [
    ...Object.entries(sample.uses ?? {}).flatMap(([id, use]) => {
      const ahead = reaches(use)
      return ahead && use.pod
        ? [{ what: `memory of ${subjectOf(id, use.pod)}`, at: ahead.at * 1000, confidence: ahead.confidence }]
        : []
    }),
    ...(node ? [{ what: 'memory of the node', at: node.at * 1000, confidence: node.confidence }] : []),
  ]
}
