import { rmSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { breaker, type Kind, type Site, type Tally } from './faults.ts'
import { median, repeat } from './measure.ts'
import { type Stand, say } from './stand.ts'

/** So many nodes are broken in turn side by side, since most of a try is waiting. */
export const nodesAtOnce = 2

/**
 * Breaks the nodes in one way, `tries` times in all, each time with an agent without a past: what comes and goes
 * three times an hour is held, and told no more.
 */
export async function breakOften(
  { certificates, launch }: Stand,
  sites: readonly Site[],
  kind: Exclude<Kind, 'kill'>,
  tries: number,
): Promise<Tally> {
  const tally: Tally = { times: [], missed: [] }
  let begun = 0
  await Promise.all(
    sites.map(async (it, at) => {
      await pause(at * 2_000)
      while (begun < tries) {
        begun += 1
        if (begun % 10 === 0) say(`${kind}: ${begun} of ${tries}, load ${loadavg()[0]?.toFixed(1)}`)
        rmSync(join(it.node.folder, 'agent'), { recursive: true, force: true })
        const agent = await launch(it)
        await pause(3_000)
        await breaker(certificates)(it, kind, tally)
        await agent.stop()
      }
    }),
  )
  return tally
}

/** How long a script takes on a node by itself, ms: the median of ten times. */
export async function alone({ node }: Site, script: string): Promise<number> {
  return median(
    await repeat(10, async () => {
      const { begun, ended } = await node.sh(script)
      return ended - begun
    }),
  )
}
