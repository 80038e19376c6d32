import { minute } from '../text/times.ts'
import type { Log } from './log.ts'

/** The same error is written down once in this time, ms: what fails over and over must not fill the disk. */
const quiet = minute

/**
 * What nobody caught is written down with its stack, and the process goes on: half an agent that still looks
 * and tells is worth more than one that starts, fails and starts again. Returns how to end it.
 */
export function goOn(log: Log, now: () => number = Date.now): () => void {
  let last = { text: '', at: Number.NEGATIVE_INFINITY }
  const caught = (error: unknown) => {
    const text = error instanceof Error ? error.message : String(error)
    if (text === last.text && now() - last.at < quiet) return
    last = { text, at: now() }
    log.error({ error }, `a fault in Murphy that nothing caught; it goes on: ${text}`)
  }
  // Whoever read the log has gone: an error about it could only be written to the same place.
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
