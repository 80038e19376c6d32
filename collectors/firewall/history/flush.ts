import type { WakeEvent } from '../../../agent/model/index.ts'
import { day, minute } from '../../../agent/text/times.ts'
import { type Cells, type Family, families, ownerIn, total } from '../cells.ts'
import type { Owner } from '../checks/owners.ts'
import { type Author, likeliest } from './author.ts'
import type { FlannelMemory } from './flannel.ts'

/** Rules were taken away: the state before, and what is known of the moment. */
export interface Flush {
  readonly at: number
  /** When the rules were last seen whole, where nobody told of the moment. */
  readonly seen?: number
  readonly by?: Author
  readonly had: Cells
  /** The fewest rules there were since, of each family that lost any. */
  readonly least: Readonly<Partial<Record<Family, number>>>
}

/** What must be known of earlier rounds to see a loss; it lives in the sample. */
export interface Memory {
  /** What this node had when all was well. */
  readonly reference: Cells
  readonly boot?: string
  /** Since when there has been less than that, without it being a flush. */
  readonly less?: number
  readonly flush?: Flush
  readonly flannel?: FlannelMemory
}

export interface Present {
  readonly cells: Cells
  readonly now: number
  /** The kernel's boot id: rules do not outlive a boot, so that losing them is no flush. */
  readonly boot?: string
  /** k3s runs and has had time to write its rules. */
  readonly k3s: boolean
  /** What ufw's own settings say. */
  readonly ufw?: 'on' | 'off'
  readonly heard: readonly WakeEvent[]
  /** When the last round was. */
  readonly last?: number
}

/** A loss in several steps, as people copy them one by one, is measured against the state before the first. */
export const patience = 10 * minute
/** After this the state with fewer rules is what this node has, if nobody misses them: whoever was told has had a day. */
export const forgotten = day
/** So many rules of one's own making in built-in chains of one table do not go one by one. */
const manyOwn = 5

const kubernetes: ReadonlySet<Owner> = new Set(['kube-proxy', 'kube-router', 'flannel'])

/**
 * Places where an owner has none of its rules left in the built-in chains, so that the rest is reached no
 * more. Rules there do not come and go with pods and services, unlike those of the CNI plugins, whose last
 * host port takes them away.
 */
export function lost(had: Cells, cells: Cells): string[] {
  return Object.entries(had)
    .filter(([place, [, anchors]]) => anchors > 0 && ownerIn(place) !== 'cni' && !cells[place]?.[1])
    .map(([place]) => place)
}

/**
 * A flush empties a table for every owner at once, which none of them does when it leaves. An owner's loss
 * alone counts where it cannot have left: kube-proxy while k3s runs, ufw while it is on, many rules of
 * one's own. What leaves with k3s, or with ufw once it is switched off, is not counted.
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
    return owners.has('other') && gone.some((place) => (reference[place]?.[1] ?? 0) >= manyOwn)
  })
}

/** At least half of what stood in the built-in chains stands there again. A restarted k3s does not bring host ports back. */
function isBack({ had }: Flush, { cells, ufw }: Present): boolean {
  return Object.entries(had).every(([place, [, anchors]]) => {
    const owner = ownerIn(place)
    if (anchors === 0 || owner === 'cni' || (owner === 'ufw' && ufw === 'off')) return true
    return (cells[place]?.[1] ?? 0) >= Math.ceil(anchors / 2)
  })
}

/** Whose rules they were is there and needs them: such a state never becomes the normal one. */
function isMissed({ had }: Flush, { cells, k3s, ufw }: Present): boolean {
  const owners = new Set(lost(had, cells).map(ownerIn))
  return (owners.has('kube-proxy') && k3s) || (owners.has('ufw') && ufw === 'on')
}

/** The fewest rules of each family that has lost any. */
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

/** What to remember after a look, given what was remembered before it. Pure. */
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
