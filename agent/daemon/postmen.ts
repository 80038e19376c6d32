import type { Config, SinkConfig } from '../config/config.ts'
import { openings } from '../core/fallback.ts'
import { plan, receiptFor, recordSent, recordUnconfirmed } from '../core/plan.ts'
import { type Week, weeklyDue, weeklyNotice } from '../core/weekly.ts'
import { type Quiet, quietAt, silencesAt } from '../core/windows.ts'
import { letterTally } from '../delivery/counted.ts'
import type { Delivery, DeliveryState, LetterTally } from '../delivery/delivery.ts'
import { deliver } from '../delivery/postman.ts'
import type { Incident, Notice, Sink } from '../model/index.ts'
import type { Store } from '../state/store.ts'
import { week as lengthOfWeek } from '../text/times.ts'
import { herald } from './heralds.ts'
import type { Log } from './log.ts'
import { type Other, standingIn } from './standing-in.ts'

/** The delivery to one sink; `name` is the sink's in the settings. */
export interface Postman {
  readonly name: string
  readonly delivery: Delivery
  /** The sinks that have to fail before this one is used. */
  readonly onlyWhen?: readonly string[]
  /** The quiet hours of this sink that are now. */
  readonly quiet?: (at: number) => Quiet | undefined
  /** What became of its letters; absent where nobody counts them. */
  readonly tally?: LetterTally
}

export interface PostmenOptions {
  readonly config: Pick<Config, 'sinks' | 'remind' | 'mostMessages' | 'node' | 'letterhead'> &
    Partial<Pick<Config, 'quiet' | 'maintenance'>>
  readonly sinks: readonly Sink[]
  readonly store: Pick<Store, 'told' | 'note' | 'sinkSince' | 'silences' | 'sample' | 'saveSample'>
  readonly log: Log
  readonly now: () => number
  /** When the daemon started. */
  readonly started: number
  /** What machine this is, in words; empty while that is not known. */
  readonly describe?: () => string
  /** The incidents now; undefined until every collector has finished its first round: then nothing is due. */
  readonly incidents: () => readonly Incident[] | undefined
  /** The first look of every collector, once it is over: what it found began while nobody looked. */
  readonly firstLook: () => { readonly from: number; readonly to: number } | undefined
  /** What became of the last week, for the sinks that get a digest of it. */
  readonly week?: (from: number) => Week
  /** Called when a sink begins to fail, or works again. */
  readonly turned: () => void
  /** Whether every collector does its rounds; absent: for as long as the process runs. */
  readonly isWatching?: () => boolean
}

/** A postman for each sink of the settings. */
export function postmen(options: PostmenOptions): readonly Postman[] {
  const others = new Map<string, Other>()
  return options.config.sinks.flatMap((it) => {
    const sink = options.sinks.find(({ name }) => name === it.type)
    if (!sink) return []
    const { name, onlyWhen } = it
    const windows = quietFor(name, options.config)
    const tally = letterTally()
    const its = { ...options, tally, others }
    const delivery = sink.restate ? herald(it, sink, its) : postman(it, sink, its)
    const { config, incidents, now } = options
    if (sink.restate)
      others.set(name, {
        due: () => openings(incidents() ?? [], it.min, config.node, now()),
        delivery: () => delivery,
      })
    return [
      {
        ...{ name, tally, delivery },
        // Of what is told all that is open nothing can be held back: its receiver would take it for over.
        ...(!sink.restate && { quiet: (at: number) => quietAt(windows, at) }),
        ...(onlyWhen && { onlyWhen }),
      },
    ]
  })
}

const quietFor = (name: string, { quiet = [] }: PostmenOptions['config']) =>
  quiet.filter(({ sinks }) => sinks === undefined || sinks.includes(name))

type OneOptions = PostmenOptions & { readonly tally: LetterTally; readonly others: Map<string, Other> }

function postman(it: SinkConfig, sink: Sink, options: OneOptions): Delivery {
  const { name, min, weekly, settings, keepOpen, onlyWhen } = it
  const { config, store, log, now, started, describe = () => '', incidents, firstLook } = options
  const { week, turned, tally, others } = options
  const { remind, mostMessages: most } = config
  const since = store.sinkSince(name, started)
  const policy = { min, remind, most, since, quiet: quietFor(name, config) }
  const told = () => store.told(name)
  // A sink is not sent that it fails itself; the other sinks are, but those that stand in for it, which say so anyway.
  const silentOn = [name, ...(onlyWhen ?? [])]
  const concerns = ({ cause }: Incident) =>
    cause.code !== 'agent.sink-failing' || !silentOn.includes(cause.subject)
  const abilities = told()
    .toSorted((a, b) => b.at - a.at)
    .find((it) => it.abilities)?.abilities
  const digests = (at: number): readonly Notice[] => {
    if (!weekly || !week || quietAt(policy.quiet, at)) return []
    const due = weeklyDue(weekly, told(), since, at)
    if (due === undefined) return []
    return [weeklyNotice(week(due - lengthOfWeek), min, due, config.node, at)]
  }
  const standIn = onlyWhen && standingIn(onlyWhen, others, now)
  const due = (): readonly Notice[] => {
    const open = incidents()
    const first = firstLook()
    if (!open) return []
    const at = now()
    const silences = silencesAt(store.silences(), config.maintenance, at)
    const wanted = { ...policy, silences, ...(first && { firstLook: first }) }
    const concerned = open.filter(concerns)
    const part = standIn?.part()
    const own = part ? part.concerning(concerned, told()) : concerned
    const all = [...plan(own, told(), wanted, config.node, at), ...digests(at)]
    const machine = describe()
    const head = { ...config.letterhead, ...(machine && { machine }) }
    return (part ? part.signed(all) : all).map((it) => ({ ...it, ...head }))
  }
  let sick = false
  const delivery = deliver({
    sink,
    settings,
    name,
    keepOpen,
    plan: due,
    receipt: (notice) => receiptFor(told(), notice),
    ...(abilities && { abilities }),
    note: (notice, receipt, abilities, posted) => {
      if (posted) standIn?.posted(notice)
      store.note(
        name,
        recordSent(told(), notice, receipt, now()).map((it) => ({ ...it, abilities })),
      )
    },
    unconfirmed: (notice) => store.note(name, recordUnconfirmed(told(), notice, now())),
    log,
    now,
    tally,
    changed: ({ gone, failing }: DeliveryState) => {
      const fails = gone !== undefined || failing !== undefined
      if (fails === sick) return
      sick = fails
      turned()
    },
  })
  others.set(name, { due, delivery: () => delivery })
  return delivery
}
