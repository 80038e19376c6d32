import type { WakeEvent } from '../../../agent/model/index.ts'
import { type Cells, families, inTables, ownerIn, tableIn, total } from '../cells.ts'
import { type Owner, takesItsOwn } from '../dump/owners.ts'

/** What is there now, and what decides whether a loss is a flush. */
export interface Present {
  readonly cells: Cells
  readonly now: number
  /** The kernel's boot id: rules do not survive a reboot, so losing them in one is no flush. */
  readonly boot?: string
  /**
   * What k3s wrote must be there: it has had time to write its rules, or has run since they were last seen. `stopped`:
   * it does not run, and whoever stopped it may have deleted them.
   */
  readonly k3s: boolean | 'stopped'
  /** What ufw's own settings say. */
  readonly ufw?: 'on' | 'off'
  readonly heard: readonly WakeEvent[]
  /** When the previous collector run was, ms since the epoch. */
  readonly last?: number
}

/** This many rules of no known owner in built-in chains of one table are not deleted one by one. */
const manyOwn = 5

const kubernetes: ReadonlySet<Owner> = new Set(['kube-proxy', 'kube-router', 'flannel'])

export const isOfKubernetes = (place: string) => kubernetes.has(ownerIn(place))

/**
 * Places (family, table, owner) where an owner has none of its rules left in the built-in chains, so that packets no
 * longer reach the rest of its rules. These rules do not come and go with pods and services. Who takes their own
 * away is left out.
 */
export function lost(had: Cells, cells: Cells): string[] {
  return Object.entries(had)
    .filter(([place, [, anchors]]) => anchors > 0 && !takesItsOwn(ownerIn(place)) && !cells[place]?.[1])
    .map(([place]) => place)
}

/** A table with no fewer rules than before: somebody replaced rules, as k3s does when it starts, and flushed none. */
const isReplaced = (table: string, had: Cells, cells: Cells) =>
  total(inTables(cells, [table])) >= total(inTables(had, [table]))

/**
 * The tables that were flushed, as `ipv4 nat`. A flush empties a table for all owners at once; an owner that is
 * uninstalled or stopped removes only its own rules. The loss of one owner alone counts where it cannot have left:
 * kube-proxy while k3s runs, ufw while it is on, many rules of no known owner. What goes when k3s stops, or when ufw is
 * switched off, does not count.
 */
export function flushedTables(reference: Cells, { cells, k3s, ufw }: Present): readonly string[] {
  return families.flatMap((family) => {
    const gone = lost(reference, cells).filter(
      (place) =>
        place.startsWith(family) &&
        (k3s === true || !isOfKubernetes(place)) &&
        !(ownerIn(place) === 'other' && isReplaced(tableIn(place), reference, cells)) &&
        !(ownerIn(place) === 'ufw' && ufw === 'off'),
    )
    const owners = new Set(gone.map(ownerIn))
    const isFlush =
      owners.size > 1 ||
      owners.has('kube-proxy') ||
      (owners.has('ufw') && ufw === 'on') ||
      // Where there are more rules than before, somebody replaced rules: k3s does when it starts.
      (owners.has('other') &&
        total(cells, family) < total(reference, family) &&
        gone.some((place) => (reference[place]?.[1] ?? 0) >= manyOwn))
    return isFlush ? [...new Set(gone.map(tableIn))].sort((a, b) => (a < b ? -1 : 1)) : []
  })
}

/** The owner of the lost rules runs and needs them, so this state never becomes the normal one. */
export function isMissed(needs: Cells, { cells, k3s, ufw }: Present): boolean {
  const owners = new Set(lost(needs, cells).map(ownerIn))
  return (owners.has('kube-proxy') && k3s === true) || (owners.has('ufw') && ufw === 'on')
}

/**
 * At least half of each owner's rules in the built-in chains are back. Host ports do not count, since a restart of k3s
 * does not bring them back, nor what firewalld has taken away itself.
 */
export function isBack(needs: Cells, { cells, ufw }: Present): boolean {
  return Object.entries(needs).every(([place, [, anchors]]) => {
    const owner = ownerIn(place)
    if (anchors === 0 || takesItsOwn(owner) || (owner === 'ufw' && ufw === 'off')) return true
    return (cells[place]?.[1] ?? 0) >= Math.ceil(anchors / 2)
  })
}
