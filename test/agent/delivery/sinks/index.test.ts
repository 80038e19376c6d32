import t from 'tap'
import { sinks } from '../../../../agent/delivery/sinks/index.ts'
import type { Notice } from '../../../../agent/model/index.ts'
import { finding, incident, notice, since } from '../../../receivers/notices.ts'
import { workingSettings } from '../../../receivers/settings.ts'

t.test('each sink says what it needs', async (t) => {
  t.same(
    sinks.map((it) => it.name),
    ['discord', 'ntfy', 'telegram', 'slack', 'matrix', 'gotify', 'apprise', 'email', 'webhook'],
  )
  for (const it of sinks) {
    const { name, settings, required } = it
    for (const key of required) t.ok(settings[key], `${name}.${key}`)
    const { url } = settings
    t.ok(url?.type === 'string' && url.secret, `${name}: its URL is a secret`)
    for (const key of ['token', 'password', 'secret'])
      if (settings[key]) t.match(settings[key], { secret: true }, `${name}.${key} is a secret`)
    t.strictSame(it.check?.(workingSettings(it)) ?? [], [], `${name}: working settings work`)
  }
})

t.test('no sink names a command that is not there', async (t) => {
  const fix = Array.from(
    { length: 40 },
    (_, at) => `See part ${at}: \`agent firewall show ${'x'.repeat(200)}${at}\``,
  )
  const one = incident({ fix })
  const other = incident({ id: 'b', cause: finding({ code: 'b.c', title: 'another' }) })
  const group = { id: 'g', of: 'rest' } as const
  const all: readonly Notice[] = [
    notice('opened', one),
    { kind: 'several', change: 'opened', id: 'm', node: 'node1', at: since, group, incidents: [one, other] },
  ]
  for (const sink of sinks)
    for (const it of all.map((one) => ({ ...one, command: 'murphy' }))) {
      const { name } = sink
      const said = sink
        .compose(it, workingSettings(sink))
        .map(({ body }) => body)
        .join()
      t.match(said, /murphy firewall show x/, name)
      t.match(said, /murphy status/, name)
      t.notMatch(said, /agent (?:status|firewall)/, name)
    }
})
