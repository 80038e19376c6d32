import type { Collector, Host, Unseen, Watch } from '../model/index.ts'
import { HostError } from '../model/index.ts'

/** A collector whose functions other than `collect` and `assess` never throw, and the mistakes caught in them. */
export interface Guarded {
  readonly collector: Collector
  /** The mistakes since this was last called, as what could not be seen because of them. */
  mistakes(): readonly Unseen[]
  /** A round begins. Forgets mistakes in calls that the round repeats, but not those of watches since the last one. */
  look(): void
}

/** Calls that happen between rounds, so that no round repeats them. */
const ofWatches: ReadonlySet<string> = new Set(['lines', 'poll'])

/** Shown in place of a summary that could not be made. */
const noSummary = 'cannot be summed up: a fault in Murphy, see its log'

/**
 * All calls to a collector outside of its round go through here. A mistake in one costs only that call's answer: it
 * is handed to `report`, not again until its text changes, and makes the collector blind.
 */
export function guarded(it: Collector, report: (text: string, error: unknown) => void): Guarded {
  const reported = new Map<string, string>()
  let open = new Map<string, string>()
  const noted = (what: string, error: unknown): string => {
    const why = mistake(`${it.name}'s ${what}`, error)
    open.set(what, why)
    if (reported.get(what) !== why) {
      reported.set(what, why)
      report(why, error)
    }
    return why
  }
  const or = <T>(what: string, otherwise: T, call: () => T): T => {
    try {
      return call()
    } catch (error) {
      noted(what, error)
      return otherwise
    }
  }
  /** Rejects with a HostError like any failed question, which whoever polls has to handle anyway. */
  const asked = async (ask: (host: Host) => Promise<string>, host: Host): Promise<string> => {
    try {
      return await ask(host)
    } catch (error) {
      if (error instanceof HostError) throw error
      throw new HostError('failed', noted('poll', error), { cause: error })
    }
  }
  const { series, deadlines, watch, measures } = it
  const careful = (one: Watch): Watch => {
    if (one.kind === 'poll') return { ...one, ask: (host) => asked(one.ask, host) }
    return one.kind === 'command'
      ? { ...one, isRelevant: (line) => or('lines', true, () => one.isRelevant(line)) }
      : one
  }
  return {
    collector: {
      ...it,
      summary: (...about) => or('summary', noSummary, () => it.summary(...about)),
      ...(series && { series: (...about) => or('series', {}, () => series.call(it, ...about)) }),
      ...(deadlines && { deadlines: (...about) => or('deadlines', [], () => deadlines.call(it, ...about)) }),
      ...(measures && {
        measures: { ...measures, of: (...about) => or('measures', [], () => measures.of(...about)) },
      }),
      ...(watch && {
        watch: (...about) => or('watch', [], () => watch.call(it, ...about).map(careful)),
      }),
    },
    mistakes() {
      const unseen = [...open.values()].map((why) => ({ what: it.title, why, codes: [] }))
      open = new Map()
      return unseen
    },
    look() {
      for (const what of open.keys()) if (!ofWatches.has(what)) open.delete(what)
    },
  }
}

/** A mistake of Murphy's own, as a sentence; the stack is for the log. */
export const mistake = (doing: string, error: unknown): string =>
  `a fault in Murphy (${doing}): ${(error instanceof Error ? error.message : String(error)).slice(0, 300)}`
