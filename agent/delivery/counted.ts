import { Tally } from '../core/tally.ts'
import type { Reading } from '../model/index.ts'
import type { Post } from './post.ts'

/** What became of the letters to one sink. */
export type LetterTally = Tally<Reading['outcome']>

export const letterTally = (): LetterTally => new Tally(['accepted', 'again', 'refused', 'gone'])

/** The same connection, each letter of which is counted. */
export const counted = (post: Post, tally: LetterTally | undefined): Post =>
  tally
    ? {
        ...post,
        async send(letter) {
          const begun = performance.now()
          const sent = await post.send(letter)
          tally.add(sent.reading.outcome, performance.now() - begun)
          return sent
        },
      }
    : post
