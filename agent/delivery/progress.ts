import type { Notice } from '../model/index.ts'
import { aside, type Refusal } from './retry.ts'

/** What became of the notices that are due for one sink. Of others it knows nothing. */
export class Progress {
  readonly #accepted = new Set<string>()
  readonly #tried = new Set<string>()
  readonly #refused = new Map<string, Refusal>()

  /** Those of `due` that were not accepted; forgets all that is no longer due. */
  open(due: readonly Notice[]): readonly Notice[] {
    const ids = new Set(due.map(({ id }) => id))
    for (const all of [this.#accepted, this.#tried, this.#refused])
      for (const id of all.keys()) if (!ids.has(id)) all.delete(id)
    // A notice that was accepted but could not be recorded is still due, but must not be sent twice.
    return due.filter(({ id }) => !this.#accepted.has(id))
  }

  /** Whether nobody has tried it, or whatever came of that. */
  isNew(id: string): boolean {
    return !this.#accepted.has(id) && !this.#tried.has(id) && !this.#refused.has(id)
  }

  /** Whether it may be tried at `now`: what was refused is left alone for an hour. */
  mayTry(id: string, now: number): boolean {
    const last = this.#refused.get(id)
    return !last || now < last.at || now >= last.at + aside
  }

  /** The refusal that is the oldest. */
  refusal(): Refusal | undefined {
    return this.#refused.values().next().value
  }

  /** Since when each is refused that is, ms, by its id. */
  refused(): ReadonlyMap<string, number> {
    return new Map([...this.#refused].map(([id, { since }]) => [id, since]))
  }

  tries(id: string): void {
    this.#tried.add(id)
  }

  accepts(id: string): void {
    this.#accepted.add(id)
    this.#refused.delete(id)
  }

  refuses(id: string, why: string, now: number): void {
    const { since = now, tries = 0 } = this.#refused.get(id) ?? {}
    this.#refused.delete(id)
    this.#refused.set(id, { since, at: now, why, tries: tries + 1 })
  }
}
