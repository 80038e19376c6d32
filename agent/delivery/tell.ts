import type { Letter, Notice, Properties, Settings, Sink } from '../model/index.ts'
import { minute } from '../text/times.ts'
import type { Post, Sent } from './post.ts'

/** The longest pause between two letters of one notice, ms: later the second would be out of date. */
const longestRest = minute

/**
 * Posts the letters of one notice in order, until one is not accepted. The receipt is that of the first new
 * message, if there was one; an edit after it may fail.
 */
export async function tell(
  notice: Notice,
  sink: Sink,
  settings: Settings<Properties>,
  post: Post,
  now: () => number,
  about: string | undefined,
  rested: (ms: number) => Promise<void>,
): Promise<Sent & { readonly receipt?: string }> {
  let last: Sent = { reading: { outcome: 'accepted' }, rest: 0 }
  let receipt: string | undefined
  for (let original = about; ; original = undefined) {
    let letters: readonly Letter[]
    try {
      letters = sink.compose({ ...notice, at: now() }, settings, original)
    } catch (error) {
      return { reading: { outcome: 'refused', why: post.redact(messageOf(error)) }, rest: 0 }
    }
    let lost = false
    for (const letter of letters) {
      if (last.rest > 0) await rested(Math.min(last.rest, longestRest))
      last = await post.send(letter)
      // The message to edit is gone, or can no longer be edited: compose the notice again as a new message.
      lost = last.reading.outcome === 'refused' && letter.edit === true && original !== undefined
      // The new message arrived. That the old one could not be marked is no reason to send it again.
      if (receipt !== undefined && letter.edit && last.reading.outcome !== 'accepted') {
        const { reading } = last
        const rest = reading.outcome === 'again' ? (reading.wait ?? 0) : 0
        return { reading: { outcome: 'accepted' }, rest, receipt }
      }
      if (lost) break
      if (last.reading.outcome !== 'accepted') return last
      if (!letter.edit) receipt ??= last.reading.receipt
    }
    if (!lost) return { ...last, ...(receipt !== undefined && { receipt }) }
  }
}

/** The message of an error, at most 200 characters. */
export const messageOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).slice(0, 200)
