import { setTimeout as wait } from 'node:timers/promises'
import type { Notice, Properties, Reading, Settings, Sink } from '../model/index.ts'
import { minute } from '../text/times.ts'
import { holdEvery, openPost, rememberAddress } from './post.ts'
import { backoff, longestWait } from './retry.ts'
import { messageOf, tell } from './tell.ts'

/** What has become of the telling at one sink. Holds no secret. */
export interface DeliveryState {
  readonly name: string
  readonly type: string
  /** When a notice was last accepted. */
  readonly told?: number
  /** Set while something is due that could not be told, or nothing may be; `next` is when it is tried again. */
  readonly failing?: {
    readonly since: number
    readonly why: string
    readonly tries: number
    readonly next?: number
  }
  /** Set while the service says that there is no such address. It is asked again all the same, like any other that fails. */
  readonly gone?: string
  /** How many notices are due. */
  readonly waiting: number
}

export interface Delivery {
  /** Something may be due. Cheap; never shortens a pause. */
  wake(): void
  state(): DeliveryState
  /** Lets the letter under way arrive, for at most 3 s, then ends. */
  stop(): Promise<void>
}

export interface DeliverOptions {
  readonly sink: Sink
  readonly settings: Settings<Properties>
  /** What people call this sink in their settings. */
  readonly name: string
  /** Whether a connection is kept open between letters. */
  readonly keepOpen?: boolean
  /** What this sink is due now, asked afresh before every attempt. */
  readonly due: () => readonly Notice[]
  /** What was noted of the message this notice is about. */
  readonly receipt: (notice: Notice) => string | undefined
  /** Called once a notice was accepted, before anything else is told; the receipt is that of a new message. */
  readonly note: (notice: Notice, receipt?: string) => void
  /** Called when a notice was sent and no answer came: it may have arrived. */
  readonly perhaps?: (notice: Notice) => void
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void }
  readonly changed?: (state: DeliveryState) => void
  readonly now?: () => number
  /** In [0, 1). */
  readonly random?: () => number
  /** Resolves after that many ms, or as soon as the signal is aborted; never rejects. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
  /** How long one request may take in all, in ms. */
  readonly timeout?: number
}

/** How long a notice that was refused, or an address that is gone, is left alone, ms. */
const aside = longestWait
/** From this on a rest that a server asks for is a failure that is shown, ms: what comes now is kept waiting. */
const longRest = minute
/** How long a letter under way may still take when the agent stops. */
const stopPatience = 3000
/** After how many tries in a row that came to nothing, though a server answered, another notice gets a turn. */
const patience = 3

interface Refusal {
  readonly since: number
  readonly at: number
  readonly why: string
  readonly tries: number
}

const troubleOf = ({ since, why, tries, at }: Refusal) => ({ since, why, tries, next: at + aside })

/**
 * The postman of one sink: tells what is due, in order, each notice until it is accepted. It keeps no
 * queue: what is no longer due when its turn comes is not sent. Each sink has its own, so that a slow or
 * dead one keeps nobody else waiting.
 */
export function deliver(options: DeliverOptions): Delivery {
  const { sink, settings, name, log, now = Date.now, random = Math.random, sleep = pause } = options
  const stopping = new AbortController()
  const giveUp = new AbortController()
  const post = openPost({ sink, settings, timeout: options.timeout, now, signal: giveUp.signal })
  const refused = new Map<string, Refusal>()
  const accepted = new Set<string>()
  let trouble: NonNullable<DeliveryState['failing']> | undefined
  /** Tries in a row that a server answered, but did not take; a rate limit is about all of them. */
  let errors = 0
  let told: number | undefined
  let gone: string | undefined
  let waiting = 0
  let woken = false
  let ring = () => {}

  function state(): DeliveryState {
    const [first] = refused.values()
    const failing = trouble ?? (first && troubleOf(first))
    return {
      name,
      type: sink.name,
      ...(told !== undefined && { told }),
      ...(failing && { failing }),
      ...(gone !== undefined && { gone }),
      waiting,
    }
  }
  const changed = () => options.changed?.(state())

  /** The notice whose turn it is. Also forgets what is due no longer. */
  function next(): Notice | undefined {
    const due = options.due()
    const ids = new Set(due.map(({ id }) => id))
    for (const id of accepted) if (!ids.has(id)) accepted.delete(id)
    // What was accepted but could not be noted is not told again by this process.
    const open = due.filter(({ id }) => !accepted.has(id))
    waiting = open.length
    const failed = trouble !== undefined || refused.size > 0
    for (const id of refused.keys()) if (!ids.has(id)) refused.delete(id)
    if (waiting === 0) trouble = undefined
    if (failed && trouble === undefined && refused.size === 0) changed()
    const able = open.filter(({ id }) => {
      const last = refused.get(id)
      return !last || now() < last.at || now() >= last.at + aside
    })
    // One notice that a server cannot stomach must not keep back the others.
    return able[errors < patience ? 0 : errors % able.length]
  }

  async function idle(): Promise<void> {
    if (woken || stopping.signal.aborted) return
    const bell = new AbortController()
    ring = () => bell.abort()
    const [first] = refused.values()
    const rest = first ? Math.max(1, first.at + aside - now()) : aside
    if (!options.keepOpen) return sleep(rest, bell.signal)
    await post.hold(bell.signal)
    if (!bell.signal.aborted) await sleep(Math.min(rest, holdEvery), bell.signal)
  }

  async function attempt(notice: Notice): Promise<void> {
    const rested = (ms: number) => sleep(ms, stopping.signal)
    const tried = await tell(notice, sink, settings, post, now, options.receipt(notice), rested)
    const { reading } = tried
    const fields = { sink: name, notice: notice.kind, id: notice.id }
    if (reading.outcome === 'accepted') {
      told = now()
      accepted.add(notice.id)
      refused.delete(notice.id)
      log.info({ ...fields, tries: (trouble?.tries ?? 0) + 1 }, 'told')
      trouble = undefined
      gone = undefined
      errors = 0
      waiting--
      note(notice, tried.receipt)
      if (tried.rest > longRest) {
        const why = `took a message, and wants no other for ${Math.round(tried.rest / minute)} min`
        log.warn({ ...fields, why }, 'nothing is told meanwhile')
        trouble = { since: now(), why, tries: 0, next: now() + tried.rest }
      }
      changed()
      return rested(tried.rest)
    }
    // Given up because the agent stops: nobody's fault.
    if (giveUp.signal.aborted) return
    const { why } = reading
    const tries = (trouble?.tries ?? 0) + 1
    if (reading.outcome === 'gone') {
      if (gone !== why) log.warn({ ...fields, why }, 'this address is gone; it is asked again in an hour')
      gone = why
      trouble = { since: trouble?.since ?? now(), why, tries, next: now() + aside }
      changed()
      return rested(aside)
    }
    gone = undefined
    if (reading.outcome === 'again') {
      if (reading.perhaps) options.perhaps?.(notice)
      errors = tried.status !== undefined && tried.status !== 429 ? errors + 1 : 0
      const wait = Math.max(reading.wait ?? 0, backoff(tries, random()))
      if (trouble?.why !== why) log.warn({ ...fields, why, wait }, 'not told; it is tried again')
      trouble = { since: trouble?.since ?? now(), why, tries, next: now() + wait }
      changed()
      return rested(wait)
    }
    const last = refused.get(notice.id)
    refused.delete(notice.id)
    refused.set(notice.id, { since: last?.since ?? now(), at: now(), why, tries: (last?.tries ?? 0) + 1 })
    trouble = undefined
    errors = 0
    log.warn({ ...fields, why }, 'refused; this notice is left alone for an hour')
    changed()
  }

  function note(notice: Notice, receipt: string | undefined): void {
    try {
      options.note(notice, receipt)
    } catch (error) {
      log.warn({ sink: name, why: post.redact(messageOf(error)) }, 'told, but it could not be noted')
    }
  }

  async function run(): Promise<void> {
    // Whoever called is not done yet with what `due` needs.
    await wait(0)
    rememberAddress(sink, settings)
    while (!stopping.signal.aborted) {
      woken = false
      try {
        const notice = next()
        await (notice ? attempt(notice) : idle())
      } catch (error) {
        log.warn(
          { sink: name, why: post.redact(messageOf(error)) },
          'the telling stumbled; it goes on in a minute',
        )
        await sleep(minute, stopping.signal)
      }
    }
  }

  const ended = run().finally(() => post.close())
  return {
    wake() {
      woken = true
      ring()
      rememberAddress(sink, settings)
    },
    state,
    async stop() {
      stopping.abort()
      ring()
      const timer = setTimeout(() => giveUp.abort(), stopPatience)
      await ended.finally(() => clearTimeout(timer))
    },
  }
}

/** Posts one notice to one sink, once; nothing is noted. `why` in what comes back holds no secret. */
export async function postOnce(options: {
  readonly sink: Sink
  readonly settings: Settings<Properties>
  readonly notice: Notice
  readonly timeout?: number
}): Promise<Reading> {
  const { sink, settings, notice, timeout } = options
  const post = openPost({ sink, settings, timeout })
  const rested = (ms: number) => pause(Math.min(ms, 5000), new AbortController().signal)
  try {
    return (await tell(notice, sink, settings, post, Date.now, undefined, rested)).reading
  } finally {
    await post.close()
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await wait(ms, undefined, { signal }).catch(() => undefined)
}
