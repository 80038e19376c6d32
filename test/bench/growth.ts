import { coreSubjects } from './growth-core.ts'
import { fileSubjects } from './growth-files.ts'
import { networkSubjects } from './growth-network.ts'
import type { Grown } from './slope.ts'
import { type Stand, say } from './stand.ts'

/** What grows, and how its cost is measured. */
export interface Subject extends Omit<Grown, 'points'> {
  /** How much of it there is on a common node. */
  readonly common: number
  /** What so much of it costs each time, ms of CPU. */
  readonly cost: (count: number, stand: Stand) => Promise<number>
}

const factors = [1, 10, 100]

/**
 * Cost against work of each collector and of what comes after them, at a common node's size, ten and a hundred times as
 * much: with real rules, interfaces and datagrams in namespaces, real files, and the pure parts in this process.
 */
export async function growth(stand: Stand): Promise<readonly Grown[]> {
  const grown: Grown[] = []
  for (const { common, cost, ...it } of [...networkSubjects, ...fileSubjects, ...coreSubjects]) {
    say(`growth: ${it.of}, ${it.work}`)
    const points = []
    for (const factor of factors) {
      const work = common * factor
      points.push({ work, cost: await cost(work, stand) })
    }
    grown.push({ ...it, points })
  }
  return grown
}
