import type { Observation, Series } from '../../agent/model/index.ts'
import { duration } from '../../agent/text/durations.ts'
import { list } from '../../agent/text/lists.ts'
import { quoted } from '../../agent/text/shell.ts'
import { size } from '../../agent/text/sizes.ts'
import { day, exactMoment, hour } from '../../agent/text/times.ts'
import { type Forecast, forecast } from '../node/forecast.ts'
import type { Code } from './rules.ts'
import type { Disk, K3sSample } from './sample.ts'
import { prune } from './text.ts'

export interface Limits {
  readonly disk_percent: number
  readonly disk_days: number
  readonly stopped_minutes: number
  readonly datastore_mib: number
}

const mib = 2 ** 20

/** Percent in use from which on little is left to write on, whoever evicts what: 5 %, as k3s itself takes it. */
const bytesCritical = 95
/** The same of inodes. k3s leaves them out of `evictionHard`, so nothing is evicted when they run out. */
const inodesCritical = 98
/** Below this percentage a rise is usually a download, so no forecast is made. */
const tooEarly = 70
const lookBack = 3 * day
const soon = 6 * hour

/** Pure. */
export function disks(
  sample: K3sSample,
  limits: Limits,
  series: Series | undefined,
  now: number,
): Observation<Code>[] {
  return (sample.disks ?? []).flatMap((disk) => {
    const bytes = judge(
      disk.used,
      limits.disk_percent,
      Math.min(bytesCritical, disk.evicts ?? 100),
      diskForecast(disk, 'disk', series, now),
      limits,
      now,
    )
    const inodes =
      disk.inodes === undefined
        ? undefined
        : judge(
            disk.inodes,
            limits.disk_percent,
            Math.min(inodesCritical, disk.evictsInodes ?? 100),
            diskForecast(disk, 'inodes', series, now),
            limits,
            now,
          )
    const worst =
      inodes && (!bytes || (inodes.severity === 'critical' && bytes.severity === 'warning'))
        ? 'inodes'
        : 'bytes'
    const verdict = worst === 'inodes' ? inodes : bytes
    return verdict ? [told(disk, worst, verdict, sample, now)] : []
  })
}

interface Verdict {
  readonly severity: 'warning' | 'critical'
  readonly reach?: Forecast
}

function judge(
  used: number,
  warn: number,
  grave: number,
  reach: Forecast | undefined,
  { disk_days }: Limits,
  now: number,
): Verdict | undefined {
  const ahead = reach && used >= tooEarly ? reach.at - now : Number.POSITIVE_INFINITY
  const said = reach && ahead < Number.POSITIVE_INFINITY ? { reach } : {}
  if (used >= grave || (ahead <= soon && reach?.confidence === 'likely'))
    return { severity: 'critical', ...said }
  if (used >= warn || ahead <= disk_days * day) return { severity: 'warning', ...said }
  return undefined
}

/** When a disk reaches the point where pods are evicted, or is full. */
export function diskForecast(
  disk: Disk,
  of: 'disk' | 'inodes',
  series: Series | undefined,
  now: number,
): Forecast | undefined {
  const points = series?.(`${of}.${disk.path}`, now - lookBack) ?? []
  return forecast(points, (of === 'disk' ? disk.evicts : disk.evictsInodes) ?? 100, now, { least: 2 * hour })
}

function told(
  disk: Disk,
  of: 'bytes' | 'inodes',
  { severity, reach }: Verdict,
  { k3s }: K3sSample,
  now: number,
): Observation<Code> {
  const free = size((disk.size * (100 - disk.used)) / 100)
  const state =
    of === 'inodes'
      ? `${disk.inodes} % of the inodes used`
      : `${disk.used} % of ${size(disk.size)} used, ${free} free`
  const where = disk.also.length > 0 ? ` (with ${list(disk.also)})` : ''
  const evicts = of === 'inodes' ? disk.evictsInodes : disk.evicts
  const full = of === 'inodes' ? 'the inodes are used up' : 'it is full'
  const limit = evicts === undefined ? full : `k3s evicts pods (${evicts} %)`
  const begun = evicts !== undefined && (of === 'inodes' ? (disk.inodes ?? 0) : disk.used) >= evicts
  const when =
    reach && reach.at > now
      ? ` ${reach.confidence === 'likely' ? 'At this rate' : 'Roughly'} ${limit} in ${duration(reach.at - now)}, ${exactMoment(reach.at)}.`
      : ''
  const path = quoted(disk.path)
  return {
    code: 'k3s.disk-filling',
    subject: disk.path,
    severity,
    text: `${disk.path}${where}: ${state}.${begun ? ` From ${evicts} % on the kubelet evicts pods.` : ''}${when}`,
    fix: [
      of === 'inodes'
        ? `See what takes the inodes: \`du -x --inodes --max-depth=4 ${path} | sort -n | tail -n 20\``
        : `See what takes the space: \`du -xh --max-depth=3 ${path} | sort -h | tail -n 20\``,
      `Delete images that no container uses: ${prune(k3s)}`,
      'Shrink the journal: `journalctl --vacuum-size=500M`',
    ],
    evidence: {
      used_percent: disk.used,
      size: disk.size,
      ...(disk.inodes !== undefined && { inodes_percent: disk.inodes }),
      of,
      ...(reach && reach.at > now && { full_in: duration(reach.at - now) }),
    },
  }
}

/** Pure. */
export function datastore(
  { datastore: it }: K3sSample,
  mostMib: number,
  series: Series | undefined,
  now: number,
): Observation<Code>[] {
  if (!it) return []
  const limit = it.quota === undefined ? mostMib * mib : it.quota * 0.75
  const all = it.size + it.log
  const reach = all >= limit / 4 ? datastoreForecast(it, limit, series, now) : undefined
  const ahead = reach ? reach.at - now : Number.POSITIVE_INFINITY
  if (all < limit && ahead > 7 * day) return []
  const log = it.log > 0 ? `, ${size(it.log)} of that in its write-ahead log` : ''
  const quota = it.quota === undefined ? '' : ` Beyond ${size(it.quota)} etcd refuses every write.`
  const when = reach && reach.at > now ? ` At this rate it reaches ${size(limit)} in ${duration(ahead)}.` : ''
  return [
    {
      code: 'k3s.datastore-growing',
      subject: it.kind,
      text: `The ${it.kind} datastore takes ${size(all)}${log}.${quota}${when}`,
      evidence: { size: it.size, log: it.log, ...(it.quota !== undefined && { quota: it.quota }) },
    },
  ]
}

/** When the datastore is as large as it may be. */
export const datastoreForecast = (
  _it: NonNullable<K3sSample['datastore']>,
  limit: number,
  series: Series | undefined,
  now: number,
): Forecast | undefined =>
  forecast(series?.('datastore', now - 7 * day) ?? [], limit, now, { least: 6 * hour })
