import type { Notice } from '../model/index.ts'
import { holdEvery, type Post } from './post.ts'

/**
 * How long the letter under way may take before what is critical and new no longer waits for it, ms: longer than
 * services take to answer, short beside what somebody who is locked out loses.
 */
export const grace = 300

export interface ExpressOptions {
  /** A connection of its own, so that no answer that cannot come is in its way. */
  readonly post: Post
  readonly keepOpen: boolean
  /** The most urgent notice that is due and that nobody sends, while the postman waits for an answer. */
  readonly urgent: () => Notice | undefined
  /** Sends it over that connection and sees to what comes of it. Never rejects. */
  readonly send: (notice: Notice) => Promise<void>
}

/**
 * The second way of a postman, for what is critical and new: over a connection kept open beside the first, while an
 * earlier letter waits for its answer. Each notice goes this way once; after that the postman sees to it as to any other.
 */
export class Express {
  readonly #options: ExpressOptions
  readonly #tried = new Set<string>()
  readonly #holding: NodeJS.Timeout | undefined
  #sending: Promise<void> | undefined
  #current: string | undefined
  #late: NodeJS.Timeout | undefined
  #stopped: boolean = false

  constructor(options: ExpressOptions) {
    this.#options = options
    if (!options.keepOpen) return
    const hold = () => this.#sending ?? options.post.hold()
    setImmediate(() => void hold())
    this.#holding = setInterval(hold, holdEvery)
    this.#holding.unref()
  }

  /** Whether this notice is under way here. */
  sends(id: string): boolean {
    return this.#current === id
  }

  /** The postman waits for an answer, or for its next try: from `grace` on it may be overtaken. */
  arm(): void {
    clearTimeout(this.#late)
    this.#late = setTimeout(() => {
      this.#late = undefined
      this.look()
    }, grace)
    this.#late.unref()
  }

  /** The postman waits no more. */
  disarm(): void {
    clearTimeout(this.#late)
    this.#late = undefined
  }

  /** Something urgent may be due. Does nothing while the letter under way is not late yet. */
  look(): void {
    if (this.#stopped || this.#sending || this.#late) return
    const notice = this.#options.urgent()
    if (!notice || this.#tried.has(notice.id)) return
    this.#tried.add(notice.id)
    this.#current = notice.id
    this.#sending = this.#options.send(notice).finally(() => {
      this.#sending = undefined
      this.#current = undefined
      this.look()
    })
  }

  /** Forgets notices that are no longer due. */
  forget(due: ReadonlySet<string>): void {
    for (const id of this.#tried) if (!due.has(id)) this.#tried.delete(id)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.disarm()
    clearInterval(this.#holding)
    await this.#sending
    await this.#options.post.close()
  }
}
