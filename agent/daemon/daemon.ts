import type { Numbers } from '../api/metrics.ts'
import type { ExposedRow, Snapshot } from '../api/snapshot.ts'
import type { Config } from '../config/config.ts'
import { incidents as group } from '../core/cascade.ts'
import { nextDue } from '../core/due.ts'
import { type Ledger, wantsALook, withoutOrphans } from '../core/ledger.ts'
import { type Outcome, rulesOf } from '../core/round.ts'
import { type SelfState, selfRules } from '../core/self.ts'
import type { Silence } from '../core/silence.ts'
import { truthAfter } from '../core/truth.ts'
import { turnsAfter } from '../core/turns.ts'
import type { Camera } from '../film/camera.ts'
import type { Machine } from '../host/machine.ts'
import type { Collector, Host, Incident, NodeApi, Rules, Sink } from '../model/index.ts'
import type { Store } from '../state/store.ts'
import { hour } from '../text/times.ts'
import { alarm } from './alarm.ts'
import { CollectorRun } from './collector-run.ts'
import { giveBack } from './garbage.ts'
import { openHeartbeats } from './heartbeats.ts'
import { kubernetes } from './kubernetes.ts'
import type { Log } from './log.ts'
import { numbersOf } from './numbers.ts'
import { pictureOf } from './picture.ts'
import { postmen } from './postmen.ts'
import { reportFindings } from './report.ts'
import { weekOf } from './week.ts'

export interface DaemonOptions {
  readonly config: Config
  readonly collectors: readonly Collector[]
  readonly sinks: readonly Sink[]
  readonly machine: Machine
  readonly store: Store
  readonly log: Log
  readonly version: string
  /** What machine this is, in words. */
  readonly describe?: () => string
  readonly now?: () => number
  /** Where the metrics are shown beside the socket. */
  readonly exposed?: () => readonly ExposedRow[]
  /** Films the rounds while somebody asked for a film. */
  readonly camera?: Camera
  /** Where this node's API server is, for what `kubernetes` of the settings asks for. */
  readonly findNodeApi?: (host: Host) => Promise<NodeApi>
}

export interface Daemon {
  /** Resolves after the first round of every collector. */
  readonly ready: Promise<void>
  snapshot(): Snapshot
  /** What is counted beside it. */
  numbers(): Numbers
  /** Adds or changes a silence. */
  silence(it: Silence): void
  stop(): Promise<void>
}

/** Wires the parts. The only file that knows them all. */
export function startDaemon(options: DaemonOptions): Daemon {
  const { config, collectors, machine, store, log, version, describe = () => '', now = Date.now } = options
  const { camera, exposed = () => [] } = options
  const started = now()
  const stopping = new AbortController()
  const enabled = collectors.filter((it) => config.collectors[it.name]?.enabled !== false)
  store.saveLedger(withoutOrphans(store.ledger(), rulesOfAll(enabled), started))
  const truth = openTruth(rulesOfAll(collectors), store, log, started)
  const seen = (outcome: Outcome) => settle(outcome)
  const runs = enabled.map(
    (collector) =>
      new CollectorRun({
        ...{ collector, config: config.collectors[collector.name], machine, store, log, now, camera },
        ...{ stopping: stopping.signal, seen },
      }),
  )
  const confirm = confirming(runs)
  const warm = () => runs.every((it) => it.outcome !== undefined)
  let firstLook: { readonly from: number; readonly to: number } | undefined
  const incidents = () => (warm() ? truth.incidents() : undefined)
  const parts = { ...options, now, started, runs, incidents, turned: () => settle() }
  const tellers = postmen({
    ...{ ...parts, firstLook: () => firstLook, week: (from: number) => lastWeek(from) },
    isWatching: () => !runs.some((it) => it.isLate()),
  })
  const node = kubernetes(parts)
  const scene = { config, version, started, collectors, runs, postmen: tellers, kubernetes: node, store }
  const snapshot = () =>
    pictureOf({ ...scene, ...own(), machine: describe(), incidents: truth.incidents() }, now())
  const lastWeek = weekOf(store, rulesOfAll(collectors), snapshot)
  const heartbeats = openHeartbeats({ ...parts, postmen: tellers, snapshot })
  const own = () => ({
    ...{ heartbeats: heartbeats.state(), kubernetesRefused: node?.refused(), exposed: exposed() },
  })
  // Rings for what becomes due by time alone: ends of `pendingFor`, reminders, silences.
  const bell = alarm(() => settle())

  /** Puts the result of a round into the ledger and saves it; only then are people notified. */
  function settle(outcome?: Outcome): void {
    const at = now()
    if (warm()) firstLook ??= { from: started, to: at }
    if (outcome) heartbeats.completed(outcome)
    truth.settle(outcome, { ...own(), sinks: tellers.map(({ delivery }) => delivery.state()) }, at)
    node?.wake()
    for (const { delivery } of tellers) delivery.wake()
    const told = tellers.map(({ name, delivery }) => ({ state: delivery.state(), told: store.told(name) }))
    const more = { ledger: store.ledger(), silences: store.silences(), remind: config.remind }
    const turns = turnsAfter(config, at)
    bell.set(nextDue({ ...more, ...own(), turns, incidents: truth.incidents(), sinks: told }, at), at)
    confirm(store.ledger(), at)
  }

  const hourly = setInterval(() => eachHour(store, now()), hour)
  hourly.unref()
  for (const run of runs) run.rounds.start()
  settle()

  return {
    ready: Promise.all(runs.map((it) => it.looked)).then(() => {}),
    snapshot,
    numbers: () => numbersOf(scene),
    silence(it) {
      store.silence(it)
      log.info({ what: it.what, until: it.until, why: it.why }, `silenced: ${it.what}`)
      settle()
    },
    async stop() {
      stopping.abort()
      bell.stop()
      clearInterval(hourly)
      await Promise.all([
        node?.stop(),
        ...runs.map((it) => it.stop()),
        ...tellers.map((it) => it.delivery.stop()),
        heartbeats.stop(),
      ])
      store.close()
    },
  }
}

function eachHour(store: Store, at: number): void {
  store.tidy(at)
  giveBack()
}

/**
 * Has what was found long enough ago looked at once more, so that people can be notified. To be called at each settling:
 * a round that ends in the moment in which the bell should ring sets it anew, for something later.
 */
function confirming(runs: readonly CollectorRun[]): (ledger: Ledger, at: number) => void {
  /** Ids of the findings for which such a round was asked for. */
  let asked: ReadonlySet<string> = new Set()
  return (ledger, at) => {
    const waiting = ledger.filter((it) => wantsALook(it, at))
    const fresh = waiting.filter((it) => !asked.has(it.id))
    asked = new Set(waiting.map((it) => it.id))
    for (const { collector, rounds } of runs)
      if (fresh.some((it) => it.code.startsWith(`${collector.name}.`))) rounds.confirm()
  }
}

const rulesOfAll = (collectors: readonly Collector[]): Rules =>
  Object.assign({}, ...collectors.map(rulesOf), selfRules)

/** What is true of this node, and why. */
interface Truth {
  incidents(): readonly Incident[]
  /** Updates the ledger by one round and by Murphy's own state; saves it, and logs what is new. */
  settle(outcome: Outcome | undefined, parts: Omit<SelfState, 'stateProblem' | 'lost'>, at: number): void
}

function openTruth(rules: Rules, store: Store, log: Log, started: number): Truth {
  let incidents: readonly Incident[] = group(store.ledger(), rules, started)
  return {
    incidents: () => incidents,
    settle(outcome, parts, at) {
      const before = store.ledger()
      const self = { ...parts, stateProblem: store.problem(), lost: store.loss() }
      const after = truthAfter({ ledger: before, judgements: store.judgements() }, outcome, self, rules, at)
      reportFindings(log, before, after.ledger)
      store.saveLedger(after.ledger, after.judgements)
      incidents = after.incidents
    },
  }
}
