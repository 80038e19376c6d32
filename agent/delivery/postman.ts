import { setImmediate as nextTurn } from 'node:timers/promises'
import { isUrgent } from '../core/plan.ts'
import type { Abilities, Notice, Reading } from '../model/index.ts'
import { duration } from '../text/durations.ts'
import { minute } from '../text/times.ts'
import { counted } from './counted.ts'
import type { DeliverOptions, Delivery, DeliveryState } from './delivery.ts'
import { Express } from './express.ts'
import { Liveness } from './liveness.ts'
import { pause, restUntil } from './pause.ts'
import { holdEvery, openPost, type Post, rememberAddress } from './post.ts'
import { Progress } from './progress.ts'
import { aside, backoff, troubleOf } from './retry.ts'
import { messageOf, type Told, tell } from './tell.ts'

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
  readonly #progress = new Progress()
  readonly #express: Express
  readonly #life: Liveness
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
    const { sink, settings, timeout, tally, now = Date.now, sleep = pause } = options
    this.#options = options
    this.#abilities = options.abilities ?? {}
    this.#now = now
    this.#life = new Liveness(options.elapsed)
    this.#sleep = this.#life.watched(sleep)
    const open = (idle?: number) =>
      counted(openPost({ sink, settings, timeout, idle, now, signal: this.#giveUp.signal }), tally)
    this.#post = open()
    this.#express = new Express({
      ...{ open, keepOpen: options.keepOpen === true },
      ...{ urgent: () => this.#urgent(), doubtful: () => this.#again() },
      send: (notice, post) => this.#overtake(notice, post),
    })
    this.#ended = this.#life.until(this.#run(), () => Promise.all([this.#express.stop(), this.#post.close()]))
  }

  state(): DeliveryState {
    const { name, sink } = this.#options
    const first = this.#progress.refusal()
    const failing = this.#trouble ?? (first && troubleOf(first))
    const lacks = sink.lacks?.(this.#abilities)
    return {
      ...{ name, type: sink.name, waiting: this.#waiting },
      ...(this.#lastSent !== undefined && { lastSent: this.#lastSent }),
      ...(failing && { failing }),
      ...(this.#gone !== undefined && { gone: this.#gone }),
      ...(lacks !== undefined && { lacks }),
    }
  }

  /** Looks once more at what is due. */
  #again(): void {
    this.#woken = true
    this.#ring()
  }

  wake(): void {
    this.#again()
    this.#express.look()
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
        this.#express.rush(this.#post)
        const notice = this.#next()
        await (notice ? this.#attempt(notice) : this.#idle())
      } catch (error) {
        const why = this.#post.redact(messageOf(error))
        log.warn({ sink: name, why }, 'sending failed unexpectedly; next try in a minute')
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
    const fails = () => this.#trouble !== undefined || this.#progress.refusal() !== undefined
    const failed = fails()
    const open = this.#progress.open(due)
    this.#express.forget(new Set(due.map(({ id }) => id)))
    this.#waiting = open.length
    if (this.#waiting === 0) this.#trouble = undefined
    if (failed && !fails()) this.#changed()
    const able = open.filter(({ id }) => !this.#express.sends(id) && this.#progress.mayTry(id, this.#now()))
    // One notice on which a server always fails must not hold up the others.
    return able[this.#errors < patience ? 0 : this.#errors % able.length]
  }

  async #idle(): Promise<void> {
    if (this.#woken || this.#stopping.signal.aborted) return
    const bell = new AbortController()
    this.#ring = () => bell.abort('rung')
    const first = this.#progress.refusal()
    const rest = first ? Math.max(1, first.at + aside - this.#now()) : aside
    if (!this.#options.keepOpen) return this.#sleep(rest, bell.signal)
    await this.#hold(bell.signal)
    if (!bell.signal.aborted) await this.#sleep(Math.min(rest, holdEvery), bell.signal)
  }

  /** Keeps the connection open, or opens it. Gives whether an answer came. */
  async #hold(wanted?: AbortSignal): Promise<boolean> {
    const begun = performance.now()
    const answered = (await this.#post.hold(wanted)) === 'answered'
    if (answered) this.#express.answered(begun)
    return answered
  }

  async #attempt(notice: Notice): Promise<void> {
    // Also if it fails: then it is tried again, and not by two ways.
    this.#progress.tries(notice.id)
    this.#express.arm()
    const begun = performance.now()
    const tried = await this.#tell(notice, this.#post)
    this.#express.disarm()
    if (tried.status !== undefined) this.#express.answered(begun)
    const { reading } = tried
    if (reading.outcome === 'accepted') {
      this.#express.accepted(notice.id)
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

  #urgent(): readonly Notice[] {
    return this.#options.plan().filter((it) => isUrgent(it) && this.#progress.isNew(it.id))
  }

  /** Sends one over a connection kept for it. If it fails, the notice is still due, and has its turn. */
  async #overtake(notice: Notice, post: Post): Promise<void> {
    const { log } = this.#options
    try {
      const tried = await this.#tell(notice, post)
      const { reading } = tried
      // What is no longer due has arrived all the same, and its end has to be told.
      if (this.#express.isOvertaken(notice.id)) return
      if (reading.outcome === 'accepted') this.#taken(notice, tried)
      else if (!this.#giveUp.signal.aborted) {
        if (reading.outcome === 'again' && reading.unconfirmed) this.#options.unconfirmed?.(notice)
        log.warn({ ...this.#about(notice), why: reading.why }, 'not sent ahead of the others either')
      }
    } catch (error) {
      log.warn({ ...this.#about(notice), why: post.redact(messageOf(error)) }, 'sending failed unexpectedly')
    }
    this.#again()
  }

  #taken(notice: Notice, tried: Told): void {
    this.#progress.accepts(notice.id)
    this.#waiting = Math.max(0, this.#waiting - 1)
    this.#note(notice, tried)
    // Where there was nothing to send, nothing is known of the service.
    if (tried.posted) this.#works(this.#about(notice), tried.rest)
    this.#changed()
  }

  #works(fields: object, rest: number): void {
    const { log } = this.#options
    this.#lastSent = this.#now()
    log.info({ ...fields, tries: (this.#trouble?.tries ?? 0) + 1 }, 'sent')
    this.#trouble = undefined
    this.#gone = undefined
    this.#errors = 0
    if (rest <= longRest) return
    const why = `took a message, and wants no other for ${duration(rest)}`
    log.warn({ ...fields, why }, 'nothing is sent meanwhile')
    this.#trouble = { since: this.#now(), why, tries: 0, next: this.#now() + rest }
  }

  /** The service says that the address no longer exists. */
  #leave(notice: Notice, why: string): Promise<void> {
    if (this.#gone !== why)
      this.#options.log.warn({ ...this.#about(notice), why }, 'this address is gone; next try in an hour')
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
      log.warn({ ...this.#about(notice), why, wait: rest }, 'not sent; Murphy tries again')
    this.#fails(why, rest)
    if (status !== 429 && asked === 0) this.#express.allow()
    return this.#pause(rest, status === undefined && !unconfirmed)
  }

  /** Before another try. `unreached`: the letter did not go out; then the pause ends as soon as somebody answers. */
  async #pause(ms: number, unreached: boolean): Promise<void> {
    const isOver = async () => this.#stopping.signal.aborted || (await this.#hold())
    const isHeld = unreached && this.#options.keepOpen === true
    await (isHeld ? restUntil(ms, (part) => this.#rest(part), isOver) : this.#rest(ms))
    this.#express.disarm()
  }

  #fails(why: string, rest: number): void {
    const { since = this.#now(), tries = 0 } = this.#trouble ?? {}
    this.#trouble = { since, why, tries: tries + 1, next: this.#now() + rest }
    this.#changed()
  }

  /** The notice was refused for its content: others may be accepted meanwhile. */
  #setAside(notice: Notice, why: string): void {
    this.#progress.refuses(notice.id, why, this.#now())
    this.#trouble = undefined
    this.#errors = 0
    this.#options.log.warn({ ...this.#about(notice), why }, 'refused; this notice is not sent for an hour')
    this.#changed()
  }

  #note(notice: Notice, { receipt, posted }: Told): void {
    try {
      this.#options.note(notice, receipt, this.#abilities, posted)
    } catch (error) {
      const why = this.#post.redact(messageOf(error))
      this.#options.log.warn({ sink: this.#options.name, why }, 'sent, but it could not be recorded')
    }
  }

  readonly lives = () => this.#life.lives()
  readonly refused = () => this.#progress.refused()
  readonly #about = ({ kind, id }: Notice) => ({ sink: this.#options.name, notice: kind, id })
}
