import t from 'tap'
import { sinks } from '../../../../agent/delivery/sinks/index.ts'

t.test('each sink says what it needs', async (t) => {
  t.same(
    sinks.map((it) => it.name),
    ['discord', 'ntfy', 'webhook'],
  )
  for (const { name, settings, required } of sinks) {
    for (const key of required) t.ok(settings[key], `${name}.${key}`)
    const { url } = settings
    t.ok(url?.type === 'string' && url.secret, `${name}: its URL is a secret`)
  }
})
