import { defaults } from '../../agent/config/defaults.ts'
import { openMachine } from '../../agent/host/machine.ts'
import type { Collector, Host, Past } from '../../agent/model/index.ts'
import { collectors } from '../../collectors/index.ts'
import { cpuIn } from './measure.ts'

/**
 * What a round costs on this machine in which nothing has changed since the two before, ms of CPU of its own.
 * `node test/bench/quiet.ts COLLECTOR`
 */
export async function quietRound(it: Collector, host: Host, more: object = {}): Promise<number> {
  const settings = { ...defaults(it.settings), ...more }
  let past: Past<object> = { heard: [] }
  const look = async () => {
    const sample = await it.collect(host, settings, past)
    it.assess(sample, past, settings, host.now())
    past = { heard: [], sample, at: host.now() }
  }
  // What the first finds is relied on once the second has seen that it stays.
  await look()
  await look()
  return cpuIn(look)
}

if (import.meta.main) {
  const it = collectors.find(({ name }) => name === process.argv[2])
  if (!it) throw new Error(`no collector ${process.argv[2]}`)
  process.stdout.write(String(await quietRound(it, openMachine().during(new AbortController().signal))))
  process.exit()
}
