import type { Host, Past } from '../../agent/model/index.ts'
import { type Asked, due, type Extent, inDoubt, reachable, remembered, type Saw } from './reach.ts'
import { doubted, kubeletOf, passesWhole } from './reach-ask.ts'
import { isOfPoll, pollPause } from './reach-poll.ts'
import type { CniSample, Reach } from './sample.ts'

/** How many nodes are asked for their name in one round: a handshake each, once. */
const mostNamed = 8

/** How old the answer may be that the poll found different, ms: its pause, and two packets. */
const pollBack = pollPause + 2_000

/**
 * Asks the other nodes over the overlay whether packets arrive, small and of full size, in rounds by the clock and where
 * the poll found a change. A round that something else woke must not wait: there what was seen last stands, but for who
 * fell silent a moment ago, and answers again.
 */
export async function readReach(
  host: Host,
  seen: CniSample,
  past: Past<CniSample>,
): Promise<Pick<CniSample, 'reach'>> {
  const all = seen.peers ?? []
  const before = past.sample?.reach ?? {}
  // A node that has left, and only that, is forgotten.
  const known = Object.fromEntries(
    all.flatMap(({ via }) => (before[via] ? [[via, before[via]] as const] : [])),
  )
  const heard = past.heard.filter((it) => isOfPoll(it.text))
  const extent: Extent = heard.length > 0 ? 'everyone' : past.heard.length > 0 ? 'unsure' : 'due'
  const now = host.now()
  const wellAt = (heard[0]?.at ?? 0) - pollBack
  const asked = due(reachable(seen), known, now, extent)
  const whole = await Promise.all(asked.map(async (it) => [it, await passesWhole(host, it)] as const))
  const found = new Map<string, Saw>()
  const lost: Asked[] = []
  for (const [it, answer] of whole)
    if (answer) found.set(it.via, { by: 'udp', small: true, full: true })
    else if (answer === false && extent !== 'unsure') lost.push(it)
  const isNameless = ({ via }: Asked) => extent !== 'unsure' && found.has(via) && !known[via]?.served
  const nameless = asked.filter(isNameless).slice(0, mostNamed)
  await Promise.all([
    ...inDoubt(lost, known).map(async (it) => found.set(it.via, await doubted(host, it, known[it.via]))),
    ...nameless.map(async (it) => {
      const its = it.node === undefined ? {} : await kubeletOf(host, it.node)
      found.set(it.via, { ...found.get(it.via), ...its })
    }),
  ])
  const reach: Record<string, Reach> = { ...known }
  for (const [via, saw] of found) reach[via] = remembered(known[via], saw, now, wellAt)
  return Object.keys(reach).length > 0 ? { reach } : {}
}
