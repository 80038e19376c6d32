import type { Host, Past, Unseen } from '../../agent/model.ts'
import { HostError, unseen } from '../../agent/model.ts'
import { podOfLink } from '../node/pods.ts'
import { readEnded } from './ended.ts'
import type { Container } from './folders.ts'
import { containerAt, fingerprint, listContainers, newestLog, pathOf, readLinks } from './folders.ts'
import type { Budget } from './grow.ts'
import { firstTail, readGrowth } from './grow.ts'
import { addSaid, withoutReplaced } from './said.ts'
import type { Place, PodsSample, Restarting, Said } from './sample.ts'
import type { Found, Matcher } from './scan.ts'
import { nameOf } from './words.ts'

export interface Plan {
  readonly matcher: Matcher
  /** How long what a log said is told, ms. */
  readonly hold: number
  /** Restarts count for this long, ms. */
  readonly window: number
  /** From so many on it is worth asking how the last one ended. */
  readonly restarts: number
}

/** A node has 110 pods unless told otherwise. */
const mostContainers = 500
/** Of all logs in one look: a second or two of work. */
const mostBytes = 256 * 1024 * 1024
/** Logs that are asked for at the same time: fewer waits, and still little in memory. */
const atOnce = 16
const mostTimes = 12
const mostRestarting = 40
/** Containers that are asked for how they ended in one look. */
const mostAsked = 60

/** One round: which containers were restarted, and what their logs have said since the last one. */
export async function collect(host: Host, plan: Plan, past: Past<PodsSample>): Promise<PodsSample> {
  const before = past.sample
  const blind: Unseen[] = []
  const links = (await readLinks(host)) ?? []
  const print = links.length > 0 ? fingerprint(links) : undefined
  const known = print !== undefined && print === before?.links
  const { containers, all } = known ? remembered(before) : await listContainers(host, mostContainers)
  const budget: Budget = { left: mostBytes, skipped: 0 }
  const places: Record<string, Record<string, Place>> = {}
  const restarted: { readonly it: Container; readonly restarts: number; readonly times: number }[] = []
  const said: (Said & { readonly over: boolean })[] = []
  const now = host.now()
  const one = async (it: Container) => {
    const place = before?.places[it.folder]?.[it.container]
    const seen = await follow(host, it, place, plan, budget, { known, first: !before }).catch(
      (error: unknown) => {
        // A container that goes away meanwhile is no blindness.
        if (!(error instanceof HostError && error.code === 'missing'))
          blind.push(unseen(`the log of ${nameOf(it.pod)}`, error, []))
        return place && { place, found: [] }
      },
    )
    return { it, seen, former: place }
  }
  for (let at = 0; at < containers.length; at += atOnce)
    for (const { it, seen, former } of await Promise.all(containers.slice(at, at + atOnce).map(one))) {
      if (!seen) continue
      places[it.folder] = { ...places[it.folder], [it.container]: seen.place }
      said.push(...asSaid(it, seen.found, now, before ? Number.POSITIVE_INFINITY : plan.hold))
      const times = before ? seen.place[0] - (former?.[0] ?? 0) : 0
      if (times > 0 || (!before && seen.place[0] >= plan.restarts))
        restarted.push({ it, restarts: seen.place[0], times: Math.min(mostTimes, times) })
    }
  return {
    ...(print && { links: print }),
    places,
    restarting: await restarting(host, before?.restarting ?? [], restarted, places, links, now, plan),
    said: addSaid(withoutReplaced(before?.said ?? [], Object.keys(places)), said, now, plan.hold),
    ...(budget.skipped > 0 && { skipped: budget.skipped }),
    ...(all > containers.length && { unfollowed: all - containers.length }),
    ...(blind.length > 0 && { unseen: grouped(blind) }),
  }
}

function remembered(before: PodsSample | undefined) {
  const containers = Object.entries(before?.places ?? {}).flatMap(([folder, its]) =>
    Object.keys(its).flatMap((container) => containerAt(folder, container) ?? []),
  )
  return { containers, all: containers.length + (before?.unfollowed ?? 0) }
}

/** Reads on in one container's log. The folder is listed only when a container was started somewhere. */
async function follow(
  host: Host,
  it: Container,
  place: Place | undefined,
  { matcher }: Plan,
  budget: Budget,
  { known, first }: { readonly known: boolean; readonly first: boolean },
): Promise<{ place: Place; found: readonly Found[] } | undefined> {
  const path = pathOf(it)
  const newest = known && place ? place[0] : await newestLog(host, path)
  if (newest === undefined) return undefined
  const growth = await readGrowth(host, path, newest, place, matcher, budget, first ? firstTail : undefined)
  return growth ?? (place && { place, found: [] })
}

/** What was found, by line; what is older than `hold` is no news for whoever looks for the first time. */
const asSaid = ({ pod }: Container, found: readonly Found[], now: number, hold: number) =>
  found.map(({ name, count, first = now, last = now, excerpt = '', over = false }) => ({
    pod,
    pattern: name,
    lines: now - last > hold ? 0 : count,
    first: Math.min(first, now),
    last: Math.min(last, now),
    excerpt,
    over,
  }))

/** The containers with restarts in the window, and how they ended. */
async function restarting(
  host: Host,
  before: readonly Restarting[],
  restarted: readonly { readonly it: Container; readonly restarts: number; readonly times: number }[],
  places: PodsSample['places'],
  links: readonly string[],
  now: number,
  { window }: Plan,
): Promise<Restarting[]> {
  const found = new Map<string, Restarting>()
  const key = ({ uid, container }: Restarting['pod']) => `${uid}/${container}`
  for (const it of before) {
    const folder = `${it.pod.namespace}_${it.pod.name}_${it.pod.uid}`
    const times = it.times.filter((time) => now - time < window)
    if (places[folder]?.[it.pod.container ?? ''] && (times.length > 0 || it.down))
      found.set(key(it.pod), { ...it, times })
  }
  for (const { it, restarts, times } of restarted) {
    const known = found.get(key(it.pod))
    const all = [...(known?.times ?? []), ...Array.from({ length: times }, () => now)].slice(-mostTimes)
    found.set(key(it.pod), { ...known, pod: it.pod, restarts, times: all })
  }
  const most = [...found.values()].sort((a, b) => b.times.length - a.times.length).slice(0, mostAsked)
  const asked: Restarting[] = []
  for (const { down: _, ...it } of most) {
    const ids = links.flatMap((name) => {
      const link = podOfLink(name)
      const same = link?.namespace === it.pod.namespace && link.name === it.pod.name
      return same && link.container === it.pod.container ? [link.containerId] : []
    })
    const { ended = it.ended, down } = (await readEnded(host, ids.slice(0, 6))) ?? {}
    // The kubelet waits five minutes at most: what has ended longer ago is not tried again.
    const waits = down && ended && ended.code !== 0 && now - ended.at < longestWait
    if (it.times.length > 0 || waits)
      asked.push({ ...it, ...(ended && { ended }), ...(waits && { down: true }) })
  }
  return asked.slice(0, mostRestarting)
}

/** Kubelet's longest back-off (MaxContainerBackOff, 300 s), and a little for the start itself. */
const longestWait = 7 * 60_000

/** Many logs that cannot be read have mostly one reason. */
function grouped(blind: readonly Unseen[]): Unseen[] {
  const [first, ...more] = blind as [Unseen, ...Unseen[]]
  const codes = ['pods.log-says']
  return [
    {
      ...first,
      ...(blind.every((it) => it.unrecorded) ? { unrecorded: true } : {}),
      what: more.length > 0 ? `the logs of ${blind.length} containers` : first.what,
      why: more.length > 0 ? `${first.why}; and ${more.length} more logs` : first.why,
      codes,
    },
  ]
}
