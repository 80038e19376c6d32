import { setImmediate as nextTurn } from 'node:timers/promises'
import type { NodeApi } from '../../model/index.ts'
import { minute, second } from '../../text/times.ts'
import type { DeliveryState } from '../delivery.ts'
import { pause } from '../pause.ts'
import { messageOf } from '../tell.ts'
import { pauseAfter, type Trouble } from './answers.ts'
import { Book, type Part, type Task, type Wants } from './book.ts'
import { conditionsOf, lastWords } from './conditions.ts'
import type { Door } from './door.ts'
import { farewell } from './events.ts'
import type { Ending, Picture } from './picture.ts'
import { readNode } from './requests.ts'

/** What keeps this node's part of Kubernetes as it should be. */
export interface NodeWriter {
  /** Something may have changed. Cheap; never shortens a pause. */
  wake(): void
  state(): WriterState
  /** Writes the last word, if that is possible within three seconds, and ends. `how` is asked for why it ends. */
  stop(how: () => Promise<Ending>): Promise<void>
}

export interface WriterState extends DeliveryState {
  /** What is refused, not merely out of reach, since when and how often. */
  readonly refused?: NonNullable<DeliveryState['failing']>
}

export interface WriterOptions {
  readonly wants: Wants
  /** Looks for the API server and this node's credential. */
  readonly find: () => Promise<NodeApi>
  readonly open: (api: NodeApi) => Door
  /** What is true now; undefined until every collector has looked once, as nothing said before that would be true. */
  readonly picture: () => Picture | undefined
  readonly log: { info(fields: object, text: string): void; warn(fields: object, text: string): void }
  /** Called when it begins to be refused, or no longer is. */
  readonly changed?: () => void
  readonly now?: () => number
  /** In [0, 1). */
  readonly random?: () => number
  /** Resolves after that many ms, or as soon as the signal is aborted; never rejects. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>
}

/** How long the last word may take in all, ms; k3s and the network wait for longer (systemd/murphy-last-word.service). */
const lastWordPatience = 3 * second

type Failing = NonNullable<DeliveryState['failing']> & { readonly isRefused: boolean }

/** A second kind of sink: not told what is new, but kept equal to what is so. It stands beside the postmen, and shares nothing with them. */
export const keepNode = (options: WriterOptions): NodeWriter => new Writer(options)

class Writer implements NodeWriter {
  readonly #options: WriterOptions
  readonly #now: () => number
  readonly #stopping = new AbortController()
  readonly #ended: Promise<void>
  readonly #troubles = new Map<Part, Failing>()
  #book: Book | undefined
  #door: Door | undefined
  #lastSent: number | undefined
  /** Where the API is has to be asked again. */
  #isStale: boolean = false
  #woken: boolean = false
  #ring = () => {}

  constructor(options: WriterOptions) {
    this.#options = options
    this.#now = options.now ?? Date.now
    this.#ended = this.#run()
  }

  state(): WriterState {
    const all = [...this.#troubles.values()]
    const shown = ({ isRefused: _, ...it }: Failing) => it
    const failing = all.find((it) => it.isRefused) ?? all[0]
    return {
      ...{ name: 'kubernetes', type: 'kubernetes', waiting: this.#book?.waiting ?? 0 },
      ...(this.#lastSent !== undefined && { lastSent: this.#lastSent }),
      ...(failing && { failing: shown(failing) }),
      ...(failing?.isRefused && { refused: shown(failing) }),
    }
  }

  wake(): void {
    this.#woken = true
    this.#ring()
  }

  async #run(): Promise<void> {
    // The caller of the constructor has not set up yet what `picture` needs.
    await nextTurn()
    while (!this.#stopping.signal.aborted) {
      this.#woken = false
      try {
        const rest = await this.#step()
        if (rest > 0) await this.#idle(rest)
      } catch (error) {
        this.#options.log.warn(
          { sink: 'kubernetes', why: messageOf(error) },
          'writing failed unexpectedly; next try in a minute',
        )
        await this.#sleep(minute, this.#stopping.signal)
      }
    }
  }

  /** Asks at most one thing. How long nothing is due after it, ms. */
  async #step(): Promise<number> {
    const { picture: look } = this.#options
    const picture = look()
    if (!picture) return minute
    const now = this.#now()
    // A pause that is over is none: what it was about may be no longer due, or has to wait for something else.
    const waits = [...this.#troubles.values()].flatMap(({ next = now }) => (next > now ? [next - now] : []))
    if (!this.#isAble('node')) return Math.min(minute, ...waits)
    const book = (!this.#isStale && this.#book) || (await this.#found())
    if (!book) return 1
    const task = book.next(picture, (part) => this.#isAble(part), now)
    if ('rest' in task) return Math.min(task.rest, ...waits)
    await this.#do(book, task)
    return 0
  }

  readonly #isAble = (part: Part): boolean => {
    const it = this.#troubles.get(part)
    // A clock that was set back must not make a pause longer than any is.
    return it?.next === undefined || it.next <= this.#now() || it.next - this.#now() > 2 * 60 * minute
  }

  /** Where the API is, by the node's files as they are now. */
  async #found(): Promise<Book | undefined> {
    const { find, open, wants } = this.#options
    try {
      const api = await find()
      this.#door = open(api)
      this.#isStale = false
      if (this.#book?.node !== api.node) this.#book = new Book(api.node, wants)
      return this.#book
    } catch (error) {
      this.#fails('node', { kind: 'again', why: messageOf(error) })
      return undefined
    }
  }

  async #do(book: Book, task: Task): Promise<void> {
    const { signal } = this.#stopping
    const door = this.#door
    if (!door) return
    const { meaning, body } = await door.ask(book.requestOf(task), signal)
    // Given up because the agent stops: not a failure.
    if (signal.aborted) return
    const isDone = book.note(task, meaning, body, this.#now())
    if (task.part === 'events' && meaning.kind === 'invalid')
      this.#options.log.warn(
        { sink: 'kubernetes', why: meaning.why },
        'an event was refused; it is not written again',
      )
    if (isDone) return this.#works(task)
    if (meaning.kind === 'done' || meaning.kind === 'exists') return
    // What nobody answered is about all; what was answered is about this part alone. So also where the Node can be read
    // and not be written: each reading that goes well would begin the pauses of a writing that does not from the start.
    this.#fails(meaning.kind === 'again' ? 'node' : task.part, meaning)
  }

  #works({ part }: Task): void {
    if (part !== 'node') this.#lastSent = this.#now()
    const before = this.state()
    for (const it of ['node', part] as const) this.#troubles.delete(it)
    if (before.failing && !this.state().failing)
      this.#options.log.info({ sink: 'kubernetes' }, 'Kubernetes takes what is written again')
    if (before.refused && !this.state().refused) this.#options.changed?.()
  }

  #fails(part: Part, trouble: Trouble): void {
    const { log, random = Math.random } = this.#options
    const last = this.#troubles.get(part)
    const tries = (last?.tries ?? 0) + 1
    const wait = pauseAfter(tries, trouble, random())
    const isRefused = trouble.kind === 'refused' || trouble.kind === 'invalid'
    const now = this.#now()
    this.#troubles.set(part, {
      since: last?.since ?? now,
      why: trouble.why,
      tries,
      next: now + wait,
      isRefused,
    })
    if (last?.why !== trouble.why)
      log.warn({ sink: 'kubernetes', part, why: trouble.why, wait }, 'not written; Murphy tries again')
    // k3s may be another one by the next try: another certificate, another port, another name.
    if (part === 'node') this.#isStale = true
    if (isRefused || last?.isRefused) this.#options.changed?.()
  }

  #sleep(ms: number, signal: AbortSignal): Promise<void> {
    return (this.#options.sleep ?? pause)(ms, signal)
  }

  async #idle(ms: number): Promise<void> {
    if (this.#woken || this.#stopping.signal.aborted) return
    const bell = new AbortController()
    this.#ring = () => bell.abort()
    await this.#sleep(ms, bell.signal)
  }

  async stop(how: () => Promise<Ending>): Promise<void> {
    this.#stopping.abort()
    this.#ring()
    const patience = AbortSignal.timeout(lastWordPatience)
    const over = new Promise<void>((resolve) =>
      patience.addEventListener('abort', () => resolve(), { once: true }),
    )
    await Promise.race([this.#ended.then(() => this.#sayLast(how, patience)), over])
  }

  /** While the machine goes down k3s ends at the same moment: so the line is opened while it is asked why. */
  async #sayLast(how: () => Promise<Ending>, signal: AbortSignal): Promise<void> {
    const [book, door, picture] = [this.#book, this.#door, this.#options.picture()]
    if (!book?.isOpen || !door || !picture || this.state().refused) return
    const line = door.line()
    try {
      void line.ask(readNode(book.node), signal)
      const ending = await how()
      const now = this.#now()
      const words = book.lastRequest(lastWords(conditionsOf(picture, now), ending, now), now)
      const event = ending === 'stopped' ? undefined : book.lastEvent(farewell(ending, now))
      const asked = await Promise.all([words, event].flatMap((it) => (it ? [line.ask(it, signal)] : [])))
      for (const { meaning } of asked)
        if ('why' in meaning)
          this.#options.log.warn({ sink: 'kubernetes', why: meaning.why }, 'the last word was not written')
    } finally {
      line.close()
    }
  }
}
