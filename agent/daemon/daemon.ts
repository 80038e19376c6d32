import { type CollectorRow, overall, rowOf, type Snapshot, shown } from '../api/snapshot.ts'
import type { Config } from '../config/config.ts'
import { incidents as group } from '../core/cascade.ts'
import { type Guarded, guarded } from '../core/guard.ts'
import { step, wantsALook, withoutOrphans } from '../core/ledger.ts'
import { due, noted, notedPerhaps, receiptFor } from '../core/plan.ts'
import { type Outcome, round, rulesOf, sampleVersionOf, withUnseen } from '../core/round.ts'
import { assessSelf, selfRules, tellableAt } from '../core/self.ts'
import type { Silence } from '../core/silence.ts'
import { type Delivery, type DeliveryState, deliver } from '../delivery/deliver.ts'
import type { Machine } from '../host/machine.ts'
import type {
  Collector,
  Heard,
  Incident,
  Keepsake,
  Notice,
  Outlook,
  Rules,
  Series,
  Sink,
} from '../model/index.ts'
import type { Store } from '../state/store.ts'
import { day, hour } from '../text/times.ts'
import type { Log } from './log.ts'
import { reportFindings, reportRound } from './report.ts'
import { type Rounds, rounds } from './schedule.ts'
import { type Dates, dates } from './timer.ts'
import { type Watching, watching } from './watch.ts'

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
}

export interface Daemon {
  /** Resolves when every collector has looked once. */
  readonly ready: Promise<void>
  snapshot(): Snapshot
  /** Tells nobody of what matches, for a while. */
  silence(it: Silence): void
  stop(): Promise<void>
}

/** What a collector has at hand while the daemon runs. */
interface Eye extends Guarded {
  readonly rounds: Rounds
  readonly watching: Watching
  heard: Heard[]
  outcome?: Outcome
  readonly dates: Dates
}

/** The most that is handed from watches to a round; the oldest goes first. */
const mostHeard = 500
const tidyEvery = hour
/** The longest the daemon sleeps on what is due by time alone (patience, reminders). */
const longestSleep = hour

/** Wires the parts. The only file that knows them all. */
export function startDaemon(options: DaemonOptions): Daemon {
  const { config, collectors, machine, store, log, version, describe = () => '', now = Date.now } = options
  const started = now()
  const enabled = collectors.filter((it) => config.collectors[it.name]?.enabled !== false)
  const rules: Rules = Object.assign({}, ...collectors.map(rulesOf), selfRules)
  const stopping = new AbortController()
  store.saveLedger(
    withoutOrphans(store.ledger(), { ...Object.assign({}, ...enabled.map(rulesOf)), ...selfRules }, started),
  )
  let incidents: readonly Incident[] = group(store.ledger(), rules, started)
  let alarm: NodeJS.Timeout | undefined

  const eyes: Eye[] = enabled.map((collector) => {
    const eye: Eye = {
      ...guarded(collector, (text, error) => {
        log.error({ collector: collector.name, error }, text)
        eye.rounds.wake()
      }),
      heard: [],
      dates: dates(() => eye.rounds.wake()),
      rounds: rounds({
        every: config.collectors[collector.name]?.every ?? collector.every,
        run: () => look(eye),
        failed: (error) => log.error({ collector: collector.name, error }, 'a round broke off'),
        longest: collector.pause,
      }),
      watching: watching({
        machine,
        heard: (text) => {
          eye.heard = [...eye.heard, { at: now(), text }].slice(-mostHeard)
          eye.rounds.wake()
        },
        log: (text) => log.warn({ collector: collector.name }, text),
      }),
    }
    return eye
  })
  const warm = () => eyes.every((it) => it.outcome !== undefined)

  /** One round of one collector, and everything that follows from it. */
  async function look(eye: Eye): Promise<void> {
    const { collector } = eye
    const known = store.sample(collector.name, sampleVersionOf(collector))
    const settings = settingsOf(collector)
    const heard = eye.heard
    eye.heard = []
    const signal = AbortSignal.any([AbortSignal.timeout(collector.timeout), stopping.signal])
    const keepsakes: Keepsake[] = []
    eye.look()
    const keep = (it: Keepsake) => void keepsakes.push(it)
    const past = { ...known, heard, series: seriesOf(collector), keep }
    const looked = await round(collector, settings, machine.during(signal), past, signal)
    if (stopping.signal.aborted) return
    // What status will ask of this sample is asked once now: a mistake there belongs to this look.
    if (looked.sample) collector.summary(looked.sample, settings, looked.at)
    const outlook = outlookOf({ ...eye, outcome: looked }, looked.at)
    const outcome = withUnseen(collector, looked, eye.mistakes())
    // What was heard is lost on a round that learnt nothing, unless the next one hears it too.
    if (!outcome.sample) eye.heard = [...heard, ...eye.heard].slice(-mostHeard)
    reportRound(log, eye.outcome, outcome)
    eye.outcome = outcome
    settle(outcome)
    if (outcome.sample) {
      // What made a finding has to be there after a crash too; a quiet look has not.
      const grave = outcome.observations.length > 0
      store.saveSample(collector.name, outcome.sample, outcome.at, grave, sampleVersionOf(collector))
      for (const it of keepsakes) store.keep(collector.name, it, outcome.at)
      const values = Object.entries(outcome.values ?? {})
      const named = values.map(([key, it]) => [`${collector.name}.${key}`, it] as const)
      store.addPoints(outcome.at, Object.fromEntries(named))
    }
    if (outcome.watches) eye.watching.update(outcome.watches)
    eye.dates.set(outlook, outcome.at)
    if (warm()) markReady()
  }

  let markReady: () => void
  const ready = new Promise<void>((resolve) => {
    markReady = resolve
    if (eyes.length === 0) resolve()
  })

  /** What was seen becomes what is true, is saved, and only then told. */
  function settle(outcome?: Outcome): void {
    const at = now()
    const before = store.ledger()
    const self = assessSelf(
      {
        sinks: deliveries.map(({ delivery }) => delivery.state()),
        stateProblem: store.problem(),
        lost: store.loss(),
      },
      at,
    )
    const seen = outcome ? step(before, outcome, outcome.at) : before
    const after = step(seen, self, at)
    reportFindings(log, before, after)
    store.saveLedger(after)
    incidents = group(after, rules, at)
    for (const { delivery } of deliveries) delivery.wake()
    sleepUntilDue(at)
  }

  /** Patience and reminders run out without anyone looking. */
  function sleepUntilDue(at: number): void {
    const open = incidents.filter((it) => it.resolved === undefined)
    const times = [
      ...store.ledger().flatMap((it) => (it.resolved === undefined ? [it.ripe] : [])),
      ...open.flatMap((it) => [it.ripe, ...deliveries.map(({ name }) => remindAt(name, it))]),
      ...deliveries.flatMap(({ delivery }) => [delivery.state().failing ?? []].flat().map(tellableAt)),
      ...store.silences().map((it) => it.until),
    ].filter((time) => time > at)
    clearTimeout(alarm)
    alarm = setTimeout(wakeUp, Math.min(longestSleep, Math.min(...times, at + longestSleep) - at + 1))
    alarm.unref()
  }
  function wakeUp(): void {
    settle()
    const waiting = store.ledger().filter((it) => wantsALook(it, now()))
    for (const { collector, rounds } of eyes)
      if (waiting.some((it) => it.code.startsWith(`${collector.name}.`))) rounds.wake()
  }
  function remindAt(sink: string, incident: Incident): number {
    const told = config.remind > 0 ? store.told(sink).find((it) => it.incident === incident.id) : undefined
    return told ? told.reminded + config.remind : 0
  }

  const sickSinks = new Set<string>()
  const deliveries: { readonly name: string; readonly delivery: Delivery }[] = config.sinks.flatMap((it) => {
    const sink = options.sinks.find(({ name }) => name === it.type)
    if (!sink) return []
    const policy = { min: it.min, remind: config.remind, since: store.sinkSince(it.name, started) }
    const told = () => store.told(it.name)
    // That a sink fails is for the other sinks to tell.
    const concerns = ({ root }: Incident) => root.code !== 'agent.sink-failing' || root.subject !== it.name
    return {
      name: it.name,
      delivery: deliver({
        sink,
        settings: it.settings,
        name: it.name,
        keepOpen: it.keepOpen,
        due: (): readonly Notice[] => {
          const wanted = { ...policy, silences: store.silences() }
          return warm() ? due(incidents.filter(concerns), told(), wanted, config.node, now()) : []
        },
        receipt: (notice) => receiptFor(told(), notice),
        note: (notice, receipt) => store.note(it.name, noted(told(), notice, receipt, now())),
        perhaps: (notice) => store.note(it.name, notedPerhaps(told(), notice, now())),
        log,
        now,
        changed: (state: DeliveryState) => {
          const sick = state.gone !== undefined || state.failing !== undefined
          if (sick === sickSinks.has(it.name)) return
          sickSinks[sick ? 'add' : 'delete'](it.name)
          settle()
        },
      }),
    }
  })

  const tidying = setInterval(() => store.tidy(now()), tidyEvery)
  tidying.unref()
  for (const eye of eyes) eye.rounds.start()
  settle()

  return {
    ready,
    snapshot: () => snapshot(),
    silence(it) {
      store.silence(it)
      log.info({ what: it.what, until: it.until, why: it.why }, `silenced: ${it.what}`)
      settle()
    },
    async stop() {
      stopping.abort()
      clearTimeout(alarm)
      clearInterval(tidying)
      for (const it of eyes.flatMap(({ watching, dates }) => [watching, dates])) it.stop()
      await Promise.all([
        ...eyes.map((it) => it.rounds.stop()),
        ...deliveries.map((it) => it.delivery.stop()),
      ])
      store.close()
    },
  }

  function snapshot(): Snapshot {
    const at = now()
    const rows = collectors.map((it) => row(it, at))
    return {
      version: 1,
      node: config.node,
      at,
      agent: { version, pid: process.pid, started },
      state: overall(incidents, rows),
      machine: describe(),
      incidents: shown(incidents, at),
      collectors: rows,
      sinks: deliveries.map(({ name, delivery }) => ({ ...lastTold(name), ...delivery.state() })),
      silences: store.silences().filter((it) => it.until > at),
      outlook: eyes.flatMap((it) => outlookOf(it, at)).sort((a, b) => a.at - b.at),
    }
  }
  function outlookOf({ collector, outcome }: Eye, at: number): readonly Outlook[] {
    const { sample } = outcome ?? {}
    return sample ? (collector.outlook?.(sample, settingsOf(collector), at, seriesOf(collector)) ?? []) : []
  }
  /** The postman knows what it told since it started; the book, what was told before. */
  function lastTold(sink: string): { readonly told?: number } {
    const times = store.told(sink).flatMap((it) => (it.perhaps ? [] : [it.at]))
    return times.length > 0 ? { told: Math.max(...times) } : {}
  }
  function seriesOf({ name: owner }: Collector): Series {
    return (name, from) => store.series(`${owner}.${name}`, from)
  }
  function settingsOf(it: Collector) {
    return config.collectors[it.name]?.settings ?? {}
  }
  function row(collector: Collector, at: number): CollectorRow {
    const eye = eyes.find((it) => it.collector.name === collector.name)
    const known = eye && store.sample(collector.name, sampleVersionOf(collector))
    const sample = eye?.outcome?.sample ?? known?.sample
    const [series] = Object.keys((sample && eye?.collector.series?.(sample)) ?? {})
    return rowOf(eye?.collector ?? collector, {
      settings: settingsOf(collector),
      at,
      open: store.ledger(),
      enabled: eye !== undefined,
      outcome: eye?.outcome,
      sample,
      last: known?.at,
      next: eye?.rounds.next(),
      trend: series ? seriesOf(collector)(series, at - day).map((it) => it.value) : [],
    })
  }
}
