import {
  type Beat,
  type HeartbeatSettings,
  heartbeatSecrets,
  type Properties,
  type Settings,
  type Sink,
} from '../model/index.ts'
import { heartbeatKinds } from './heartbeats/index.ts'

/** How the door to the network sees a heartbeat: as a sink, whose secrets it keeps out of every text. */
export function asSink(settings: HeartbeatSettings): {
  readonly sink: Sink
  readonly settings: Settings<Properties>
} {
  const { type, url, token } = settings
  const kind = heartbeatKinds[type]
  const addressed: Beat = { kind: 'test', node: '', exit: 0, fails: false, took: 0, text: '' }
  return {
    sink: {
      ...{ name: type, settings: heartbeatSecrets, required: ['url'] },
      compose() {
        const letter = kind.letter(addressed, settings)
        return letter ? [letter] : []
      },
      read: kind.read,
    },
    settings: { url, ...(token !== undefined && { token }) },
  }
}
