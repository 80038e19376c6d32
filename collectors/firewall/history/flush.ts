import type { WakeEvent } from '../../../agent/model/index.ts'
import { day, minute } from '../../../agent/text/times.ts'
import { type Cells, type Family, families, ownerIn, total } from '../cells.ts'
import type { Owner } from '../dump/owners.ts'
import { type Author, likeliest } from './author.ts'
import type { FlannelMemory } from './flannel.ts'

/** Rules were flushed: the state before, and what is known of the moment. */
export interface Flush {
  readonly at: number
  /** When the rules were last seen complete, where no event gave the exact moment. */
  readonly seen?: number
  readonly by?: Author
  readonly had: Cells
  /** The fewest rules seen since then, for each family that lost any. */
  readonly least: Readonly<Partial<Record<Family, number>>>
}

/** What must be known of earlier runs to notice a loss; part of the sample. */
export interface Memory {
  /** The rules this node had when all was well. */
  readonly reference: Cells
  readonly boot?: string
  /** Since when there have been fewer, without it being a flush. */
  readonly less?: number
  readonly flush?: Flush
  readonly flannel?: FlannelMemory
}

export interface Present {
  readonly cells: Cells
  readonly now: number
  /** The kernel's boot id: rules do not survive a reboot, so losing them in one is no flush. */
  readonly boot?: string
  /** k3s runs and has had time to write its rules. */
  readonly k3s: boolean
  /** What ufw's own settings say. */
  readonly ufw?: 'on' | 'off'
  readonly heard: readonly WakeEvent[]
  /** When the previous collector run was, ms since the epoch. */
  readonly last?: number
}

/**
 * A loss in several steps (people paste commands one by one) is measured against the state before the first step, for
 * this long, ms.
 */
export const patience = 10 * minute
/** After this time, ms, the state with fewer rules counts as normal, unless an owner still needs the lost rules. */
export const forgotten = day
/** This many rules of no known owner in built-in chains of one table are not deleted one by one. */
const manyOwn = 5

const kubernetes: ReadonlySet<Owner> = new Set(['kube-proxy', 'kube-router', 'flannel'])

/**
 * Places (family, table, owner) where an owner has none of its rules left in the built-in chains, so that packets no
 * longer reach the rest of its rules. These rules do not come and go with pods and services. The CNI plugins are left
 * out: theirs go with the last host port.
 */
export function lost(had: Cells, cells: Cells): string[] {
  return Object.entries(had)
    .filter(([place, [, anchors]]) => anchors > 0 && ownerIn(place) !== 'cni' && !cells[place]?.[1])
    .map(([place]) => place)
}

/**
 * A flush empties a table for all owners at once; an owner that is uninstalled or stopped removes only its own rules.
 * The loss of one owner alone counts where it cannot have left: kube-proxy while k3s runs, ufw while it is on, many
 * rules of no known owner. What goes when k3s stops, or when ufw is switched off, does not count.
 */
export function isFlush(reference: Cells, { cells, k3s, ufw }: Present): boolean {
  return families.some((family) => {
    const gone = lost(reference, cells).filter((place) => {
      const owner = ownerIn(place)
      return (
        place.startsWith(family) && (k3s || !kubernetes.has(owner)) && !(owner === 'ufw' && ufw === 'off')
      )
    })
    const owners = new Set(gone.map(ownerIn))
    if (owners.size !== 1) return owners.size > 1
    if (owners.has('kube-proxy')) return true
    if (owners.has('ufw')) return ufw === 'on'
    // Where there are more rules than before, somebody replaced rules: k3s does when it starts.
    return (
      owners.has('other') &&
      total(cells, family) < total(reference, family) &&
      gone.some((place) => (reference[place]?.[1] ?? 0) >= manyOwn)
    )
  })
}

/**
 * At least half of each owner's rules in the built-in chains are back. Host ports do not count, since a restart of k3s
 * does not bring them back.
 */
function isBack({ had }: Flush, { cells, ufw }: Present): boolean {
  return Object.entries(had).every(([place, [, anchors]]) => {
    const owner = ownerIn(place)
    if (anchors === 0 || owner === 'cni' || (owner === 'ufw' && ufw === 'off')) return true
    return (cells[place]?.[1] ?? 0) >= Math.ceil(anchors / 2)
  })
}

/** The owner of the lost rules runs and needs them, so this state never becomes the normal one. */
function isMissed({ had }: Flush, { cells, k3s, ufw }: Present): boolean {
  const owners = new Set(lost(had, cells).map(ownerIn))
  return (owners.has('kube-proxy') && k3s) || (owners.has('ufw') && ufw === 'on')
}

/** The fewest rules seen, for each family that has lost any. */
function leastOf(flush: Pick<Flush, 'had' | 'least'>, cells: Cells): Flush['least'] {
  const gone = lost(flush.had, cells)
  const least: Partial<Record<Family, number>> = {}
  for (const family of families) {
    const before = flush.least[family]
    if (before === undefined && !gone.some((place) => place.startsWith(family))) continue
    least[family] = Math.min(before ?? Number.POSITIVE_INFINITY, total(cells, family))
  }
  return least
}

/** What to remember after a collector run, given what was remembered before it. Pure. */
export function remember(memory: Memory | undefined, present: Present): Memory {
  const { cells, now, boot, heard, last } = present
  const here = boot === undefined ? {} : { boot }
  const fresh: Memory = { reference: cells, ...here }
  if (!memory || (boot !== undefined && memory.boot !== undefined && boot !== memory.boot)) return fresh

  if (memory.flush) {
    const { flush } = memory
    if (isBack(flush, present) || (now - flush.at >= forgotten && !isMissed(flush, present))) return fresh
    return { ...memory, ...here, flush: { ...flush, least: leastOf(flush, cells) } }
  }

  const { reference } = memory
  if (isFlush(reference, present)) {
    const by = likeliest(heard)
    const least = leastOf({ had: reference, least: {} }, cells)
    const known = by ? { by } : last !== undefined ? { seen: last } : {}
    return { reference, ...here, flush: { at: by?.at ?? now, had: reference, least, ...known } }
  }
  const less = Object.entries(reference).some(
    ([place, [, anchors]]) => ownerIn(place) !== 'cni' && (cells[place]?.[1] ?? 0) < anchors,
  )
  if (!less || now - (memory.less ?? now) >= patience) return fresh
  return { reference, ...here, less: memory.less ?? now }
}
