import type { Host, Pod } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { fairly } from '../node/fairly.ts'
import { nameOf, podOfLink } from '../node/pods.ts'
import { comesFirst } from './choose.ts'
import { readEnded } from './ended.ts'
import type { Container } from './folders.ts'
import type { Restarting } from './sample.ts'

/** Restarts of one container that are remembered. */
export const mostTimes = 12
/** As many as are followed: after a reboot each of them was started again. */
const mostRestarting = 500
/** Containers that are asked for how they ended in one look. */
const mostAsked = 60

/** A container that was started since the last look. */
export interface Restarted {
  readonly it: Container
  readonly restarts: number
  readonly times: number
}

interface Since {
  /** ms: restarts count for this long, */
  readonly window: number
  /** and so many are a loop. */
  readonly restarts: number
  readonly now: number
  /** Whether a container still has a log. */
  readonly there: (pod: Pod) => boolean
}

/**
 * The containers with restarts in the window, and how they ended. `evicted` are those for which there was no room, and those
 * that wait no longer by what was known of them, but were not asked.
 */
export async function restarting(
  host: Host,
  before: readonly Restarting[],
  restarted: readonly Restarted[],
  links: readonly string[],
  { window, restarts: loop, now, there }: Since,
): Promise<{ readonly kept: readonly Restarting[]; readonly evicted: readonly Restarting[] }> {
  const found = new Map<string, Restarting>()
  const key = ({ uid, container }: Pod) => `${uid}/${container}`
  for (const it of before) {
    const times = it.times.filter((time) => now - time < window)
    if (there(it.pod) && (times.length > 0 || it.down)) found.set(key(it.pod), { ...it, times })
  }
  for (const { it, restarts, times } of restarted) {
    const known = found.get(key(it.pod))
    const all = [...(known?.times ?? []), ...Array.from({ length: times }, () => now)].slice(-mostTimes)
    found.set(key(it.pod), { ...known, pod: it.pod, restarts, times: all })
  }
  // What is a loop, or may be one, before what was only started again.
  const grave = ({ pod, times, down }: Restarting) =>
    (times.length >= loop || down || times.length === 0 ? 100 : 0) +
    (pod.namespace === 'kube-system' ? 40 : comesFirst(pod) ? 20 : 0) +
    times.length
  const podOf = ({ pod }: Restarting) => `${pod.namespace}/${pod.name}`
  const room = fairly([...found.values()], mostRestarting, podOf, grave)
  const asked = new Set(fairly(room.kept, mostAsked, podOf, grave).kept)
  const ids = idsOf(links)
  const kept: Restarting[] = []
  const evicted = [...room.left]
  for (const one of room.kept) {
    const { down: was, ...it } = one
    const its = ids.get(nameOf(it.pod)) ?? []
    const isAsked: boolean = asked.has(one)
    const known = isAsked ? ((await readEnded(host, its.slice(0, 6))) ?? {}) : { down: was }
    const { ended, down } = { ...it, ...known }
    // The kubelet waits five minutes at most: what has ended longer ago is not tried again.
    const waits = down && ended && ended.code !== 0 && now - ended.at < longestWait
    if (it.times.length > 0 || waits)
      kept.push({ ...it, ...(ended && { ended }), ...(waits && { down: true }) })
    else if (!isAsked) evicted.push(one)
  }
  return { kept, evicted }
}

/** The ids of the containers that the links name, by namespace, pod and container. */
function idsOf(links: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>()
  for (const name of links) {
    const link = podOfLink(name)
    if (!link) continue
    const its = found.get(nameOf(link))
    if (its) its.push(link.containerId)
    else found.set(nameOf(link), [link.containerId])
  }
  return found
}

/** Kubelet's longest back-off (MaxContainerBackOff, 300 s), and a little for the start itself. */
export const longestWait = 7 * minute
