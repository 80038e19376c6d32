import { minute } from '../text/times.ts'
import type { Log } from './log.ts'

/** The same error is logged at most once in this time, ms: what fails over and over must not fill the disk. */
const quiet = minute

/**
 * Logs uncaught errors with their stack and lets the process go on: an agent that works in part is worth more than
 * one that crashes and restarts over and over. Returns a function that removes the handlers.
 */
export function goOn(log: Log, now: () => number = Date.now): () => void {
  let last = { text: '', at: Number.NEGATIVE_INFINITY }
  const caught = (error: unknown) => {
    const text = error instanceof Error ? error.message : String(error)
    if (text === last.text && now() - last.at < quiet) return
    last = { text, at: now() }
    log.error({ error }, `a fault in Murphy that nothing caught; it goes on: ${text}`)
  }
  // The reader of the log has gone. An error about that could only be logged to the same place, so it is ignored.
  const gone = () => {}
  process.on('uncaughtException', caught)
  process.on('unhandledRejection', caught)
  process.stdout.on('error', gone)
  return () => {
    process.off('uncaughtException', caught)
    process.off('unhandledRejection', caught)
    process.stdout.off('error', gone)
  }
}
