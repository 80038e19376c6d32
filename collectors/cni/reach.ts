import { second } from '../../agent/text/times.ts'
import { linkOf, plan } from './expected.ts'
import type { CniSample, Peer, Reach } from './sample.ts'

/** How many nodes are asked in one round or poll at most; with more, in turns. */
export const mostAsked = 50

/** How many silent nodes get a second and third opinion in one round, which may cost processes. */
const mostDoubted = 16

/**
 * How often a round asks a node, as the poll sees meanwhile whether that changes, ms; and for how long each round asks one
 * that fell silent, until it is sure of that.
 */
const again = 60 * second
const unsure = 30 * second

/** A node that can be asked over the overlay, and the largest packet that the overlay takes. */
export interface Asked extends Peer {
  readonly mtu: number
}

/**
 * The nodes that can be asked: those behind a VXLAN device that is up, of which this node lacks nothing. Each has its
 * device's own address there. host-gw has no overlay, with WireGuard no table says who the others are, and what other CNIs
 * do is not known.
 */
export function reachable(sample: CniSample): readonly Asked[] {
  const it = plan(sample)
  if (it.kind !== 'flannel') return []
  return (sample.peers ?? []).flatMap((peer) => {
    const link = linkOf(sample, peer.dev)
    return it.overlays.includes(peer.dev) && link?.kind === 'vxlan' && link.up && link.mtu > 0 && !peer.lacks
      ? [{ ...peer, mtu: link.mtu }]
      : []
  })
}

/** What decides whom a round asks: `everyone` after a change that the poll saw, `unsure` in a round that must not wait. */
export type Extent = 'everyone' | 'due' | 'unsure'

/** Whom to ask in this round: first who was not well, then who was not asked for the longest time. Pure. */
export function due(
  all: readonly Asked[],
  reach: Readonly<Record<string, Reach>>,
  now: number,
  extent: Extent,
): readonly Asked[] {
  const isWell = ({ via }: Asked) => reach[via]?.passes === 'all'
  const isUnsure = ({ via }: Asked) => Math.abs(now - (reach[via]?.since ?? 0)) < unsure
  return all
    .filter(
      (it) =>
        extent === 'everyone' ||
        isUnsure(it) ||
        (extent === 'due' && Math.abs(now - askedAt(reach, it)) >= again),
    )
    .toSorted((a, b) => Number(isWell(a)) - Number(isWell(b)) || askedAt(reach, a) - askedAt(reach, b))
    .slice(0, mostAsked)
}

/** Who of the silent ones is asked in other ways in this round: who waited longest. Pure. */
export const inDoubt = (lost: readonly Asked[], reach: Readonly<Record<string, Reach>>): readonly Asked[] =>
  lost.toSorted((a, b) => askedAt(reach, a) - askedAt(reach, b)).slice(0, mostDoubted)

const askedAt = (reach: Readonly<Record<string, Reach>>, { via }: Asked) => reach[via]?.at ?? 0

/** What one look at a node came to; what is absent is not known. */
export interface Saw {
  readonly by?: NonNullable<Reach['by']>
  readonly small?: boolean
  readonly full?: boolean
  /** Its address outside the overlay: its kubelet answers, refuses, or something else of it answers, or nothing. */
  readonly host?: 'kubelet' | 'refuses' | 'answers' | 'silent'
  readonly name?: string
}

/**
 * A look, together with what was known before. `wellAt`: when the poll still found it well, where that is later than the
 * last look. Pure.
 */
export function remembered(before: Reach | undefined, saw: Saw, now: number, wellAt = 0): Reach {
  const { first = now, well = 0 } = before ?? {}
  const passes = passed(saw) ?? before?.passes
  const served = before?.served || saw.host === 'kubelet' || undefined
  const name = saw.name ?? before?.name
  const by = saw.by ?? before?.by
  const kept = {
    first: Math.min(first, now),
    at: now,
    ...(by && { by }),
    ...(passes && { passes }),
    ...(served && { served }),
    ...(name !== undefined && { name }),
  }
  if (passes === 'all' || passes === undefined)
    return { ...kept, ...(passes ? { well: passed(saw) ? now : well } : {}) }
  const last = Math.max(well, before?.passes === 'all' ? wellAt : 0)
  const state = hostOf(saw.host, served === true) ?? before?.host
  const gone = state === 'silent' || state === 'away'
  const away = gone ? now : before?.away
  return {
    ...kept,
    ...(last > 0 && { well: Math.min(last, now) }),
    since: Math.min((before?.passes !== 'all' && before?.since) || now, now),
    ...(state && { host: state }),
    ...(away !== undefined && { away: Math.min(away, now) }),
  }
}

/** What its own address says. A port that never was open says nothing when it is closed, of k3s neither. */
function hostOf(said: Saw['host'], served: boolean): Reach['host'] {
  if (said === 'kubelet') return 'answers'
  if (said === undefined || said === 'silent') return said
  if (!served) return 'unsure'
  return said === 'refuses' ? 'away' : 'answers'
}

/** Where nothing shows whether large packets pass, they are not held against it. */
function passed({ small, full }: Saw): Reach['passes'] {
  if (full || (small && full === undefined)) return 'all'
  return small ? 'small' : small === false ? 'none' : undefined
}
