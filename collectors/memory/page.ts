import type { MemorySample } from '../../../collectors/memory/collect.ts'
import { renderMemory } from '../render/memory.ts'
import { terminalOf } from '../render/terminal.ts'
import { type Exit, madeOf, print } from './common.ts'
import { type LatestArguments, latest } from './latest.ts'

export interface MemoryArguments extends LatestArguments {
  readonly json?: boolean
}

/** The node and its containers against their limits, and who was killed. */
export async function memory(options: MemoryArguments): Promise<Exit> {
  const seen = await latest('memory', options)
  const sample = seen.sample as MemorySample
  if (options.json) {
    const { node, at } = seen
    const { total, available, pressure, uses, unlimited, account, lastBoot, victims, recent } = sample
    print(
      `${JSON.stringify({ version: 1, node, at, total, available, pressure, uses, unlimited, account, lastBoot, victims, recent }, null, 2)}\n`,
    )
  } else {
    const terminal = terminalOf(process.stdout, process.env)
    print(madeOf('memory', () => renderMemory({ ...seen, sample }, terminal)))
  }
  return 0
}
