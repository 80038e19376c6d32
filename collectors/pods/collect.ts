import type { Host, Past, Pod } from '../../agent/model/index.ts'
import { HostError } from '../../agent/model/index.ts'
import { nameOf } from '../node/pods.ts'
import { bootOf } from './boot.ts'
import type { Choice } from './choose.ts'
import { choose, comesFirst, keyOf } from './choose.ts'
import type { Container } from './folders.ts'
import { pathOf, readLinks, remembered } from './folders.ts'
import type { Growth, Read } from './grow.ts'
import { afterRotation, fileOf, firstTail, growthOf, readOn } from './grow.ts'
import { type Listing, listing } from './listing.ts'
import type { Restarted } from './restarting.ts'
import { longestWait, mostTimes, restarting } from './restarting.ts'
import { addSaid, withoutReplaced } from './said.ts'
import type { Place, PodsSample, Restarting, Said, Unjudged } from './sample.ts'
import type { Found, Matcher } from './scan.ts'
import { shares } from './share.ts'
import { present, statsOf } from './states.ts'
import { saidBy } from './text.ts'
import type { Missed } from './unjudged.ts'
import { stillUnjudged, unseenOf } from './unjudged.ts'

export interface Plan {
  readonly matcher: Matcher
  /** How long what a log said stays a finding, ms. */
  readonly hold: number
  /** Restarts count for this long, ms. */
  readonly window: number
  /** From this number on it is worth asking how the last restart came about. */
  readonly restarts: number
  /** How many containers are read in one run; a node has 110 pods by default. */
  readonly mostContainers?: number
  /** Bytes of all logs read in one run, which take a second or two. */
  readonly mostBytes?: number
}

/** How many containers are listed; any beyond are only counted. */
const mostListed = 5_000
/** How many logs are read at the same time: enough to save waiting, few enough to need little memory. */
const atOnce = 16
/** Reading ends well before the run would time out, ms, so that on a slow disk what was read is not lost. */
const longestRead = 15_000

/** One container in one collector run. */
interface Seen {
  readonly it: Container
  readonly former?: Place
  readonly place?: Place
  readonly found?: readonly Found[]
  readonly left?: number
  readonly lost?: boolean
  /** It, or a file of it, went away meanwhile. */
  readonly gone?: boolean
  readonly error?: unknown
}

/** One collector run: which containers were restarted, and what their logs have said since the previous run. */
export async function collect(host: Host, plan: Plan, past: Past<PodsSample>): Promise<PodsSample> {
  const before = past.sample
  const { mostContainers = 500 } = plan
  const { anew = [], ...boot } = await bootOf(host, before, () => keysIn(before?.places ?? {}), host.now())
  // A machine without a clock of its own may go through the same times in each boot.
  const listed = await listing(host, mostListed, boot.boot === before?.boot ? before?.folders : undefined)
  const { containers, all } = listed
  const moving =
    containers.length > mostContainers ? await movingOf(host, containers, before) : new Set<string>()
  const choice = choose(containers, mostContainers, moving, before?.turns)
  const seen = await readAll(host, choice.followed, plan, before, listed)
  const missed = missedOf(seen, choice, all - containers.length)
  const places = placesOf(seen, choice, before)
  const now = host.now()
  const sayings = seen.flatMap(({ it, found }) => asSaid(it, found ?? [], now, plan.hold))
  const severities = new Map(plan.matcher.patterns.map((it) => [it.name, it.severity]))
  const pods = Object.keys(places)
  const fromBefore = withoutReplaced(before?.said ?? [], pods)
  const { said, evicted, expired } = addSaid(fromBefore, sayings, now, plan.hold, (pattern) =>
    ['info', 'warning', 'critical'].indexOf(severities.get(pattern) ?? 'info'),
  )
  const waiting = new Set(anew)
  const restarted = restartedIn(seen, before, plan).map((one) =>
    waiting.delete(keyOf(one.it)) ? { ...one, byBoot: true as const } : one,
  )
  const loops = await restarting(host, before?.restarting ?? [], restarted, () => readLinks(host), {
    ...plan,
    now,
    there: ({ namespace, name, uid, container = '' }) =>
      remembered(places, { folder: `${namespace}_${name}_${uid}`, container }) !== undefined,
  })
  const judged = new Set([
    ...[...said, ...sayings.filter((it) => it.over)].map(saidBy),
    ...loops.kept.map((it) => nameOf(it.pod)),
  ])
  const dropped = [
    ...evicted.map((it) => ofLog(it, it.last + plan.hold)),
    ...expired.map((it) => ofLog(it, now)),
    ...loops.evicted.map((it) =>
      ofLoop(it, (it.times.at(-1) ?? now) + (it.times.length > 0 ? plan.window : longestWait)),
    ),
    ...(before?.restarting ?? []).map((it) => ofLoop(it, now)),
  ]
  const waits = withoutReplaced(before?.unjudged ?? [], pods)
  const unjudged = stillUnjudged(waits, dropped, judged, missed, now)
  const unseen = unseenOf(missed, unjudged, all)
  const folders = listed.after(seen.filter((it) => it.error === undefined && !it.gone).map(({ it }) => it))
  return {
    ...boot,
    ...(waiting.size > 0 && { anew: [...waiting] }),
    ...(folders && { folders }),
    places,
    restarting: loops.kept,
    said,
    ...(unjudged.length > 0 && { unjudged }),
    ...(missed.bytes > 0 && { left: missed.bytes }),
    ...(missed.waiting.length > 0 && { unfollowed: all - choice.followed.length, turns: choice.turns }),
    ...(unseen.length > 0 && { unseen }),
  }
}

const keysIn = (places: PodsSample['places']) =>
  Object.entries(places).flatMap(([folder, its]) =>
    Object.keys(its).map((container) => keyOf({ folder, container })),
  )

const ofLog = (it: Said, until: number): Unjudged => ({
  code: 'pods.log-says',
  subject: saidBy(it),
  pod: it.pod,
  until,
})

const ofLoop = ({ pod }: Restarting, until: number): Unjudged => ({
  code: 'pods.crash-looping',
  subject: nameOf(pod),
  pod,
  until,
})

/** Works on all items in groups of `atOnce`; results are in the order of the items. */
async function inGroups<T, R>(all: readonly T[], work: (it: T, index: number) => Promise<R>): Promise<R[]> {
  const done: R[] = []
  for (let at = 0; at < all.length; at += atOnce)
    done.push(...(await Promise.all(all.slice(at, at + atOnce).map((it, index) => work(it, at + index)))))
  return done
}

/** Containers that were restarted, said something, are not read to the end, or have grown since they were last read. */
async function movingOf(
  host: Host,
  containers: readonly Container[],
  before: PodsSample | undefined,
): Promise<ReadonlySet<string>> {
  const names = new Set([...(before?.restarting ?? []), ...(before?.said ?? [])].map((it) => nameOf(it.pod)))
  const placed = containers.flatMap((it) => {
    const place = remembered(before?.places, it)
    return place ? [{ it, place }] : []
  })
  const facts = await host.stats(placed.map(({ it, place }) => `${pathOf(it)}/${place[0]}.log`))
  const grown = placed.filter(({ place: [, inode, offset, of] }, at) => {
    const one = facts[at]
    return of !== undefined || one instanceof Error || one?.ino !== inode || one.size !== offset
  })
  return new Set([
    ...containers.filter((it) => names.has(nameOf(it.pod))).map(keyOf),
    ...grown.map(({ it }) => keyOf(it)),
  ])
}

/** First measures how much each log has grown, so that all get their share of the bytes; then reads them. */
async function readAll(
  host: Host,
  followed: readonly Container[],
  { matcher, mostBytes = 256 * 1024 * 1024 }: Plan,
  before: PodsSample | undefined,
  { same }: Pick<Listing, 'same'>,
): Promise<readonly Seen[]> {
  const until = performance.now() + longestRead
  const placeOf = (it: Container) => remembered(before?.places, it)
  // Where its folder has not changed, one stat of a log is enough; all are asked at once.
  const stats = await statsOf(
    host,
    followed.map((it) => {
      const place = same(it) ? placeOf(it) : undefined
      return place && fileOf(pathOf(it), place)
    }),
  )
  const grown = await inGroups(followed, async (it, at): Promise<Seen & { readonly growth?: Growth }> => {
    const former = placeOf(it)
    const about = { it, ...(former && { former, place: former }) }
    if (!former && same(it)) return about
    try {
      const stat = present(stats[at])
      const growth = await growthOf(host, pathOf(it), former, { stat, ...(!before && { tail: firstTail }) })
      return { ...about, ...(growth && { growth }) }
    } catch (error) {
      return { ...about, ...failure(error) }
    }
  })
  const demands = grown.map(({ it: { pod, folder }, growth }) => ({
    pod: folder,
    bytes: growth?.bytes ?? 0,
    first: comesFirst(pod),
  }))
  // Smallest shares first: these are certain to be finished in time.
  const shared = shares(demands, mostBytes)
  const order = [...grown.keys()].sort((a, b) => (shared[a] ?? 0) - (shared[b] ?? 0))
  const seen: Seen[] = []
  const reads: (Read | undefined)[] = new Array(grown.length).fill(undefined)
  await inGroups(order, async (at) => {
    const { growth, ...about } = grown[at] as (typeof grown)[number]
    seen[at] = about
    if (!growth) return
    try {
      reads[at] = await readOn(host, growth, matcher, shared[at], until)
    } catch (error) {
      seen[at] = { ...about, ...failure(error), lost: growth.lost === true }
    }
  })
  const after = await statsOf(
    host,
    reads.map((it) => it?.rotated?.file),
  )
  for (const [at, read] of reads.entries()) {
    const about = seen[at]
    if (!read || !about) continue
    const lost = grown[at]?.growth?.lost === true
    try {
      const { place, found, left } = afterRotation(read, present(after[at]))
      seen[at] = { ...about, place, found, left, lost }
    } catch (error) {
      seen[at] = { ...about, ...failure(error), lost }
    }
  }
  return seen
}

/** A container that goes away during the run is no error. */
const failure = (error: unknown) =>
  error instanceof HostError && error.code === 'missing' ? { gone: true } : { error }

function missedOf(seen: readonly Seen[], { waiting }: Choice, uncounted: number): Missed {
  const behind = seen.filter((it) => (it.left ?? 0) > 0)
  const more: Pod[] = uncounted > 0 ? [{ namespace: '…', name: `${uncounted} that are not listed` }] : []
  return {
    failed: seen.flatMap(({ it: { pod }, error }) => (error === undefined ? [] : [{ pod, error }])),
    left: behind.map((it) => it.it.pod),
    bytes: behind.reduce((sum, it) => sum + (it.left ?? 0), 0),
    lost: seen.flatMap(({ it: { pod }, lost }) => (lost ? [pod] : [])),
    waiting: [...waiting.map((it) => it.pod), ...more],
  }
}

/** Where to go on reading each log; containers whose turn is later keep their place. */
function placesOf(seen: readonly Seen[], { waiting }: Choice, before: PodsSample | undefined) {
  const places: Record<string, Record<string, Place>> = {}
  const put = ({ folder, container }: Container, place: Place | undefined) => {
    if (!place) return
    const its = places[folder] ?? {}
    places[folder] = its
    its[container] = place
  }
  for (const { it, place } of seen) put(it, place)
  for (const it of waiting) put(it, remembered(before?.places, it))
  return places
}

/**
 * Containers started since they were last read. If one was never read before, it is known only that it was restarted
 * often.
 */
function restartedIn(seen: readonly Seen[], before: PodsSample | undefined, { restarts }: Plan): Restarted[] {
  const fresh = before !== undefined && !before.unfollowed
  return seen.flatMap(({ it, former, place }) => {
    if (!place) return []
    const [count] = place
    if (former || fresh) {
      const times = Math.min(mostTimes, count - (former?.[0] ?? 0))
      return times > 0 ? [{ it, restarts: count, times }] : []
    }
    return count >= restarts ? [{ it, restarts: count, times: 0 }] : []
  })
}

/** What was found, by pattern; matches older than `hold` count no lines. */
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
