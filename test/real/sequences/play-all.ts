import { onlyKiller } from '../cgroups.ts'
import { draw, type Plan } from './draw.ts'
import { type Node, openNode } from './node.ts'
import { type Played, playOn } from './play.ts'

/** Those that take longest first. */
const order = { slow: 0, kills: 1, quick: 2 } as const
/** A kill is held for a minute by the settings of these nodes, s. */
const kept = 61
/** So many nodes are set up at once: more are not sooner ready on two cores, and a command may then take a minute. */
const atOnce = 2

/**
 * Plays the sequences of some seeds on some nodes at once; each node is used again for the next one. Kills are played by
 * one node at a time, a minute after the last kill on this machine. `heard` is called with each that is over.
 */
export async function playAll(
  seeds: readonly number[],
  nodes: number,
  heard: (it: Played, node: number) => void = () => {},
): Promise<readonly Played[]> {
  const left = seeds.map(draw).sort((a, b) => order[a.profile] - order[b.profile])
  const played: Played[] = []
  const take = (kills: boolean): Plan | undefined => {
    const at = left.findIndex((it) => (it.profile === 'kills') === kills)
    return at < 0 ? undefined : left.splice(at, 1)[0]
  }
  const killing = openKilling(() => left.some((it) => it.profile === 'kills'))
  const gate = openGate(atOnce)
  const works = async (number: number) => {
    const node = await gate(() => (left.length > 0 ? openNode() : Promise.resolve(undefined)))
    if (!node) return
    const run = async (plan: Plan, on: Node) => {
      const it = await playOn(on, plan)
      played.push(it)
      heard(it, number)
    }
    try {
      for (;;) {
        const plan = killing.isReady() ? undefined : take(false)
        if (plan) await run(plan, node)
        else if (!(await killing.alone(() => run(take(true) as Plan, node)))) {
          const other = take(false)
          if (!other) break
          await run(other, node)
        }
      }
    } catch (error) {
      // The others end soon.
      left.length = 0
      throw error
    } finally {
      await node.stop()
    }
  }
  const ends = await Promise.allSettled(
    Array.from({ length: Math.min(nodes, seeds.length) }, (_, at) => works(at)),
  )
  await killing.close()
  for (const it of ends) if (it.status === 'rejected') throw it.reason
  return played.sort((a, b) => a.seed - b.seed)
}

/** So many at a time, the others after them. */
function openGate(most: number) {
  const ends: Promise<unknown>[] = []
  return <T>(work: () => Promise<T>): Promise<T> => {
    const before = ends.length >= most ? ends[ends.length - most] : undefined
    const it = Promise.resolve(before).then(work)
    ends.push(it.catch(() => {}))
    return it
  }
}

/** The right to have processes killed, asked for while other sequences are played. `wanted`: there is one that needs it. */
function openKilling(wanted: () => boolean) {
  let release: (() => void) | undefined
  let busy = false
  const ask = () =>
    wanted()
      ? onlyKiller(kept).then((it) => {
          release = it
        })
      : undefined
  let asked = ask()
  return {
    isReady: () => release !== undefined && !busy && wanted(),
    /** Runs it once nobody else kills; false if there is none to run, or another one waits already. */
    async alone(work: () => Promise<void>): Promise<boolean> {
      if (busy || !wanted()) return false
      busy = true
      await asked
      try {
        if (wanted()) await work()
      } finally {
        release?.()
        release = undefined
        busy = false
        asked = ask()
      }
      return true
    },
    async close(): Promise<void> {
      await asked
      release?.()
    },
  }
}
