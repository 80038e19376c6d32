import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Beat, HeartbeatSettings, HeartbeatState, Reading } from '../model/index.ts'
import { minute, second } from '../text/times.ts'
import { asSink } from './heartbeat-sink.ts'
import { heartbeatKinds } from './heartbeats/index.ts'
import { pause } from './pause.ts'
import { openPost, type Post, rememberAddress } from './post.ts'
import { backoff } from './retry.ts'
import { messageOf } from './tell.ts'

export interface Heartbeat {
  state(): HeartbeatState
  /** Says that the agent was told to end, where the service has words for that. Takes 3 s at most. */
  stop(): Promise<void>
}

export interface HeartbeatOptions {
  readonly name: string
  /** The period, ms. */
  readonly every: number
  /** Whether to say that the agent has begun. */
  readonly start: boolean
  readonly settings: HeartbeatSettings
  /** What to say now, asked before each try; or why there must be no heartbeat. Never rejects. */
  readonly beat: (kind: Beat['kind']) => Promise<Beat | { readonly held: string }>
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void }
  /** Called when it begins to fail, or works again. */
  readonly changed?: () => void
  readonly now?: () => number
  /** A monotonic clock, ms. */
  readonly elapsed?: () => number
  /** In [0, 1). */
  readonly random?: () => number
  /** Resolves after that many ms, or as soon as the signal is aborted; never rejects. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** How long one try may take at most, ms; no more than half of the period, so that none is under way when the next is due. */
const longestTry = 10 * second
/** Tries in one period. healthchecks.io ignores more than five a minute. */
const mostTries = 3
/** The longest pause that a server may ask for, ms: it must not be able to silence a heartbeat. */
const longestRest = 5 * minute
/** How often it is asked whether there may be a heartbeat again, ms. */
const heldEvery = 5 * second
/** How long the last letter may take when the agent stops, ms. */
const stopPatience = 3 * second

/**
 * Pings a dead man's switch once in each period, by a clock that nobody sets: tries of one period never reach into the
 * next, in which everything begins anew, so no storm of retries makes it late. Nothing is queued or made up for.
 */
export const openHeartbeat = (options: HeartbeatOptions): Heartbeat => new Pulse(options)

class Pulse implements Heartbeat {
  readonly #options: HeartbeatOptions
  readonly #post: Post
  readonly #now: () => number
  readonly #elapsed: () => number
  readonly #timeout: number
  readonly #stopping = new AbortController()
  readonly #giveUp = new AbortController()
  readonly #ended: Promise<void>
  #lastSent: number | undefined
  #failing: HeartbeatState['failing']
  #held: string | undefined
  /** By the monotonic clock: a server asked for no letter before. */
  #notBefore = 0

  constructor(options: HeartbeatOptions) {
    const { settings, every, now = Date.now, elapsed = () => performance.now() } = options
    this.#options = options
    this.#now = now
    this.#elapsed = elapsed
    this.#timeout = Math.min(longestTry, every / 2)
    this.#post = openPost({ ...asSink(settings), timeout: this.#timeout, now, signal: this.#giveUp.signal })
    this.#ended = this.#run()
  }

  state(): HeartbeatState {
    const { name, settings, every } = this.#options
    return {
      ...{ name, type: settings.type, every },
      ...(this.#lastSent !== undefined && { lastSent: this.#lastSent }),
      ...(this.#failing && { failing: this.#failing }),
      ...(this.#held !== undefined && { held: this.#held }),
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    const timer = setTimeout(() => this.#giveUp.abort(), stopPatience)
    try {
      await this.#ended
      if (this.#lastSent !== undefined) await this.#say('stop')
    } catch {
      // It ends in any case.
    } finally {
      clearTimeout(timer)
      await this.#post.close()
    }
  }

  async #run(): Promise<void> {
    const { every, log, name, settings } = this.#options
    let { start } = this.#options
    // The caller of the constructor has not set up yet what `beat` needs.
    await nextTurn()
    while (!this.#stopping.signal.aborted) {
      const due = this.#elapsed()
      try {
        const { sink, settings: its } = asSink(settings)
        rememberAddress(sink, its)
        if (start) await this.#say('start')
        start = false
        const beats = await this.#period(due + every)
        await this.#rest(beats ? Math.max(due + every, this.#notBefore) - this.#elapsed() : this.#again())
      } catch (error) {
        log.warn(
          { heartbeat: name, why: this.#post.redact(messageOf(error)) },
          'a heartbeat failed unexpectedly',
        )
        await this.#rest(every)
      }
    }
  }

  readonly #again = () => Math.min(this.#options.every, heldEvery)

  /** All tries of one period, which ends at `end`. False where there must be no heartbeat. */
  async #period(end: number): Promise<boolean> {
    const { random = Math.random } = this.#options
    const begun = this.#now()
    for (let tries = 1; ; tries += 1) {
      const reading = await this.#say('alive')
      if (!reading) return false
      if (reading.outcome === 'accepted') {
        this.#sent()
        return true
      }
      if (this.#giveUp.signal.aborted) return true
      const asked = reading.outcome === 'again' ? (reading.wait ?? 0) : 0
      this.#notBefore = this.#elapsed() + Math.min(asked, longestRest)
      const wait = Math.max(asked, second + backoff(tries, random()))
      if (tries >= mostTries || this.#elapsed() + wait + this.#timeout > end) {
        this.#fails(reading.why, begun, end)
        return true
      }
      await this.#rest(wait)
      if (this.#stopping.signal.aborted) return true
    }
  }

  /** Posts one letter; undefined where there is nothing to say, or must not be. */
  async #say(kind: Beat['kind']): Promise<Reading | undefined> {
    const { settings, beat, log, name } = this.#options
    const it = await beat(kind)
    if ('held' in it) {
      if (kind === 'alive') {
        if (this.#held === undefined && this.#lastSent !== undefined)
          log.warn(
            { heartbeat: name, why: it.held },
            'no heartbeat is sent: Murphy does not work as it should',
          )
        this.#held = it.held
      }
      return undefined
    }
    if (kind === 'alive') this.#held = undefined
    const letter = heartbeatKinds[settings.type].letter(it, settings)
    return letter && (await this.#post.send(letter)).reading
  }

  #sent(): void {
    const { log, name, changed } = this.#options
    const failed = this.#failing
    if (failed || this.#lastSent === undefined) log.info({ heartbeat: name }, 'the heartbeat arrives')
    this.#lastSent = this.#now()
    this.#failing = undefined
    if (failed) changed?.()
  }

  #fails(why: string, begun: number, end: number): void {
    const { log, name, changed } = this.#options
    const { since = begun, tries = 0, why: before } = this.#failing ?? {}
    if (before !== why)
      log.warn({ heartbeat: name, why }, 'a heartbeat did not arrive; Murphy goes on trying')
    const next = this.#now() + Math.max(0, Math.max(end, this.#notBefore) - this.#elapsed())
    this.#failing = { since, why, tries: tries + 1, next }
    if (tries === 0) changed?.()
  }

  #rest(ms: number): Promise<void> {
    const { sleep = pause } = this.#options
    return sleep(Math.max(0, ms), this.#stopping.signal)
  }
}
