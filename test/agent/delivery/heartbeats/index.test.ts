import t from 'tap'
import { heartbeatKinds } from '../../../../agent/delivery/heartbeats/index.ts'
import { heartbeatTypes } from '../../../../agent/model/index.ts'
import { beat, settings } from './beats.ts'

t.test('each type that the settings take has its service, and that can be tried', async (t) => {
  t.strictSame(new Set(Object.keys(heartbeatKinds)), new Set(heartbeatTypes))
  for (const type of heartbeatTypes) {
    t.equal(heartbeatKinds[type].name, type)
    for (const kind of ['alive', 'test'] as const) {
      const letter = heartbeatKinds[type].letter(
        beat({ kind }),
        settings({ type, url: 'https://x.example/a' }),
      )
      t.equal(URL.parse(letter?.url ?? '')?.origin, 'https://x.example', `${type}: ${kind}`)
    }
  }
})
