import { openMachine } from '../../agent/host/machine.ts'
import { cni } from '../../collectors/cni/index.ts'
import { costOf } from './measure.ts'

/**
 * What a round of the pod network costs on the node on which this is started, against `ip -j link` alone: a line
 * of JSON. As the daemon makes them: with the sample of the last, and as a wake would have it, so that no DNS
 * server is waited for.
 */
export interface NetRound {
  readonly pods: number
  readonly found: readonly string[]
  /** Bytes. */
  readonly sample: number
  readonly link: Cost
  readonly round: Cost
}
export interface Cost {
  /** ms, of this process and of what it ran. */
  readonly cpu: number
  /** ms. */
  readonly took: number
}

if (import.meta.main) {
  const host = openMachine().during(new AbortController().signal)
  let past: Parameters<typeof cni.collect>[2] = { heard: [] }
  const look = async () => {
    const sample = await cni.collect(host, {}, past)
    past = { sample, at: host.now(), heard: [{ at: host.now(), text: '36: cni0: <UP>' }] }
    return sample
  }
  await look()
  const sample = await look()
  const all: NetRound = {
    pods: Object.keys(sample.pods ?? {}).length,
    found: cni.assess(sample, past, {}, host.now()).map((it) => it.code),
    sample: JSON.stringify(sample).length,
    link: await costOf(30, () => host.run(['ip', '-j', 'link'])),
    round: await costOf(30, look),
  }
  process.stdout.write(JSON.stringify(all))
  process.exit()
}
