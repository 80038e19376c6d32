import { askFor } from '../../api/ask.ts'
import { round } from '../../core/round.ts'
import { openMachine } from '../../host/machine.ts'
import { recordedNode } from '../../host/replay.ts'
import type { Sample } from '../../model/index.ts'
import { minute } from '../../text/times.ts'
import { type Common, collectors, Refusal, settings } from './common.ts'

/** What a collector last saw, for the commands that show one collector in full. */
export interface Latest {
  readonly node: string
  readonly sample: Sample
  /** When that was seen, and what time it is for the reader: the same but for a daemon's sample. */
  readonly at: number
  readonly now: number
  /** Why there is no such sample from the daemon, when this is a look of one's own. */
  readonly alone?: string
}

export interface LatestArguments extends Common {
  /** A recorded node to look at instead. */
  readonly node?: string
}

/** The running daemon's last sample; without a daemon, or for a recorded node, one look of one's own. Refuses when nothing can be seen. */
export async function latest(name: string, options: LatestArguments): Promise<Latest> {
  const config = settings(options)
  const now = Date.now()
  if (options.node) {
    const host = recorded(options.node)
    return { ...(await lookAlone(name, host, options)), node: host.node }
  }
  try {
    const known = await askFor<Omit<Latest, 'node'> | null>(config.socket, `/v1/sample?collector=${name}`)
    if (known) return { ...known, node: config.node, now }
  } catch (error) {
    const machine = openMachine()
    try {
      const seen = await lookAlone(name, machine.during(AbortSignal.timeout(minute)), options)
      return { ...seen, node: config.node, alone: (error as Error).message }
    } finally {
      machine.close()
    }
  }
  throw new Refusal(`the agent has not looked at ${name} yet; ask again in a moment`)
}

function recorded(folder: string) {
  try {
    return recordedNode(folder)
  } catch (error) {
    throw new Refusal((error as Error).message, 3, { cause: error })
  }
}

async function lookAlone(
  name: string,
  host: Parameters<typeof round>[2],
  options: Common,
): Promise<Omit<Latest, 'node'>> {
  const collector = collectors.find((it) => it.name === name)
  if (!collector) throw new Refusal(`there is no collector called ${name}`)
  const outcome = await round(collector, settings(options).collectors[name]?.settings ?? {}, host, {
    heard: [],
  })
  if (!outcome.sample) throw new Refusal(`${name}: ${outcome.unseen.map((it) => it.why).join('; ')}`)
  return { sample: outcome.sample, at: outcome.at, now: host.now() }
}
