import { setTimeout as wait } from 'node:timers/promises'
import type { Notice, Properties, Reading, Settings, Sink } from '../model/index.ts'
import { openPost } from './post.ts'
import { tell } from './tell.ts'

/** The longest pause between two letters, ms: somebody waits at the terminal. */
const longestRest = 5000

/** Posts one notice to one sink, once, without a notification record. The `why` of the result holds no secret. */
export async function postOnce(options: {
  readonly sink: Sink
  readonly settings: Settings<Properties>
  readonly notice: Notice
  readonly timeout?: number
}): Promise<Reading> {
  const { sink, settings, notice, timeout } = options
  const post = openPost({ sink, settings, timeout })
  const rested = (ms: number) => wait(Math.min(ms, longestRest))
  try {
    const telling = { sink, settings, post, now: Date.now, receipt: undefined, abilities: {}, rested }
    return (await tell(notice, telling)).reading
  } finally {
    await post.close()
  }
}
