import type { Abilities, Letter, Notice, Properties, Settings, Sink } from '../model/index.ts'
import { minute } from '../text/times.ts'
import type { Post, Sent } from './post.ts'

/** The longest pause between two letters of one notice, ms: later the second would be out of date. */
const longestRest = minute

/** What one notice is told with. */
export interface Telling {
  readonly sink: Sink
  readonly settings: Settings<Properties>
  readonly post: Post
  readonly now: () => number
  /** The receipt of the message it is about. */
  readonly receipt: string | undefined
  readonly abilities: Abilities
  readonly rested: (ms: number) => Promise<void>
}

/** What became of it: the reading of the last letter, and the receipt of the first new message, if there was one. */
export type Told = Sent & {
  readonly receipt?: string
  readonly abilities: Abilities
  /** Whether there was anything to post: a service may have nothing to say about it. */
  readonly posted: boolean
}

/**
 * Posts the letters of one notice in order, until one is not accepted; an edit after a new message may fail. A notice is
 * composed once more where the message to edit is gone, or where a refusal shows that the service cannot do something.
 */
export async function tell(notice: Notice, telling: Telling): Promise<Told> {
  const { sink, settings, post, now, rested } = telling
  let { receipt: original, abilities } = telling
  let last: Sent = { reading: { outcome: 'accepted' }, rest: 0 }
  let receipt: string | undefined
  let posted = false
  for (;;) {
    let letters: readonly Letter[]
    try {
      letters = sink.compose({ ...notice, at: now() }, settings, original, abilities)
    } catch (error) {
      const why = post.redact(messageOf(error))
      return { reading: { outcome: 'refused', why }, rest: 0, abilities, posted }
    }
    let again = false
    for (const letter of letters) {
      if (last.rest > 0) await rested(Math.min(last.rest, longestRest))
      last = await post.send(letter)
      posted = true
      const { reading } = last
      const shown = 'shows' in reading ? { ...abilities, ...reading.shows } : abilities
      const learned = shown.edits !== abilities.edits || shown.copies !== abilities.copies
      abilities = shown
      // The message to edit is gone, or can no longer be edited: compose the notice again as a new message.
      const lost = reading.outcome === 'refused' && letter.edit === true && original !== undefined
      // The new message arrived. That the old one could not be marked is no reason to send it again.
      if (receipt !== undefined && letter.edit && reading.outcome !== 'accepted') {
        const rest = reading.outcome === 'again' ? (reading.wait ?? 0) : 0
        return { reading: { outcome: 'accepted' }, rest, receipt, abilities, posted }
      }
      if (lost) original = undefined
      again = lost || (reading.outcome === 'refused' && learned)
      if (again) break
      if (reading.outcome !== 'accepted') return { ...last, abilities, posted }
      if (!letter.edit) receipt ??= reading.receipt
    }
    if (!again) return { ...last, abilities, posted, ...(receipt !== undefined && { receipt }) }
  }
}

/** The message of an error, at most 200 characters. */
export const messageOf = (error: unknown) =>
  (error instanceof Error ? error.message : String(error)).slice(0, 200)
