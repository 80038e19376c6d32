import type { Delivery, DeliveryState } from './delivery.ts'
import { type HeraldLine, heraldLine, type ProclaimOptions } from './herald-line.ts'

/**
 * The delivery to a service that wants all that is so, again every minute, and forgets it otherwise: to each of its servers
 * by a line of its own, so that one that is down holds up no other. What is not said now is said the next minute: nothing
 * is queued, and nothing has to be.
 */
export const proclaim = (options: ProclaimOptions): Delivery => new Herald(options)

class Herald implements Delivery {
  readonly #options: ProclaimOptions
  readonly #lines: readonly HeraldLine[]

  constructor(options: ProclaimOptions) {
    const { sink, settings, changed } = options
    this.#options = options
    this.#lines = (sink.each?.(settings) ?? [settings]).map((own) =>
      heraldLine({ ...options, settings: own, turned: () => changed?.(this.state()) }),
    )
  }

  wake(): void {
    for (const it of this.#lines) it.wake()
  }

  state(): DeliveryState {
    const { name, sink } = this.#options
    const all = this.#lines.map((it) => it.state())
    const sent = all.flatMap((it) => it.lastSent ?? [])
    const failing = all.flatMap((it) => it.failing ?? [])
    // Servers of one cluster are told the same: as long as one of them takes it, people are notified.
    const fails = failing.length > 0 && failing.length === all.length
    const [last] = failing.toSorted((a, b) => b.since - a.since)
    const notes = [
      ...(fails ? [] : failing.map(({ why }) => `one of ${all.length} takes nothing: ${why}`)),
      ...new Set(all.flatMap((it) => it.note ?? [])),
    ]
    return {
      ...{ name, type: sink.name },
      ...(sent.length > 0 && { lastSent: Math.max(...sent) }),
      ...(fails && last && { failing: last }),
      ...(notes.length > 0 && { lacks: notes.join('; ') }),
      waiting: fails ? Math.max(...all.map((it) => it.waiting)) : 0,
    }
  }

  lives(): boolean {
    return this.#lines.every((it) => it.lives())
  }

  async stop(): Promise<void> {
    await Promise.all(this.#lines.map((it) => it.stop()))
  }
}
