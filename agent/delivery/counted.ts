import { Tally } from '../core/tally.ts'
import type { LetterTally, Post } from './delivery.ts'

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
