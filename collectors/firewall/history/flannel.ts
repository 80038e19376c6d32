import { day } from '../../../agent/text/times.ts'
import { type Cells, ownerIn } from '../cells.ts'

/**
 * The families and tables in which this node has had flannel's rules (`ipv4 nat`); they depend on flannel's version.
 */
export interface FlannelMemory {
  readonly places: readonly string[]
  /** Since when at least one of them has had none. */
  readonly missing?: number
}

/** After this time, ms, the smaller set of rules counts as normal. */
const accepted = day

const placesOf = (cells: Cells) =>
  Object.entries(cells)
    .filter(([place, [, anchors]]) => ownerIn(place) === 'flannel' && anchors > 0)
    .map(([place]) => place.replace(/ flannel$/, ''))
    .sort()

/** The remembered places that have none of flannel's rules now. */
export const gone = (memory: FlannelMemory, cells: Cells) => {
  const here = new Set(placesOf(cells))
  return memory.places.filter((it) => !here.has(it))
}

/**
 * What to remember after a collector run. While k3s does not run, nothing is added and nothing counts as missing. Pure.
 */
export function rememberFlannel(
  memory: FlannelMemory | undefined,
  cells: Cells,
  { running, now }: { readonly running: boolean; readonly now: number },
): FlannelMemory | undefined {
  const here = placesOf(cells)
  if (!memory) return here.length > 0 ? { places: here } : undefined
  if (!running) return { places: memory.places }
  if (gone(memory, cells).length === 0) return { places: here }
  const missing = memory.missing ?? now
  if (now - missing >= accepted) return here.length > 0 ? { places: here } : undefined
  return { places: [...memory.places, ...here.filter((it) => !memory.places.includes(it))], missing }
}
