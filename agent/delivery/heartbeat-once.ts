import type { Beat, HeartbeatSettings, Reading } from '../model/index.ts'
import { asSink } from './heartbeat-sink.ts'
import { heartbeatKinds } from './heartbeats/index.ts'
import { openPost } from './post.ts'

/** Pings once, for somebody who waits for the answer. The `why` of the result holds no secret. */
export async function beatOnce(settings: HeartbeatSettings, beat: Beat, timeout?: number): Promise<Reading> {
  const letter = heartbeatKinds[settings.type].letter(beat, settings)
  if (!letter) return { outcome: 'refused', why: `${settings.type} has no words for that` }
  const post = openPost({ ...asSink(settings), timeout })
  try {
    return (await post.send(letter)).reading
  } finally {
    await post.close()
  }
}
