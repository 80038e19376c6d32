import type { Point } from '../model/index.ts'
import { day, hour } from '../text/times.ts'

/** Measured values in memory, as long as the store keeps them. */
export interface SeriesBook {
  add(at: number, values: Readonly<Record<string, number>>): void
  /** From a time on, oldest first. */
  read(name: string, from: number): readonly Point[]
}

/** How often a series is made coarser: once in so many points. */
const tidied = 500

/** Keeps every point for a day, then one an hour for 30 days. */
export function seriesBook(): SeriesBook {
  const all = new Map<string, Point[]>()
  return {
    add(at, values) {
      for (const [name, value] of Object.entries(values)) {
        if (!Number.isFinite(value)) continue
        const points = all.get(name) ?? []
        points.push({ at, value })
        all.set(name, points.length % tidied === 0 ? coarser(points, at) : points)
      }
    },
    read(name, from) {
      const points = all.get(name) ?? []
      const first = points.findIndex((it) => it.at >= from)
      return first < 0 ? [] : points.slice(first)
    },
  }
}

function coarser(points: readonly Point[], at: number): Point[] {
  const hours = new Set<number>()
  return points.filter((it) => {
    if (at - it.at < day) return true
    const one = Math.floor(it.at / hour)
    if (at - it.at >= 30 * day || hours.has(one)) return false
    hours.add(one)
    return true
  })
}
