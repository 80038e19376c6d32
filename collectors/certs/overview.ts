import { groups, type Item } from './groups.ts'
import { derived } from './known-files.ts'
import type { Certificate, CertsSample } from './sample.ts'

/** All certificates of a sample in numbers, each counted once. */
export interface Overview {
  readonly count: number
  readonly expired: number
  /** When the first one that is no authority ends, ms since the epoch. */
  readonly first?: number
}

/**
 * What the files hold that only the settings name, of which there may be thousands. A certificate counts where it is
 * found first, and there it is an authority or not, as `groups` has it.
 */
const extra = derived((files) => {
  const prints = new Set<string>()
  const leaves: Certificate[] = []
  const ends: number[] = []
  for (const { of, loose, certificates } of files)
    if (of === 'extra' && !loose)
      for (const [at, it] of certificates.entries()) {
        if (prints.has(it.print)) continue
        prints.add(it.print)
        ends.push(it.to)
        if (!it.ca || at === 0) leaves.push(it)
      }
  return {
    prints,
    leaves: leaves.sort((a, b) => a.to - b.to),
    ends: Float64Array.from(ends).sort(),
  }
})

export function overview(sample: CertsSample, now: number): Overview {
  const own = groups({ ...sample, files: sample.files.filter((it) => it.of !== 'extra') }, 0)
  const { prints, leaves, ends } = extra(sample.files)
  const itemsOf = (isServed: boolean) =>
    own.flatMap((it) => ((it.kind === 'endpoint') === isServed ? it.items : []))
  const before = itemsOf(false)
  const after = itemsOf(true).filter((it) => !prints.has(it.certificate.print))
  const twice = before.filter((it) => prints.has(it.certificate.print))
  const known = new Set(twice.map((it) => it.certificate.print))
  const isOver = (it: Item) => it.certificate.to < now
  const others = [...before, ...after]
  const firsts = [
    ...others.filter((it) => !it.authority).map((it) => it.certificate.to),
    ...leaves.slice(0, known.size + 1).flatMap((it) => (known.has(it.print) ? [] : [it.to])),
  ]
  return {
    count: others.length + prints.size - twice.length,
    expired: others.filter(isOver).length + below(ends, now) - twice.filter(isOver).length,
    ...(firsts.length > 0 && { first: Math.min(...firsts) }),
  }
}

/** How many of the sorted numbers are smaller. */
function below(sorted: Float64Array, limit: number): number {
  const at = sorted.findIndex((it) => it >= limit)
  return at < 0 ? sorted.length : at
}
