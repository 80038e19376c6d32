import type { Config, SinkConfig } from '../config/config.ts'
import { plan, receiptFor, recordSent, recordUnconfirmed } from '../core/plan.ts'
import { type Delivery, type DeliveryState, deliver } from '../delivery/postman.ts'
import type { Incident, Notice, Sink } from '../model/index.ts'
import type { Store } from '../state/store.ts'
import type { Log } from './log.ts'

/** The delivery to one sink; `name` is the sink's in the settings. */
export interface Postman {
  readonly name: string
  readonly delivery: Delivery
}

export interface PostmenOptions {
  readonly config: Pick<Config, 'sinks' | 'remind' | 'mostMessages' | 'node' | 'letterhead'>
  readonly sinks: readonly Sink[]
  readonly store: Pick<Store, 'told' | 'note' | 'sinkSince' | 'silences'>
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
  /** Called when a sink begins to fail, or works again. */
  readonly turned: () => void
}

/** A postman for each sink of the settings. */
export function postmen(options: PostmenOptions): readonly Postman[] {
  return options.config.sinks.flatMap((it) => {
    const sink = options.sinks.find(({ name }) => name === it.type)
    return sink ? [{ name: it.name, delivery: postman(it, sink, options) }] : []
  })
}

function postman({ name, min, settings, keepOpen }: SinkConfig, sink: Sink, options: PostmenOptions) {
  const { config, store, log, now, started, describe = () => '', incidents, firstLook, turned } = options
  const { remind, mostMessages: most } = config
  const policy = { min, remind, most, since: store.sinkSince(name, started) }
  const told = () => store.told(name)
  // A sink is not sent that it fails itself; the other sinks are.
  const concerns = ({ cause }: Incident) => cause.code !== 'agent.sink-failing' || cause.subject !== name
  const abilities = told()
    .toSorted((a, b) => b.at - a.at)
    .find((it) => it.abilities)?.abilities
  let sick = false
  return deliver({
    sink,
    settings,
    name,
    keepOpen,
    plan: (): readonly Notice[] => {
      const open = incidents()
      const first = firstLook()
      const wanted = { ...policy, silences: store.silences(), ...(first && { firstLook: first }) }
      if (!open) return []
      const due = plan(open.filter(concerns), told(), wanted, config.node, now())
      const machine = describe()
      const head = { ...config.letterhead, ...(machine && { machine }) }
      return due.map((it) => ({ ...it, ...head }))
    },
    receipt: (notice) => receiptFor(told(), notice),
    ...(abilities && { abilities }),
    note: (notice, receipt, abilities) =>
      store.note(
        name,
        recordSent(told(), notice, receipt, now()).map((it) => ({ ...it, abilities })),
      ),
    unconfirmed: (notice) => store.note(name, recordUnconfirmed(told(), notice, now())),
    log,
    now,
    changed: ({ gone, failing }: DeliveryState) => {
      const fails = gone !== undefined || failing !== undefined
      if (fails === sick) return
      sick = fails
      turned()
    },
  })
}
