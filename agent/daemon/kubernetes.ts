import type { Config } from '../config/config.ts'
import { blindCode } from '../core/round.ts'
import { silencesAt } from '../core/windows.ts'
import type { DeliveryState } from '../delivery/delivery.ts'
import { openDoor } from '../delivery/kubernetes/door.ts'
import type { Domain } from '../delivery/kubernetes/picture.ts'
import { keepNode, type WriterState } from '../delivery/kubernetes/writer.ts'
import type { Machine } from '../host/machine.ts'
import type { Host, Incident, NodeApi } from '../model/index.ts'
import type { Store } from '../state/store.ts'
import { second } from '../text/times.ts'
import type { CollectorRun } from './collector-run.ts'
import { endingOf } from './ending.ts'
import type { Log } from './log.ts'

export interface KubernetesOptions {
  readonly config: Pick<Config, 'kubernetes' | 'letterhead' | 'maintenance'>
  readonly version: string
  readonly machine: Pick<Machine, 'during'>
  readonly store: Pick<Store, 'ledger' | 'silences'>
  readonly log: Log
  readonly now: () => number
  readonly runs: readonly Pick<CollectorRun, 'collector' | 'isLate'>[]
  /** The incidents now; undefined until every collector has finished its first round. */
  readonly incidents: () => readonly Incident[] | undefined
  readonly findNodeApi?: (host: Host) => Promise<NodeApi>
  /** Called when Kubernetes begins to refuse what is written, or takes it again. */
  readonly turned: () => void
}

export interface Kubernetes {
  wake(): void
  /** Its row among the sinks. */
  state(): DeliveryState
  /** What is refused, since when. */
  refused(): WriterState['refused']
  /** Writes the last word, within three seconds. */
  stop(): Promise<void>
}

/** How long a look for the API server may take, ms, and one into a file of it. */
const lookPatience = 20 * second
const readPatience = 2 * second

/** What is written to Kubernetes; undefined where the settings ask for nothing of it. */
export function kubernetes(options: KubernetesOptions): Kubernetes | undefined {
  const { config, version, machine, store, log, now, runs, incidents, findNodeApi, turned } = options
  const wants = config.kubernetes
  if (!findNodeApi || !(wants.conditions || wants.events)) return undefined
  const during = (ms: number) => machine.during(AbortSignal.timeout(ms))
  const writer = keepNode({
    ...{ wants, log, now, changed: turned },
    find: () => findNodeApi(during(lookPatience)),
    open: (api) =>
      openDoor({ api, version, now, read: (path) => during(readPatience).read(path, { limit: 64 * 1024 }) }),
    picture: () => {
      const all = incidents()
      const domains = runs.map((it) => domainOf(it, store.ledger()))
      const { command } = config.letterhead
      return (
        all && {
          incidents: all,
          domains,
          silences: silencesAt(store.silences(), config.maintenance, now()),
          ...(command && { command }),
        }
      )
    },
  })
  return {
    wake: () => writer.wake(),
    state: () => {
      const { refused: _, ...row } = writer.state()
      return row
    },
    refused: () => writer.state().refused,
    stop: () => writer.stop(() => endingOf(during(readPatience), now())),
  }
}

function domainOf(run: KubernetesOptions['runs'][number], ledger: ReturnType<Store['ledger']>): Domain {
  const { name, title } = run.collector
  if (run.isLate())
    return { name, title, unseen: `The check of ${title} should have run long ago.`, late: true }
  const blind = ledger.find((it) => it.resolved === undefined && it.code === blindCode(name))
  return { name, title, ...(blind && { unseen: `${blind.title}: ${blind.text}` }) }
}
