import type { Config, SinkConfig } from '../config/config.ts'
import { current, nodeLabels, readStated, type Stated, standing, stated } from '../core/standing.ts'
import { silencesAt } from '../core/windows.ts'
import type { Delivery, LetterTally } from '../delivery/delivery.ts'
import { proclaim } from '../delivery/herald.ts'
import type { Incident, Sink, Standing } from '../model/index.ts'
import type { Store } from '../state/store.ts'
import type { Log } from './log.ts'

export interface HeraldOptions {
  readonly config: Pick<Config, 'node' | 'letterhead'> & Partial<Pick<Config, 'maintenance'>>
  readonly store: Pick<Store, 'silences' | 'sample' | 'saveSample'>
  readonly log: Log
  readonly now: () => number
  /** When the daemon started. */
  readonly started: number
  /** The incidents now; undefined until every collector has finished its first round: then nothing is said. */
  readonly incidents: () => readonly Incident[] | undefined
  /** Called when the sink begins to fail, or works again. */
  readonly turned: () => void
  readonly isWatching?: () => boolean
  readonly tally: LetterTally
}

/** Under which name the state keeps what such a sink was told; no collector is called so. */
const keptAs = (name: string) => `@told/${name}`

/** The herald of one sink that wants all that is open again every minute. */
export function herald({ name, min, settings }: SinkConfig, sink: Sink, options: HeraldOptions): Delivery {
  const { config, store, log, now, incidents, turned, tally } = options
  const { node, letterhead, maintenance } = config
  const { cluster } = letterhead
  // A sink is not told that it fails itself; the other sinks are.
  const concerns = ({ cause }: Incident) => cause.code !== 'agent.sink-failing' || cause.subject !== name
  let told: readonly Stated[] = readStated(store.sample(keptAs(name), 1)?.sample)
  let sick = false
  return proclaim({
    ...{ sink, settings, name, log, now, tally },
    all() {
      const known = incidents()?.filter(concerns)
      if (!known) return undefined
      const at = now()
      const silences = silencesAt(store.silences(), maintenance, at)
      const policy = { node, cluster, min, silences }
      const next = stated(told, current(known, policy, at), at, sink.holds?.(settings) ?? 0)
      // Before it is said: an agent that is killed now must still know what it has to end.
      if (JSON.stringify(next) !== JSON.stringify(told))
        store.saveSample(keptAs(name), { stated: next } as object, at, true, 1)
      told = next
      return [...watchdog(sink, options), ...standing(next, known)]
    },
    head: () => ({ node, ...letterhead }),
    changed: ({ failing }) => {
      if ((failing !== undefined) === sick) return
      sick = !sick
      turned()
    },
  })
}

/** What is always so while this agent does its work. */
function watchdog(sink: Sink, { config, started, isWatching }: HeraldOptions): readonly Standing[] {
  if (!sink.watchdog || isWatching?.() === false) return []
  const own = nodeLabels({ node: config.node, cluster: config.letterhead.cluster })
  return [{ labels: { alertname: sink.watchdog, severity: 'none', ...own }, starts: started }]
}
