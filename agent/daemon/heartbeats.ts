import type { Snapshot } from '../api/snapshot.ts'
import type { Config } from '../config/config.ts'
import type { Outcome } from '../core/round.ts'
import { notWorking, type Rounds } from '../core/vital.ts'
import { type Heartbeat, type HeartbeatState, openHeartbeat } from '../delivery/heartbeat.ts'
import type { Machine } from '../host/machine.ts'
import type { Space } from '../model/index.ts'
import type { Store } from '../state/store.ts'
import { second } from '../text/times.ts'
import { beatOf } from './beat.ts'
import type { CollectorRun } from './collector-run.ts'
import type { Log } from './log.ts'
import type { Postman } from './postmen.ts'

export interface HeartbeatsOptions {
  readonly config: Pick<Config, 'heartbeats' | 'stateDir'>
  readonly runs: readonly Pick<CollectorRun, 'collector' | 'rounds'>[]
  readonly postmen: readonly Postman[]
  readonly machine: Pick<Machine, 'during'>
  readonly store: Pick<Store, 'problem'>
  readonly snapshot: () => Snapshot
  readonly log: Log
  readonly now: () => number
  /** Called when one begins to fail, or works again. */
  readonly turned: () => void
  /** A monotonic clock, ms. */
  readonly elapsed?: () => number
}

export interface Heartbeats {
  /** Notes what became of a round. */
  completed(outcome: Outcome): void
  state(): readonly HeartbeatState[]
  stop(): Promise<void>
}

/** How long the disk may take to say how full it is, ms. */
const diskPatience = 2 * second

/** The heartbeats of the settings. They speak only while Murphy does its work (`notWorking`). */
export function openHeartbeats(options: HeartbeatsOptions): Heartbeats {
  const { config, runs, postmen, machine, store, snapshot, log, now, turned } = options
  const { elapsed = () => performance.now() } = options
  const rounds = new Map<string, { readonly good?: number; readonly failed: boolean }>()
  const space = (): Promise<Space | string> =>
    machine
      .during(AbortSignal.timeout(diskPatience))
      .space(config.stateDir)
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
  const roundsOf = ({ collector, rounds: its }: HeartbeatsOptions['runs'][number]): Rounds => {
    const { good, failed = false } = rounds.get(collector.name) ?? {}
    return {
      ...{ name: collector.name, failed, period: its.period(), timeout: collector.timeout },
      ...(good !== undefined && { good: elapsed() - good }),
    }
  }
  const held = async () =>
    notWorking({
      rounds: runs.map(roundsOf),
      workers: postmen.map(({ name, delivery }) => ({ name, lives: delivery.lives?.() !== false })),
      stateProblem: store.problem(),
      space: await space(),
    })
  const all = config.heartbeats.map(
    ({ name, every, start, settings }): Heartbeat =>
      openHeartbeat({
        ...{ name, every, start, settings, log, now, elapsed, changed: turned },
        async beat(kind) {
          const why = kind === 'alive' ? await held() : undefined
          return why === undefined ? beatOf(snapshot(), kind, settings.report) : { held: why }
        },
      }),
  )
  return {
    completed({ collector, sample }) {
      const { good } = rounds.get(collector) ?? {}
      const failed = sample === undefined
      rounds.set(collector, { failed, ...(failed ? good !== undefined && { good } : { good: elapsed() }) })
    },
    state: () => all.map((it) => it.state()),
    async stop() {
      await Promise.all(all.map((it) => it.stop()))
    },
  }
}
