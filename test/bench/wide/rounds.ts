import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defaults } from '../../../agent/config/defaults.ts'
import type { Outcome } from '../../../agent/core/round.ts'
import { CollectorRun } from '../../../agent/daemon/collector-run.ts'
import { openMachine } from '../../../agent/host/machine.ts'
import { spent } from '../../../agent/host/spent.ts'
import {
  type Collector,
  type Host,
  opaque,
  type Properties,
  type Sample,
  type Settings,
} from '../../../agent/model/index.ts'
import { openStore } from '../../../agent/state/store.ts'

/** One round as the daemon makes it: look, judge, sum up, save. */
export interface Round {
  readonly outcome: Outcome
  /** CPU of this process and of what it ran, ms. */
  readonly cpu: number
}

/** Rounds of one collector as the daemon makes them, with a state on the disk; `seen` may change what it sees of the machine. */
export function roundsOf<S extends Sample, P extends Properties, Code extends string, Because extends string>(
  its: Collector<S, P, Code, Because>,
  settings: Partial<Settings<P>> = {},
  seen: (host: Host) => Host = (it) => it,
) {
  const collector = opaque(its)
  const folder = mkdtempSync(join(tmpdir(), 'murphy-bench-rounds-'))
  const machine = openMachine()
  const store = openStore(folder, Date.now())
  const stopping = new AbortController()
  let done = (_: Outcome) => {}
  const run = new CollectorRun({
    collector,
    config: {
      enabled: true,
      every: collector.every,
      settings: { ...defaults(collector.settings), ...settings },
    },
    machine: { ...machine, during: (signal) => seen(machine.during(signal)), watch: () => undefined },
    store,
    log: { debug() {}, info() {}, warn() {}, error: (_, text) => process.stderr.write(`${text}\n`) },
    now: Date.now,
    stopping: stopping.signal,
    seen: (outcome) => done(outcome),
  })
  return {
    async round(): Promise<Round> {
      const before = spent()
      const outcome = await new Promise<Outcome>((resolve) => {
        done = resolve
        run.rounds.confirm()
      })
      // What it does with the outcome follows at once.
      await new Promise(setImmediate)
      return { outcome, cpu: spent() - before }
    },
    async stop() {
      stopping.abort()
      await run.stop()
      store.close()
      machine.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
