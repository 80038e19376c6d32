import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Notice, Reading, Standing } from '../model/index.ts'
import { duration } from '../text/durations.ts'
import { minute, second } from '../text/times.ts'
import { counted } from './counted.ts'
import type { DeliverOptions, DeliveryState } from './delivery.ts'
import { Liveness } from './liveness.ts'
import { pause } from './pause.ts'
import { openPost, type Post, rememberAddress } from './post.ts'
import { backoff } from './retry.ts'
import { messageOf } from './tell.ts'

export interface ProclaimOptions
  extends Pick<
    DeliverOptions,
    | 'sink'
    | 'settings'
    | 'name'
    | 'log'
    | 'changed'
    | 'now'
    | 'elapsed'
    | 'random'
    | 'sleep'
    | 'timeout'
    | 'tally'
  > {
  /** All that is to be said now; called again before every attempt. Undefined while that is not known: nothing is said. */
  readonly all: () => readonly Standing[] | undefined
  readonly head: () => Pick<Notice, 'node' | 'cluster' | 'runbookUrl' | 'command'>
}

/** All is said again after this, ms, and tried again no later where it failed. */
const every = minute
/** So long the causes are there before what follows from them, ms: inhibition is worked out beside the requests. */
const headStart = second
/** Changes within this time, ms, are said together. */
const gathering = second
/** A clock is said to be off from here on, ms: a server gives whole seconds, and an answer takes a moment. */
const noticeable = 5 * second
/** A step of this node's clock from here on, ms, makes what is known of the server's worthless: as much as is noticeable. */
const stepped = noticeable
/** How long what is under way may still take when the agent stops, ms. */
const stopPatience = 3 * second

export interface LineState extends Pick<DeliveryState, 'lastSent' | 'failing'> {
  /** What people should know of it: a sentence. */
  readonly note?: string
  /** How much it was to say when it last tried. */
  readonly waiting: number
}

/** One server of such a service. */
export interface HeraldLine {
  wake(): void
  state(): LineState
  /** Whether its worker lives, whatever the server does. */
  lives(): boolean
  stop(): Promise<void>
}

export interface LineOptions extends Omit<ProclaimOptions, 'changed'> {
  /** Called when it begins to fail, and when it works again. */
  readonly turned: () => void
}

export const heraldLine = (options: LineOptions): HeraldLine => new Line(options)

class Line implements HeraldLine {
  readonly #options: LineOptions
  readonly #post: Post
  readonly #now: () => number
  readonly #sleep: NonNullable<LineOptions['sleep']>
  readonly #stopping = new AbortController()
  readonly #giveUp = new AbortController()
  readonly #life: Liveness
  readonly #ended: Promise<unknown>
  #ring = () => {}
  #woken: boolean = false
  #trouble: DeliveryState['failing']
  #lastSent: number | undefined
  #waiting = 0
  /** By how much this node's clock is ahead of the server's, ms; undefined while that is not known. */
  #ahead: number | undefined
  /** By how much this node's clock was ahead of `performance.now()` when it was compared, ms. */
  #offset = 0
  /** What was said last (`sumOf`), and when, by `performance.now()`. */
  #said = ''
  #at = Number.NEGATIVE_INFINITY

  constructor(options: LineOptions) {
    const { sink, settings, timeout, tally, now = Date.now, sleep = pause } = options
    this.#options = options
    this.#now = now
    this.#life = new Liveness(options.elapsed)
    this.#sleep = this.#life.watched(sleep)
    // Longer than the pause between two letters, so that what is said goes over a connection that is there.
    const post = openPost({ sink, settings, timeout, idle: 3 * every, now, signal: this.#giveUp.signal })
    this.#post = counted(post, tally)
    this.#ended = this.#life.until(this.#run(), () => this.#post.close())
  }

  wake(): void {
    this.#woken = true
    this.#ring()
  }

  state(): LineState {
    return {
      ...(this.#lastSent !== undefined && { lastSent: this.#lastSent }),
      ...(this.#trouble && { failing: this.#trouble }),
      ...(this.#note !== undefined && { note: this.#note }),
      waiting: this.#waiting,
    }
  }

  lives(): boolean {
    return this.#life.lives()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#ring()
    const timer = setTimeout(() => this.#giveUp.abort(), stopPatience)
    await this.#ended.finally(() => clearTimeout(timer))
  }

  get #note(): string | undefined {
    const ahead = this.#ahead ?? 0
    if (ahead === 0) return undefined
    const host = URL.parse(this.#url())?.hostname ?? 'the server'
    return `this node's clock is ${duration(Math.abs(ahead))} ${ahead > 0 ? 'ahead of' : 'behind'} that of ${host}; times are given by the latter`
  }

  #url(): string {
    const { sink, settings } = this.#options
    const [letter] = sink.compose({ kind: 'test', id: 'murphy', node: '', at: 0 }, settings)
    return letter?.url ?? ''
  }

  /** Says all of it again and again until it is stopped. */
  async #run(): Promise<void> {
    const { sink, settings, name, log } = this.#options
    // The caller of the constructor has not set up yet what `all` needs.
    await nextTurn()
    while (!this.#stopping.signal.aborted) {
      this.#woken = false
      rememberAddress(sink, settings)
      try {
        await this.#rest(await this.#say())
      } catch (error) {
        const why = this.#post.redact(messageOf(error))
        log.warn({ sink: name, why }, 'sending failed unexpectedly; next try in a minute')
        await this.#sleep(every, this.#stopping.signal)
      }
    }
  }

  /** Says all of it if it is time to. Gives how long to rest then, ms. */
  async #say(): Promise<number> {
    const all = this.#options.all()
    if (!all) return every
    this.#waiting = all.length
    const sum = sumOf(all)
    const since = performance.now() - this.#at
    if (sum === this.#said && since < every) return every - since
    const begun = performance.now()
    const reading = await this.#send(all)
    if (this.#giveUp.signal.aborted) return 0
    if (reading.outcome !== 'accepted') return this.#fails(reading)
    this.#said = sum
    this.#at = begun
    this.#works()
    return gathering
  }

  /** The reading of the last letter: of the first that was not accepted, unless only it was refused for what it says. */
  async #send(all: readonly Standing[]): Promise<Reading> {
    const { sink, settings, head } = this.#options
    // Set since (or the machine slept): what was ahead may be right now, and an end once given is never brought forward.
    if (Math.abs(this.#offsetNow() - this.#offset) >= stepped) this.#ahead = undefined
    if (this.#ahead === undefined) {
      // Nothing is said by an empty list but the time: with a wrong one the first alerts would be over as they begin.
      const [letter] = sink.compose({ kind: 'test', id: 'murphy', node: '', at: 0 }, settings)
      const asked = letter ? await this.#letter({ ...letter, body: '[]' }) : undefined
      if (asked && asked.outcome !== 'accepted') return asked
    }
    let refused: Reading | undefined
    for (const [index, letter] of this.#letters(all, head()).entries()) {
      // Always: a server that was started since knows of nothing, and takes what is old to us for new.
      if (index > 0) await this.#sleep(headStart, this.#stopping.signal)
      const reading = await this.#letter(letter)
      // Those that are valid of a letter that is refused were taken: the others must not go without them.
      if (reading.outcome === 'refused') refused = reading
      else if (reading.outcome !== 'accepted') return reading
    }
    return refused ?? { outcome: 'accepted' }
  }

  #letters(all: readonly Standing[], head: ReturnType<LineOptions['head']>) {
    const { sink, settings } = this.#options
    const ahead = this.#ahead ?? 0
    return sink.restate?.(all, settings, head, { at: this.#now() - ahead, ahead }) ?? []
  }

  async #letter(letter: Parameters<Post['send']>[0]): Promise<Reading> {
    const { reading } = await this.#post.send(letter)
    if (reading.outcome === 'accepted') this.#compare(Date.parse(reading.receipt ?? ''))
    return reading
  }

  #offsetNow(): number {
    return this.#now() - performance.now()
  }

  /** Holds this node's clock against the server's, which is `server`; NaN where it does not say. */
  #compare(server: number): void {
    const ahead = Number.isNaN(server) ? 0 : this.#now() - server
    this.#offset = this.#offsetNow()
    const off = Math.abs(ahead) < noticeable ? 0 : ahead
    const changed = Math.abs(off - (this.#ahead ?? 0)) >= noticeable
    this.#ahead = changed || this.#ahead === undefined ? off : this.#ahead
    if (changed && this.#note) this.#options.log.warn({ sink: this.#options.name }, this.#note)
  }

  #works(): void {
    this.#lastSent = this.#now()
    if (!this.#trouble) return
    this.#options.log.info({ sink: this.#options.name, tries: this.#trouble.tries + 1 }, 'sent')
    this.#trouble = undefined
    this.#options.turned()
  }

  #fails(reading: Exclude<Reading, { outcome: 'accepted' }>): number {
    const { log, name, turned, random = Math.random } = this.#options
    const { why } = reading
    const { since = this.#now(), tries = 0, why: before } = this.#trouble ?? {}
    const asked = reading.outcome === 'again' ? (reading.wait ?? 0) : every
    const rest = Math.max(asked, Math.min(every, second + backoff(tries + 1, random())))
    if (before !== why) log.warn({ sink: name, why, wait: rest }, 'not sent; Murphy tries again')
    this.#trouble = { since, why, tries: tries + 1, next: this.#now() + rest }
    // What is asked of it may have changed when it works again.
    this.#ahead = undefined
    turned()
    return rest
  }

  /** `gathering` at least; then until it is woken, unless it rests as it failed. */
  async #rest(ms: number): Promise<void> {
    const { signal } = this.#stopping
    const first = this.#trouble ? ms : Math.min(ms, gathering)
    await this.#sleep(first, signal)
    if (this.#woken || signal.aborted || ms <= first) return
    const bell = new AbortController()
    this.#ring = () => bell.abort()
    await this.#sleep(ms - first, AbortSignal.any([bell.signal, signal]))
    this.#ring = () => {}
    if (!this.#woken) this.#at = Number.NEGATIVE_INFINITY
  }
}

/** Changes with what is said to be so, and not with the words for it. */
const sumOf = (all: readonly Standing[]) =>
  JSON.stringify(all.map(({ labels, starts, ended }) => [labels, starts, ended]))
