import { minute, second } from '../../text/times.ts'
import type { Meaning } from './answers.ts'
import { Budget } from './budget.ts'
import { conditionsOf, type Wanted, type Written } from './conditions.ts'
import { eventsOf, type WantedEvent } from './events.ts'
import { nextBeat, ownIn, type Patch, patchOf } from './patch.ts'
import type { Picture } from './picture.ts'
import { createEvent, patchEvent, patchStatus, type Request, readNode } from './requests.ts'

/** What of it the owner wants. */
export interface Wants {
  readonly conditions: boolean
  readonly events: boolean
}

/** What a request is about: if it fails, only that has to wait. */
export type Part = 'node' | 'conditions' | 'events'
type Own = Exclude<Part, 'node'>

/** One request that is due. */
export type Task =
  | { readonly part: 'node' }
  | { readonly part: 'conditions'; readonly patch: Patch }
  /** `known`: it is there, and only its count or title has changed. */
  | { readonly part: 'events'; readonly event: WantedEvent; readonly known: boolean }

/** Nothing is due for so long, ms, unless something changes. */
export interface Rest {
  readonly rest: number
}

/** What is known of an event that was written. */
type Kept = Pick<WantedEvent, 'count' | 'reason'> | 'unsure'

/**
 * What is in Kubernetes by now, as far as it is known, held against what should be there. Nothing of it outlives the
 * agent: at the start the Node is asked, and events have names that tell whether they are there.
 *
 * Rates: conditions are written with each heartbeat (5 min), and when one changes, five times at once and then once a
 * minute: the kubelet writes a changed status every 10 s. Of events ten at once, then one each 30 s; client-go's
 * recorders have 25 and 5 min for each object, and no heartbeat.
 */
export class Book {
  readonly node: string
  readonly #wants: Wants
  readonly #changes = new Budget(5, minute)
  readonly #news = new Budget(10, 30 * second)
  #uid: string | undefined
  /** Undefined until the Node was read. */
  #conditions: readonly Written[] | undefined
  readonly #events = new Map<string, Kept>()
  #waiting = 0

  constructor(node: string, wants: Wants) {
    this.node = node
    this.#wants = wants
  }

  /** Whether the Node has been read. */
  get isOpen(): boolean {
    return this.#conditions !== undefined
  }

  /** How many events are due. */
  get waiting(): number {
    return this.#waiting
  }

  /** What to ask next, by the parts that may be asked now; conditions before events, these the gravest first. */
  next(picture: Picture, able: (part: Own) => boolean, now: number): Task | Rest {
    if (this.#conditions === undefined) return { part: 'node' }
    const rests: number[] = []
    if (this.#wants.conditions && able('conditions')) {
      const wanted = conditionsOf(picture, now)
      const patch = patchOf(wanted, this.#conditions, now)
      if (patch && (patch.quiet || this.#changes.has(now))) return { part: 'conditions', patch }
      rests.push(patch ? this.#changes.wait(now) : nextBeat(wanted, this.#conditions, now) - now)
    }
    if (this.#wants.events) {
      const due = this.#eventsDue(picture, now)
      const [event] = due
      this.#waiting = due.length
      if (event && able('events')) {
        if (this.#news.has(now)) return { part: 'events', event, known: this.#events.has(event.about) }
        rests.push(this.#news.wait(now))
      }
    }
    return { rest: Math.max(1, Math.min(minute, ...rests)) }
  }

  #eventsDue(picture: Picture, now: number): readonly WantedEvent[] {
    const wanted = eventsOf(picture, now)
    for (const about of this.#events.keys())
      if (!wanted.some((it) => it.about === about)) this.#events.delete(about)
    return wanted.filter((it) => {
      const kept = this.#events.get(it.about)
      return kept === undefined || kept === 'unsure' || kept.count !== it.count || kept.reason !== it.reason
    })
  }

  requestOf(task: Task): Request {
    if (task.part === 'node') return readNode(this.node)
    if (task.part === 'conditions') return patchStatus(this.node, task.patch)
    return task.known ? patchEvent(this.node, task.event) : createEvent(this.node, this.#uid, task.event)
  }

  /** What came of a task; whether that was well, so that the next one may be asked at once. */
  note(task: Task, meaning: Meaning, body: string, now: number): boolean {
    if (task.part === 'events') return this.#noteEvent(task, meaning, now)
    if (task.part === 'conditions' && !task.patch.quiet) this.#changes.take(now)
    // Deleted, and perhaps registered anew: then none of it is there.
    if (meaning.kind === 'absent') this.#conditions = undefined
    if (meaning.kind !== 'done') return false
    const node = ownIn(parsed(body))
    this.#conditions = node?.conditions ?? (task.part === 'conditions' ? task.patch.conditions : [])
    this.#uid = node?.uid ?? this.#uid
    return true
  }

  #noteEvent({ event, known }: Extract<Task, { part: 'events' }>, meaning: Meaning, now: number): boolean {
    this.#news.take(now)
    const { about, count, reason } = event
    if (meaning.kind === 'done' || (meaning.kind === 'exists' && count === 1))
      this.#events.set(about, { count, reason })
    else if (meaning.kind === 'exists') this.#events.set(about, 'unsure')
    // It was kept for an hour, or somebody has deleted it.
    else if (meaning.kind === 'absent' && known) this.#events.delete(about)
    // One that says something impossible must not hold up the others.
    else if (meaning.kind === 'invalid') this.#events.set(about, { count, reason })
    else return false
    return true
  }

  /** The request for a last word; undefined where nothing was ever read or written. */
  lastRequest(wanted: readonly Wanted[], now: number): Request | undefined {
    const before = this.#conditions
    const patch = before && this.#wants.conditions && patchOf(wanted, before, now)
    return patch ? patchStatus(this.node, patch) : undefined
  }

  /** The request for an event that nothing will follow. */
  lastEvent(event: WantedEvent): Request | undefined {
    return this.#wants.events && this.isOpen ? createEvent(this.node, this.#uid, event) : undefined
  }
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}
