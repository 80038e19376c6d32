import type { Observation } from '../../agent/model/index.ts'
import { hour, minute } from '../../agent/text/times.ts'
import { flapping } from './flapping.ts'
import type { Code } from './rules.ts'
import type { CniSample, Course } from './sample.ts'

/**
 * Early signs, before anything is gone: growing error counters and flapping links. This is how far back errors count,
 * ms.
 */
export const errorsWindow = hour
/** Points have a minimum distance, so that these always cover the whole window, however many wake events there are. */
const mostPoints = 24
const apart = errorsWindow / mostPoints
/** Fewer errors are noise, as is a smaller share of the packets. */
export const leastErrors = 30
export const leastShare = 0.001
/** Points needed for a finding: a single burst is already over when it is seen. */
const leastLooks = 3
/** From this many points over this time on, the text says "about" instead of "roughly". */
const sureLooks = 6
const sureTime = hour / 2

/**
 * Adds the error counters of some devices (`/proc/net/dev`, proc_pid_net(5)) to those counted before. A point is added
 * only when the errors change, so that the sample of a healthy link stays the same. A counter that fell means that the
 * device was recreated.
 */
export function countErrors(
  text: string,
  devices: readonly string[],
  before: Readonly<Record<string, Course>>,
  now: number,
): Record<string, Course> {
  const courses: Record<string, Course> = {}
  for (const line of text.split('\n')) {
    const [name = '', counters] = line.split(':')
    const device = name.trim()
    if (counters === undefined || !devices.includes(device)) continue
    const columns = counters.trim().split(/\s+/).map(Number)
    const errors = (columns[2] ?? 0) + (columns[10] ?? 0)
    const packets = (columns[1] ?? 0) + (columns[9] ?? 0)
    if (columns.length < 11 || !Number.isFinite(errors + packets)) continue
    const known = before[device] ?? []
    const last = known.at(-1)
    if (!last || errors < last[1]) courses[device] = [[now, errors, packets]]
    else if (errors === last[1]) courses[device] = now - last[0] > 2 * errorsWindow ? [last] : known
    else {
      // The newest point is replaced until it is far enough from the one before it.
      const settled =
        now - (known.at(-2)?.[0] ?? Number.NEGATIVE_INFINITY) < apart ? known.slice(0, -1) : known
      courses[device] = [...settled.slice(-mostPoints), [now, errors, packets]]
    }
  }
  return courses
}

/** The errors of all devices together, since the devices were created. */
export const allErrors = (courses: Readonly<Record<string, Course>>): number =>
  Object.values(courses).reduce((sum, it) => sum + (it.at(-1)?.[1] ?? 0), 0)

/** Devices with growing errors, and flapping devices. */
export function wear(sample: CniSample, now: number): readonly Observation<Code>[] {
  return [
    ...Object.entries(sample.errors ?? {}).flatMap(([device, course]) => growing(device, course, now)),
    ...flapping(sample, now),
  ]
}

/** Made by the kernel alone: `ethtool -S` prints nothing of these, and they have no cable. */
const isVirtual = (device: string) => /^(?:cni\d|flannel[.-])/.test(device)

function growing(device: string, course: Course, now: number): readonly Observation<Code>[] {
  const recent = course.filter(([at]) => now - at <= errorsWindow)
  const [first] = recent
  const last = recent.at(-1)
  if (!first || !last || recent.length < leastLooks) return []
  const errors = last[1] - first[1]
  const packets = last[2] - first[2]
  const share = errors / Math.max(1, errors + packets)
  const time = last[0] - first[0]
  if (errors < leastErrors || share < leastShare || time < 5 * minute) return []
  const pace = Math.round((errors / time) * hour)
  // Compares the pace of the first half of the points with that of the second.
  const [half, before] = recent[Math.floor(recent.length / 2)] ?? first
  const early = (before - first[1]) / Math.max(1, half - first[0])
  const late = (last[1] - before) / Math.max(1, last[0] - half)
  const change = late > 2 * early ? ', and rising' : late < early / 2 ? ', but slowing' : ''
  const sure = recent.length >= sureLooks && time >= sureTime ? 'about' : 'roughly'
  return [
    {
      code: 'cni.errors-growing',
      subject: device,
      text: `${device} counted ${errors} errors in ${Math.round(time / minute)} min, ${(share * 100).toFixed(1)} % of its packets: ${sure} ${pace} an hour${change}.`,
      fix: [
        `See which errors they are: \`ip -s -s link show dev ${device}\``,
        ...(isVirtual(device)
          ? []
          : [`See what the driver counts: \`ethtool -S ${device}\``, 'On hardware, check cable and port']),
      ],
      evidence: { link: device, errors, packets, minutes: Math.round(time / minute) },
    },
  ]
}
