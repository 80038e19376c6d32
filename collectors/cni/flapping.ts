import type { Observation, WakeEvent } from '../../agent/model/index.ts'
import { clockUtc, hour, minute } from '../../agent/text/times.ts'
import { isName } from './links.ts'
import type { Code } from './rules.ts'
import type { CniSample } from './sample.ts'

/** How many times a device went down, and how many starts of k3s, are remembered. */
const mostDowns = 32

export const flapWindow = 10 * minute
export const leastDowns = 3
/**
 * How near a start of k3s a link's going down belongs to it, ms: `k3s-killall.sh` deletes the links before the start
 * that follows, and flannel makes its own anew within a minute or two after it.
 */
const ofStart = 2 * minute

/**
 * When watched devices went down. From the lines of `ip monitor link` (`2: cni0: <BROADCAST,MULTICAST> …` without UP,
 * or `Deleted`); for devices by which packets leave, from the kernel's count of lost carriers instead.
 */
export function countDowns(
  heard: readonly WakeEvent[],
  devices: readonly string[],
  before: CniSample | undefined,
  now: number,
  carriers: Readonly<Record<string, number>> = {},
): Record<string, readonly number[]> {
  const downs = new Map(Object.entries(before?.downs ?? {}))
  const add = (name: string, at: number) => downs.set(name, [...(downs.get(name) ?? []), at])
  const down = new Map<string, boolean>()
  for (const { at, text } of heard) {
    const [, deleted, name, flags] =
      /^(Deleted )?\d{1,10}: ([^\s:@]{1,15})(?:@[^\s:]{1,15})?: <([A-Z_,-]*)>/.exec(text) ?? []
    if (!isName(name) || flags === undefined || !devices.includes(name) || name in carriers) continue
    const isDown = deleted !== undefined || !flags.split(',').includes('UP')
    if (isDown && !down.get(name)) add(name, at)
    down.set(name, isDown)
  }
  for (const [name, count] of Object.entries(carriers)) {
    const lost = count - (before?.carriers?.[name] ?? count)
    for (let times = 0; times < Math.min(lost, mostDowns); times += 1) add(name, now)
  }
  return Object.fromEntries(
    [...downs].flatMap(([name, times]) => {
      const recent = times.filter((at) => now - at < hour).slice(-mostDowns)
      return recent.length > 0 ? [[name, recent]] : []
    }),
  )
}

/** When k3s was started within the last hour, as seen in its process. */
export function countStarts(
  { k3s }: CniSample,
  before: CniSample | undefined,
  now: number,
): readonly number[] {
  const known = (before?.starts ?? []).filter((at) => now - at < hour)
  const since = k3s?.running?.since
  const was = before?.k3s?.running?.since
  const isNew = since !== undefined && since !== was && now - since < hour && !known.includes(since)
  return (isNew ? [...known, since] : known).slice(-mostDowns)
}

/** Devices that come and go without a start of k3s that would explain it. */
export function flapping({ downs = {}, starts = [] }: CniSample, now: number): readonly Observation<Code>[] {
  return Object.entries(downs).flatMap(([device, times]): Observation<Code>[] => {
    const own = times.filter((at) => !starts.some((start) => Math.abs(at - start) <= ofStart))
    const recent = own.filter((at) => now - at < flapWindow)
    const last = recent.at(-1)
    if (last === undefined || recent.length < leastDowns) return []
    return [
      {
        code: 'cni.flapping',
        subject: device,
        text: `${device} went down ${recent.length} times in the last ${flapWindow / minute} min, last at ${clockUtc(last, last)}.`,
        fix: [
          'See what the kernel logged about the link: `journalctl -k -n 100`',
          'See what else manages it: `journalctl -u NetworkManager -u systemd-networkd -u dhcpcd -n 100`',
        ],
        evidence: { link: device, downs: recent.length },
      },
    ]
  })
}
