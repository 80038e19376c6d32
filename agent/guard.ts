import type { Collector, Unseen, Watch } from './model.ts'

/** A collector whose calls beside `collect` and `assess` always answer, and what went wrong in them. */
export interface Guarded {
  readonly collector: Collector
  /** What its mistakes since the last time of asking left unseen. */
  mistakes(): readonly Unseen[]
}

/** Stands where a summary could not be made. */
const noSummary = 'cannot be summed up: a fault in Murphy, see its log'

/**
 * The one place where a collector is called outside of its look. A mistake there costs what that call was to
 * say and nothing else: it is handed to `report` (once, until it is another one) and makes the collector blind.
 */
export function guarded(it: Collector, report: (text: string, error: unknown) => void): Guarded {
  const reported = new Map<string, string>()
  let open = new Map<string, string>()
  const or = <T>(what: string, otherwise: T, call: () => T): T => {
    try {
      return call()
    } catch (error) {
      const why = mistake(`${it.name}'s ${what}`, error)
      open.set(what, why)
      if (reported.get(what) !== why) {
        reported.set(what, why)
        report(why, error)
      }
      return otherwise
    }
  }
  const { series, outlook, watch } = it
  const careful = (one: Watch): Watch =>
    one.kind === 'command' ? { ...one, worth: (line) => or('watch', true, () => one.worth(line)) } : one
  return {
    collector: {
      ...it,
      summary: (...about) => or('summary', noSummary, () => it.summary(...about)),
      ...(series && { series: (...about) => or('series', {}, () => series.call(it, ...about)) }),
      ...(outlook && { outlook: (...about) => or('outlook', [], () => outlook.call(it, ...about)) }),
      ...(watch && {
        watch: (...about) => or('watch', [], () => watch.call(it, ...about).map(careful)),
      }),
    },
    mistakes() {
      const unseen = [...open.values()].map((why) => ({ what: it.title, why, codes: [] }))
      open = new Map()
      return unseen
    },
  }
}

/** A mistake of Murphy's own, as a sentence; the stack is for the log. */
export const mistake = (doing: string, error: unknown): string =>
  `a fault in Murphy (${doing}): ${(error instanceof Error ? error.message : String(error)).slice(0, 300)}`
