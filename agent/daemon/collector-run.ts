import type { CollectorConfig } from '../config/config.ts'
import { type Guarded, guarded } from '../core/guard.ts'
import { type Outcome, round, sampleVersionOf, withUnseen } from '../core/round.ts'
import { Tally } from '../core/tally.ts'
import type { Camera } from '../film/camera.ts'
import { roundEnd } from '../host/endings.ts'
import type { Machine } from '../host/machine.ts'
import { spent } from '../host/spent.ts'
import type {
  Artifact,
  Collector,
  Deadline,
  Properties,
  Series,
  Settings,
  WakeEvent,
} from '../model/index.ts'
import type { Store } from '../state/store.ts'
import { minute } from '../text/times.ts'
import { nextLook } from './attention.ts'
import type { Log } from './log.ts'
import { reportRound } from './report.ts'
import { type Rounds, rounds } from './schedule.ts'
import { type Timer, timer } from './timer.ts'
import { type Watching, watching } from './watching.ts'

export interface CollectorRunOptions {
  readonly collector: Collector
  /** Absent: the collector's defaults. */
  readonly config: CollectorConfig | undefined
  readonly machine: Pick<Machine, 'during' | 'follow' | 'watch'>
  readonly store: Pick<Store, 'ledger' | 'sample' | 'saveSample' | 'keep' | 'addPoints' | 'series'>
  readonly log: Log
  readonly now: () => number
  /** A monotonic clock, ms. */
  readonly elapsed?: () => number
  readonly camera?: Camera | undefined
  /** Aborted when the daemon stops: the result of a round that ends after that is dropped. */
  readonly stopping: AbortSignal
  /** Called with the result of each round, before its sample is saved. */
  readonly seen: (outcome: Outcome) => void
}

/** The most wake events that are handed to a round; the oldest are dropped first. */
const mostHeard = 500

/** How late a round may be, ms, beside the time that it may take. */
const lateness = minute

/** One collector while the daemon runs: its schedule, what wakes it, its last result. */
export class CollectorRun {
  readonly collector: Collector
  readonly settings: Settings<Properties>
  readonly rounds: Rounds
  /** Resolves after its first round. */
  readonly looked: Promise<void>
  /** The result of its last round. */
  outcome?: Outcome
  /** How its rounds ended: in one that failed it saw nothing. */
  readonly tally = new Tally(['seen', 'failed'])
  readonly #options: CollectorRunOptions
  readonly #guarded: Guarded
  readonly #watching: Watching
  readonly #dates: Timer
  #heard: readonly WakeEvent[] = []
  /** What its last round cost of a core, ms; other rounds that ran meanwhile are in it as well. */
  #spent = 0
  readonly #elapsed: () => number
  /** By when the next round of its schedule has to be over, by `#elapsed`. */
  #dueBy = Number.POSITIVE_INFINITY
  #markLooked = () => {}

  constructor(options: CollectorRunOptions) {
    const { collector, config, machine, log, now } = options
    const about = { collector: collector.name }
    const wake = () => this.rounds.wake()
    this.#options = options
    this.#elapsed = options.elapsed ?? (() => performance.now())
    this.#guarded = guarded(collector, (text, error) => {
      log.error({ ...about, error }, text)
      wake()
    })
    this.collector = this.#guarded.collector
    this.settings = config?.settings ?? {}
    this.looked = new Promise((resolve) => {
      this.#markLooked = resolve
    })
    this.rounds = rounds({
      every: config?.every ?? collector.every,
      run: () => this.#look(),
      failed: (error) => log.error({ ...about, error }, 'a check broke off'),
      longest: collector.pause,
      within: (took) => this.#within(took),
    })
    this.#dates = timer(wake)
    this.#watching = watching({
      machine,
      heard: (text) => {
        this.#heard = [...this.#heard, { at: now(), text }].slice(-mostHeard)
        wake()
      },
      log: (text) => log.warn(about, text),
    })
  }

  /** Its own series from the store. */
  readonly series: Series = (name, from) => this.#options.store.series(`${this.collector.name}.${name}`, from)

  /** Its deadlines by the last sample, as of `at`. */
  deadlines(at: number): readonly Deadline[] {
    return this.#deadlinesOf(this.outcome, at)
  }

  /** Whether the next round of its schedule should long have been over: its clock stands still, or a round does not end. */
  isLate(): boolean {
    return this.#elapsed() > this.#dueBy
  }

  /** Ends its schedule and watches, and waits for a round that is running. */
  stop(): Promise<void> {
    this.#watching.stop()
    this.#dates.stop()
    return this.rounds.stop()
  }

  /** How long after the beginning of a round that ran for `took` ms the next one comes at the latest, ms. */
  #within(took: number): number | undefined {
    const { store, now } = this.#options
    const { sample } = this.outcome ?? {}
    const wanted = sample && this.collector.soon?.(sample)
    // As long as it waited it rests, as what is attended to does.
    const soon = wanted === undefined ? undefined : Math.max(wanted, took + Math.min(took, wanted))
    const attended = nextLook(store.ledger(), this.collector.name, { took, spent: this.#spent }, now())
    return soon === undefined ? attended : Math.min(soon, attended ?? soon)
  }

  #deadlinesOf(outcome: Outcome | undefined, at: number): readonly Deadline[] {
    const { sample } = outcome ?? {}
    return sample ? (this.collector.deadlines?.(sample, this.settings, at, this.series) ?? []) : []
  }

  /** Runs one round, reports it and saves what it saw. */
  async #look(): Promise<void> {
    const { collector, settings, series } = this
    const { store, machine, stopping, log, seen } = this.#options
    const known = store.sample(collector.name, sampleVersionOf(collector))
    const heard = this.#heard
    this.#heard = []
    const { signal, over } = roundEnd(collector.timeout, stopping)
    const artifacts: Artifact[] = []
    const keep = (it: Artifact) => void artifacts.push(it)
    this.#guarded.look()
    const before = spent()
    const past = { ...known, heard, series, keep }
    const host = machine.during(signal)
    const shot = this.#options.camera?.shoot(collector.name, host, heard)
    const looked = await round(collector, settings, shot?.host ?? host, past, signal).finally(over)
    shot?.done()
    this.#spent = spent() - before
    if (stopping.aborted) return
    // Status will ask for these later. They are called once now, so that a mistake in them is reported by this round.
    if (looked.sample) collector.summary(looked.sample, settings, looked.at)
    const deadlines = this.#deadlinesOf(looked, looked.at)
    const outcome = withUnseen(collector, looked, this.#guarded.mistakes())
    // A round that failed did not use its wake events: hand them to the next one again.
    if (!outcome.sample) this.#heard = [...heard, ...this.#heard].slice(-mostHeard)
    reportRound(log, this.outcome, outcome)
    this.outcome = outcome
    this.tally.add(outcome.sample ? 'seen' : 'failed', outcome.took)
    const next = this.rounds.scheduled()
    if (next !== undefined)
      this.#dueBy = this.#elapsed() + Math.max(0, next - Date.now()) + collector.timeout + lateness
    seen(outcome)
    this.#remember(outcome, artifacts)
    if (outcome.watches) this.#watching.update(outcome.watches)
    this.#dates.set(deadlines, outcome.at)
    this.#markLooked()
  }

  #remember({ sample, at, observations, values = {} }: Outcome, artifacts: readonly Artifact[]): void {
    if (!sample) return
    const { store } = this.#options
    const { name } = this.collector
    // A sample that made a finding must survive a crash; one that found nothing need not.
    store.saveSample(name, sample, at, observations.length > 0, sampleVersionOf(this.collector))
    for (const it of artifacts) store.keep(name, it, at)
    const named = Object.entries(values).map(([key, it]) => [`${name}.${key}`, it] as const)
    store.addPoints(at, Object.fromEntries(named))
  }
}
