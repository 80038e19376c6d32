import { many } from '../../agent/text/lists.ts'
import { share } from '../../agent/text/sizes.ts'
import type { MemorySample } from './sample.ts'
import { times } from './text.ts'

/** "no OOM kill in the last hour; 14.2 of 24.0 GiB available". */
export function summary(sample: MemorySample, holdMinutes: number, now: number): string {
  const victims = sample.victims.filter((it) => it.until >= now)
  const all = {
    kills: victims.reduce((sum, it) => sum + it.kills, 0),
    first: Math.min(...victims.map((it) => it.first)),
    last: Math.max(...victims.map((it) => it.last)),
  }
  const span = holdMinutes === 60 ? 'hour' : `${holdMinutes} min`
  const blind = sample.unseen?.some((it) => it.codes?.includes('memory.oom-killed'))
  const counted = sample.counted === undefined ? '' : `; the kernel counts ${sample.counted} since boot`
  const kills = blind
    ? `OOM kills unreadable${counted}`
    : victims.length > 0
      ? `OOM: ${times(all)}`
      : `no OOM kill in the last ${span}`
  const forged = sample.account?.disbelieved
  return [
    kills,
    ...(forged ? [`${many(forged, 'OOM log line')} ignored (not counted by the kernel)`] : []),
    ...(sample.available !== undefined && sample.total !== undefined
      ? [`${share(sample.available, sample.total)} available`]
      : []),
    ...(sample.pods.length === 0 ? ['no pods on this machine'] : []),
  ].join('; ')
}
