import { many } from '../../agent/text/lists.ts'
import { roughSize } from '../../agent/text/sizes.ts'
import { minute } from '../../agent/text/times.ts'
import type { PodsSample } from './sample.ts'

/** "4 containers; 3 restarts in the last 30 min; logs read as they grow". */
export function summary(sample: PodsSample, window: number, now: number): string {
  const containers = Object.values(sample.places).reduce((sum, it) => sum + Object.keys(it).length, 0)
  if (containers === 0) return 'no pods on this machine'
  const restarts = sample.restarting.reduce(
    (sum, { times }) => sum + times.filter((it) => now - it < window).length,
    0,
  )
  const minutes = Math.round(window / minute)
  return [
    `logs of ${many(containers, 'container')}`,
    restarts > 0
      ? `${many(restarts, 'restart')} in the last ${minutes} min`
      : `no restart in the last ${minutes} min`,
    ...(sample.unfollowed ? [`${sample.unfollowed} more containers read in later rounds`] : []),
    ...(sample.left ? [`${roughSize(sample.left)} of logs left for the next round`] : []),
  ].join('; ')
}
