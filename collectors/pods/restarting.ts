import type { Host, Pod } from '../../agent/model/index.ts'
import { minute } from '../../agent/text/times.ts'
import { fairly } from '../node/fairly.ts'
import { nameOf, podOfLink } from '../node/pods.ts'
import { comesFirst } from './choose.ts'
import { readEnded } from './ended.ts'
import type { Container } from './folders.ts'
import type { Restarting } from './sample.ts'

/** How many restarts of one container are remembered. */
export const mostTimes = 12
/** As many as are read in a run: after a reboot every container was started again. */
const mostRestarting = 500
/** For how many containers one run reads how they ended. */
const mostAsked = 60

/** A container that was started since the previous run. */
export interface Restarted {
  readonly it: Container
  readonly restarts: number
  readonly times: number
  /** The boot of the node started it, not the kubelet after an end of its own. */
  readonly byBoot?: true
}

interface Since {
  /** Restarts count for this long, ms. */
  readonly window: number
  /** This many restarts are a loop. */
  readonly restarts: number
  readonly now: number
  /** Whether a container still has a log. */
  readonly there: (pod: Pod) => boolean
}

/**
 * The containers with restarts in the window, and how they ended. `evicted` are those for which there was no room, and
 * those that could not be checked although, by what was known, they no longer wait. `links` lists
 * /var/log/containers; called only where an end has to be looked up.
 */
export async function restarting(
  host: Host,
  before: readonly Restarting[],
  restarted: readonly Restarted[],
  links: () => Promise<readonly string[]>,
  { window, restarts: loop, now, there }: Since,
): Promise<{ readonly kept: readonly Restarting[]; readonly evicted: readonly Restarting[] }> {
  const found = new Map<string, Restarting>()
  const key = ({ uid, container }: Pod) => `${uid}/${container}`
  for (const it of before) {
    const times = it.times.filter((time) => now - time < window)
    if (there(it.pod) && (times.length > 0 || it.down)) found.set(key(it.pod), { ...it, times })
  }
  for (const { it, restarts, times, byBoot } of restarted) {
    const known = found.get(key(it.pod))
    const all = [...(known?.times ?? []), ...Array.from({ length: times }, () => now)].slice(-mostTimes)
    found.set(key(it.pod), { ...known, pod: it.pod, restarts, times: all, ...(byBoot && { byBoot: now }) })
  }
  // Loops, and what may be one, come before single restarts.
  const grave = ({ pod, times, down }: Restarting) =>
    (times.length >= loop || down || times.length === 0 ? 100 : 0) +
    (pod.namespace === 'kube-system' ? 40 : comesFirst(pod) ? 20 : 0) +
    times.length
  const podOf = ({ pod }: Restarting) => `${pod.namespace}/${pod.name}`
  const room = fairly([...found.values()], mostRestarting, podOf, grave)
  const asked = new Set(fairly(room.kept, mostAsked, podOf, grave).kept)
  const ids = idsOf(asked.size > 0 ? await links() : [])
  const kept: Restarting[] = []
  const evicted = [...room.left]
  for (const one of room.kept) {
    const { down: was, ...it } = one
    const its = ids.get(nameOf(it.pod)) ?? []
    const isAsked: boolean = asked.has(one)
    const known = isAsked ? ((await readEnded(host, its.slice(0, 6))) ?? {}) : { down: was }
    const { ended, down } = { ...it, ...known }
    // The kubelet waits five minutes at most: a container that ended longer ago is not started again.
    const waits = down && ended && ended.code !== 0 && now - ended.at < longestWait
    if (it.times.length > 0 || waits)
      kept.push({ ...it, ...(ended && { ended }), ...(waits && { down: true }) })
    else if (!isAsked) evicted.push(one)
  }
  return { kept, evicted }
}

/** The ids of the containers in the names of the links, by namespace, pod and container. */
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

/** The kubelet's longest back-off (MaxContainerBackOff, 300 s), and some time for the start itself, ms. */
export const longestWait = 7 * minute
