import { setImmediate as nextTurn } from 'node:timers/promises'
import { isUrgent } from '../core/plan.ts'
import type { Abilities, Notice, Reading } from '../model/index.ts'
import { minute } from '../text/times.ts'
import type { DeliverOptions, Delivery, DeliveryState } from './delivery.ts'
import { Express } from './express.ts'
import { pause } from './pause.ts'
import { holdEvery, openPost, type Post, rememberAddress } from './post.ts'
import { aside, backoff, type Refusal, troubleOf } from './retry.ts'
import { messageOf, type Told, tell } from './tell.ts'

export type { DeliverOptions, Delivery, DeliveryState } from './delivery.ts'

/** A longer pause that a server asks for, ms, is shown as a failure, because new notices have to wait. */
const longRest = minute
/** How long a letter under way may still take when the agent stops, ms. */
const stopPatience = 3000
/** After this many failed attempts in a row that a server answered, other notices are tried too. */
const patience = 3

/**
 * The postman of one sink: sends what is due, in order, each notice until it is accepted. It keeps no queue: what is
 * no longer due when its turn comes is not sent. Each sink has its own, so that a slow or dead one does not delay the
 * others. What is critical and new does not wait for the answer to an earlier letter: it goes by `Express`.
 */
export const deliver = (options: DeliverOptions): Delivery => new Postman(options)

class Postman implements Delivery {
  readonly #options: DeliverOptions
  readonly #post: Post
  readonly #now: () => number
  readonly #sleep: NonNullable<DeliverOptions['sleep']>
  readonly #stopping = new AbortController()
  readonly #giveUp = new AbortController()
  readonly #refused = new Map<string, Refusal>()
  readonly #accepted = new Set<string>()
  /** Ids of due notices that were tried in vain: `Express` leaves them to this. */
  readonly #failed = new Set<string>()
  readonly #express: Express
  /** Whether what is urgent need not wait: for an answer, or for another try that only this postman put off. */
  #overtakable: boolean = false
  #trouble: NonNullable<DeliveryState['failing']> | undefined
  /** Failed attempts in a row that a server answered; not rate limits (429), which are not about a single notice. */
  #errors = 0
  readonly #ended: Promise<unknown>
  #lastSent: number | undefined
  #abilities: Abilities
  #gone: string | undefined
  #waiting = 0
  #woken: boolean = false
  #ring = () => {}

  constructor(options: DeliverOptions) {
    const { sink, settings, timeout, now = Date.now, sleep = pause } = options
    this.#options = options
    this.#abilities = options.abilities ?? {}
    this.#now = now
    this.#sleep = sleep
    const open = () => openPost({ sink, settings, timeout, now, signal: this.#giveUp.signal })
    this.#post = open()
    const second = open()
    this.#express = new Express({
      post: second,
      keepOpen: options.keepOpen === true,
      urgent: () => (this.#overtakable ? this.#urgent() : undefined),
      send: (notice) => this.#overtake(notice, second),
    })
    this.#ended = this.#run().finally(() => Promise.all([this.#express.stop(), this.#post.close()]))
  }

  state(): DeliveryState {
    const [first] = this.#refused.values()
    const failing = this.#trouble ?? (first && troubleOf(first))
    const lacks = this.#options.sink.lacks?.(this.#abilities)
    return {
      name: this.#options.name,
      type: this.#options.sink.name,
      ...(this.#lastSent !== undefined && { lastSent: this.#lastSent }),
      ...(failing && { failing }),
      ...(this.#gone !== undefined && { gone: this.#gone }),
      ...(lacks !== undefined && { lacks }),
      waiting: this.#waiting,
    }
  }

  wake(): void {
    this.#woken = true
    this.#ring()
    if (this.#overtakable) this.#express.look()
    rememberAddress(this.#options.sink, this.#options.settings)
  }

  /** Sends until it is stopped. */
  async #run(): Promise<void> {
    const { sink, settings, name, log } = this.#options
    // The caller of the constructor has not set up yet what `plan` needs.
    await nextTurn()
    rememberAddress(sink, settings)
    while (!this.#stopping.signal.aborted) {
      this.#woken = false
      try {
        const notice = this.#next()
        await (notice ? this.#attempt(notice) : this.#idle())
      } catch (error) {
        const why = this.#post.redact(messageOf(error))
        log.warn({ sink: name, why }, 'the telling stumbled; it goes on in a minute')
        await this.#rest(minute)
      }
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#ring()
    const timer = setTimeout(() => this.#giveUp.abort(), stopPatience)
    await this.#ended.finally(() => clearTimeout(timer))
  }

  #changed(): void {
    this.#options.changed?.(this.state())
  }

  #rest(ms: number): Promise<void> {
    return this.#sleep(ms, this.#stopping.signal)
  }

  /** The notice to send now. Also forgets notices that are no longer due. */
  #next(): Notice | undefined {
    const due = this.#options.plan()
    const ids = new Set(due.map(({ id }) => id))
    for (const id of this.#accepted) if (!ids.has(id)) this.#accepted.delete(id)
    for (const id of this.#failed) if (!ids.has(id)) this.#failed.delete(id)
    this.#express.forget(ids)
    // A notice that was accepted but could not be recorded is still due, but must not be sent twice.
    const open = due.filter(({ id }) => !this.#accepted.has(id))
    this.#waiting = open.length
    const failed = this.#trouble !== undefined || this.#refused.size > 0
    for (const id of this.#refused.keys()) if (!ids.has(id)) this.#refused.delete(id)
    if (this.#waiting === 0) this.#trouble = undefined
    if (failed && this.#trouble === undefined && this.#refused.size === 0) this.#changed()
    const able = open.filter(({ id }) => {
      const last = this.#refused.get(id)
      if (this.#express.sends(id)) return false
      return !last || this.#now() < last.at || this.#now() >= last.at + aside
    })
    // One notice on which a server always fails must not hold up the others.
    return able[this.#errors < patience ? 0 : this.#errors % able.length]
  }

  async #idle(): Promise<void> {
    if (this.#woken || this.#stopping.signal.aborted) return
    const bell = new AbortController()
    this.#ring = () => bell.abort()
    const [first] = this.#refused.values()
    const rest = first ? Math.max(1, first.at + aside - this.#now()) : aside
    if (!this.#options.keepOpen) return this.#sleep(rest, bell.signal)
    await this.#post.hold(bell.signal)
    if (!bell.signal.aborted) await this.#sleep(Math.min(rest, holdEvery), bell.signal)
  }

  async #attempt(notice: Notice): Promise<void> {
    // Also if it fails: then it is tried again, and not by two ways.
    this.#failed.add(notice.id)
    this.#overtakable = true
    this.#express.arm()
    const tried = await this.#tell(notice, this.#post)
    this.#overtakable = false
    this.#express.disarm()
    const { reading } = tried
    if (reading.outcome === 'accepted') {
      this.#taken(notice, tried)
      return this.#rest(tried.rest)
    }
    // Aborted because the agent stops: not a failure.
    if (this.#giveUp.signal.aborted) return
    if (reading.outcome === 'gone') return this.#leave(notice, reading.why)
    this.#gone = undefined
    if (reading.outcome === 'again') return this.#retry(notice, reading, tried.status)
    this.#setAside(notice, reading.why)
  }

  async #tell(notice: Notice, post: Post): Promise<Told> {
    const { sink, settings, receipt } = this.#options
    const about = { receipt: receipt(notice), abilities: this.#abilities }
    const rested = (ms: number) => this.#rest(ms)
    const tried = await tell(notice, { sink, settings, post, now: this.#now, ...about, rested })
    this.#abilities = tried.abilities
    return tried
  }

  #urgent(): Notice | undefined {
    return this.#options
      .plan()
      .find(
        (it) =>
          isUrgent(it) && !this.#accepted.has(it.id) && !this.#failed.has(it.id) && !this.#refused.has(it.id),
      )
  }

  /** Sends one over the second connection. If it fails, the notice is still due, and has its turn. */
  async #overtake(notice: Notice, post: Post): Promise<void> {
    const { log } = this.#options
    try {
      const tried = await this.#tell(notice, post)
      const { reading } = tried
      if (reading.outcome === 'accepted') this.#taken(notice, tried)
      else if (!this.#giveUp.signal.aborted) {
        if (reading.outcome === 'again' && reading.unconfirmed) this.#options.unconfirmed?.(notice)
        log.warn({ ...this.#about(notice), why: reading.why }, 'not told ahead of the others either')
      }
    } catch (error) {
      log.warn({ ...this.#about(notice), why: post.redact(messageOf(error)) }, 'the telling stumbled')
    }
    this.#woken = true
    this.#ring()
  }

  #taken(notice: Notice, tried: Told): void {
    const { log } = this.#options
    const fields = this.#about(notice)
    this.#lastSent = this.#now()
    this.#accepted.add(notice.id)
    this.#refused.delete(notice.id)
    log.info({ ...fields, tries: (this.#trouble?.tries ?? 0) + 1 }, 'told')
    this.#trouble = undefined
    this.#gone = undefined
    this.#errors = 0
    this.#waiting--
    this.#note(notice, tried.receipt)
    if (tried.rest > longRest) {
      const why = `took a message, and wants no other for ${Math.round(tried.rest / minute)} min`
      log.warn({ ...fields, why }, 'nothing is told meanwhile')
      this.#trouble = { since: this.#now(), why, tries: 0, next: this.#now() + tried.rest }
    }
    this.#changed()
  }

  /** The service says that the address no longer exists. */
  #leave(notice: Notice, why: string): Promise<void> {
    if (this.#gone !== why)
      this.#options.log.warn(
        { ...this.#about(notice), why },
        'this address is gone; it is asked again in an hour',
      )
    this.#gone = why
    this.#fails(why, aside)
    return this.#rest(aside)
  }

  #retry(
    notice: Notice,
    { why, wait: asked = 0, unconfirmed }: Extract<Reading, { outcome: 'again' }>,
    status: number | undefined,
  ): Promise<void> {
    const { log, random = Math.random } = this.#options
    if (unconfirmed) this.#options.unconfirmed?.(notice)
    this.#errors = status !== undefined && status !== 429 ? this.#errors + 1 : 0
    const rest = Math.max(asked, backoff((this.#trouble?.tries ?? 0) + 1, random()))
    if (this.#trouble?.why !== why)
      log.warn({ ...this.#about(notice), why, wait: rest }, 'not told; it is tried again')
    this.#fails(why, rest)
    return this.#pause(rest, status === undefined && asked === 0)
  }

  /** Before another try. `mute`: nobody answered, so nobody asked for it. */
  async #pause(ms: number, mute: boolean): Promise<void> {
    this.#overtakable = mute
    if (mute) this.#express.look()
    await this.#rest(ms)
    this.#overtakable = false
  }

  #fails(why: string, rest: number): void {
    const { since = this.#now(), tries = 0 } = this.#trouble ?? {}
    this.#trouble = { since, why, tries: tries + 1, next: this.#now() + rest }
    this.#changed()
  }

  /** The notice was refused for its content: others may be accepted meanwhile. */
  #setAside(notice: Notice, why: string): void {
    const { since = this.#now(), tries = 0 } = this.#refused.get(notice.id) ?? {}
    this.#refused.delete(notice.id)
    this.#refused.set(notice.id, { since, at: this.#now(), why, tries: tries + 1 })
    this.#trouble = undefined
    this.#errors = 0
    this.#options.log.warn({ ...this.#about(notice), why }, 'refused; this notice is left alone for an hour')
    this.#changed()
  }

  #note(notice: Notice, receipt: string | undefined): void {
    try {
      this.#options.note(notice, receipt, this.#abilities)
    } catch (error) {
      const why = this.#post.redact(messageOf(error))
      this.#options.log.warn({ sink: this.#options.name, why }, 'told, but it could not be noted')
    }
  }

  readonly #about = ({ kind, id }: Notice) => ({ sink: this.#options.name, notice: kind, id })
}
