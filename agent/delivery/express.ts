import type { Notice } from '../model/index.ts'
import { minute } from '../text/times.ts'
import type { Post } from './post.ts'

/**
 * How long the letter under way may take before what is critical and new no longer waits for it, ms: longer than
 * services take to answer, short beside what somebody who is locked out loses.
 */
export const grace = 300

/** How long a letter sent here may go unanswered, ms, before it is tried by the postman's connection, if that works. */
export const headStart = 3000

/**
 * How many connections are kept that nothing else goes over. Where no answer comes in, TCP takes the first letter to the
 * other end, and none after it: each of them is good for one letter.
 */
export const spares = 3
/** How long each is kept without use, ms: while no answer comes in, nothing may be sent that only keeps it open. */
const idle = 10 * minute

export interface ExpressOptions {
  /** Makes a connection that is kept for so many ms without use. */
  readonly open: (idle: number) => Post
  readonly keepOpen: boolean
  /** What is urgent, due and not tried by the postman yet, the gravest first. */
  readonly urgent: () => readonly Notice[]
  /** Sends it over that connection and sees to what comes of it. Never rejects. */
  readonly send: (notice: Notice, post: Post) => Promise<void>
  /** A letter may be dead, so that the postman can try it. */
  readonly doubtful: () => void
}

interface Journey {
  readonly begun: number
  /** Whether the network answered to something that was sent after it. */
  isDoubtful: boolean
  /** Whether the postman's own connection got it accepted meanwhile. */
  isOvertaken: boolean
}

/**
 * The second way of a postman, for what is critical and new: over connections kept open beside the first, while an
 * earlier letter waits for its answer, or where the first connection is gone and no other can be made. Each notice goes
 * this way once; after that the postman sees to it as to any other.
 */
export class Express {
  readonly #options: ExpressOptions
  readonly #posts: readonly Post[]
  readonly #tried = new Set<string>()
  readonly #busy = new Set<Post>()
  readonly #journeys = new Map<string, Journey>()
  readonly #sending = new Set<Promise<void>>()
  #holding: Promise<void> | undefined
  #late: NodeJS.Timeout | undefined
  /** Whether what is urgent need not wait: for an answer, or for another try that only the postman put off. */
  #isAllowed: boolean = false
  #stopped: boolean = false

  constructor(options: ExpressOptions) {
    const { open, keepOpen } = options
    this.#options = options
    this.#posts = Array.from({ length: keepOpen ? spares : 1 }, () => open(idle))
    setImmediate(() => this.#keep())
  }

  /** Whether this notice is under way here, and likely to arrive. */
  sends(id: string): boolean {
    const it = this.#journeys.get(id)
    return it !== undefined && !(it.isDoubtful && performance.now() - it.begun >= headStart)
  }

  /** The postman's own connection got a notice accepted. */
  accepted(id: string): void {
    const it = this.#journeys.get(id)
    if (it) it.isOvertaken = true
  }

  /** Whether that happened while this notice was under way here. */
  isOvertaken(id: string): boolean {
    return this.#journeys.get(id)?.isOvertaken === true
  }

  /** Whether a letter can go at once, without a new connection. */
  isOpen(): boolean {
    return this.#free().some((it) => it.isOpen())
  }

  /** The postman waits for an answer: from `grace` on it may be overtaken. */
  arm(): void {
    clearTimeout(this.#late)
    this.#isAllowed = true
    this.#late = setTimeout(() => {
      this.#late = undefined
      this.look()
    }, grace)
    this.#late.unref()
  }

  /** It waits for its next try, which only itself has put off. */
  allow(): void {
    this.#isAllowed = true
    this.look()
  }

  /** It waits no more. */
  disarm(): void {
    this.#isAllowed = false
    clearTimeout(this.#late)
    this.#late = undefined
  }

  /** Where `first` would need a new connection, which may not be had, what is urgent goes over one that is open. */
  rush(first: Post): void {
    if (first.isOpen() || !this.isOpen()) return
    this.allow()
    this.disarm()
  }

  /** Something urgent may be due. Does nothing while the letter under way is not late yet. */
  look(): void {
    if (this.#stopped || !this.#isAllowed || this.#late) return
    for (const notice of this.#options.urgent()) {
      const [post] = this.#free()
      if (!post) return
      if (!this.#tried.has(notice.id)) this.#start(notice, post)
    }
  }

  /**
   * The network has answered to what was sent at `begun`, by `performance.now()`: now the connections can be kept open.
   * Not at other times, as a request to which no answer comes leaves no way for a letter.
   */
  answered(begun: number): void {
    for (const it of this.#journeys.values()) if (begun >= it.begun) it.isDoubtful = true
    this.#keep()
  }

  /** Forgets notices that are no longer due. */
  forget(due: ReadonlySet<string>): void {
    for (const id of this.#tried) if (!due.has(id)) this.#tried.delete(id)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.disarm()
    await Promise.all(this.#sending)
    await Promise.all(this.#posts.map((it) => it.close()))
    await this.#holding
  }

  /** Those that nothing goes over, the open ones first. */
  #free(): readonly Post[] {
    return this.#posts
      .filter((it) => !this.#busy.has(it))
      .toSorted((a, b) => Number(b.isOpen()) - Number(a.isOpen()))
  }

  #start(notice: Notice, post: Post): void {
    this.#tried.add(notice.id)
    this.#journeys.set(notice.id, { begun: performance.now(), isDoubtful: false, isOvertaken: false })
    this.#busy.add(post)
    const doubt = setTimeout(() => this.#options.doubtful(), headStart)
    const sending = this.#options.send(notice, post).finally(() => {
      clearTimeout(doubt)
      this.#busy.delete(post)
      this.#journeys.delete(notice.id)
      this.#sending.delete(sending)
      this.look()
    })
    this.#sending.add(sending)
  }

  #keep(): void {
    if (this.#stopped || !this.#options.keepOpen) return
    this.#holding ??= this.#hold().finally(() => {
      this.#holding = undefined
      this.look()
    })
  }

  /** One after the other, so that no more than one is lost when answers end just now. */
  async #hold(): Promise<void> {
    for (const it of this.#posts) {
      if (this.#stopped || this.#busy.has(it)) continue
      this.#busy.add(it)
      const kept = await it.hold()
      this.#busy.delete(it)
      if (kept === 'silent') return
    }
  }
}
