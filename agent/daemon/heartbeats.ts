import type { Snapshot } from '../api/snapshot.ts'
import type { Config } from '../config/config.ts'
import type { Outcome } from '../core/round.ts'
import { notWorking, type Rounds } from '../core/vital.ts'
import { type Heartbeat, openHeartbeat } from '../delivery/heartbeat.ts'
import type { Machine } from '../host/machine.ts'
import type { HeartbeatState, Space } from '../model/index.ts'
import type { Store } from '../state/store.ts'
import { second } from '../text/times.ts'
import { beatOf } from './beat.ts'
import type { CollectorRun } from './collector-run.ts'
import type { Log } from './log.ts'
import type { Postman } from './postmen.ts'

export interface HeartbeatsOptions {
  readonly config: Pick<Config, 'heartbeats' | 'stateDir'>
  readonly runs: readonly Pick<CollectorRun, 'collector' | 'isLate'>[]
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
  /** When each collector last saw something, and since when it does not. */
  const rounds = new Map<string, { readonly good?: number; readonly blind?: number }>()
  const space = (): Promise<Space | string> =>
    machine
      .during(AbortSignal.timeout(diskPatience))
      .space(config.stateDir)
      .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
  const roundsOf = (run: HeartbeatsOptions['runs'][number]): Rounds => {
    const { name } = run.collector
    const { good, blind } = rounds.get(name) ?? {}
    return {
      ...{ name, late: run.isLate() },
      ...(good !== undefined && { good: elapsed() - good }),
      ...(blind !== undefined && { blind: elapsed() - blind }),
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
      const { good, blind = elapsed() } = rounds.get(collector) ?? {}
      rounds.set(collector, sample ? { good: elapsed() } : { blind, ...(good !== undefined && { good }) })
    },
    state: () => all.map((it) => it.state()),
    async stop() {
      await Promise.all(all.map((it) => it.stop()))
    },
  }
}
