import t from 'tap'
import { sinks } from '../../../../agent/delivery/sinks/index.ts'
import type { Notice } from '../../../../agent/model/index.ts'
import { finding, incident, notice, since } from '../../../receivers/notices.ts'
import { messengers, workingSettings } from '../../../receivers/settings.ts'

t.test('each sink says what it needs', async (t) => {
  t.same(
    sinks.map((it) => it.name),
    [
      'discord',
      'ntfy',
      'telegram',
      'slack',
      'matrix',
      'gotify',
      'apprise',
      'email',
      'webhook',
      'alertmanager',
    ],
  )
  for (const it of sinks) {
    const { name, settings, required } = it
    for (const key of required) t.ok(settings[key], `${name}.${key}`)
    // Several addresses, which are no secrets.
    if (it.restate) continue
    // Of the others it is only the server's.
    if (!['telegram', 'matrix', 'gotify', 'email'].includes(name))
      t.match(settings.url, { secret: true }, `${name}: its URL is a secret`)
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
  for (const sink of messengers)
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

t.test(
  'every message of every sink says of which cluster it is, and none where there is no name',
  async (t) => {
    for (const it of messengers) {
      const settings = workingSettings(it)
      const over = incident({ resolved: since + 60_000 })
      const kinds = ['opened', 'worse', 'grew', 'merged', 'reminder', 'resolved'] as const
      const head = { id: 'murphy_x', node: 'node1', at: since + 60_000, cluster: 'two birds' }
      const notices: Notice[] = [
        ...kinds.map((kind) => ({ ...head, kind, incident: kind === 'resolved' ? over : incident() })),
        ...kinds.map((change) => ({
          ...{ ...head, kind: 'several' as const, change, group: { id: 'g', of: 'kind' as const } },
          incidents: [change === 'resolved' ? over : incident()],
        })),
        { ...head, kind: 'digest', incidents: [over] },
        { ...head, kind: 'test' },
        {
          ...{ ...head, kind: 'weekly', from: since, incidents: [over], deadlines: [], unseen: [] },
          versions: '',
        },
      ]
      // As Discord and Telegram, and as Matrix give them: each knows its own.
      for (const notice of notices)
        for (const receipt of [undefined, '1234', '$abc:example.org'])
          for (const { body } of it.compose(notice, settings, receipt)) {
            const about = `${it.name}: ${notice.kind} ${'change' in notice ? notice.change : ''}`
            t.match(body, 'cluster two birds', about)
            const { cluster: _, ...nameless } = notice
            for (const { body: bare } of it.compose(nameless, settings, receipt))
              t.notMatch(bare, /cluster |two birds/, about)
          }
    }
  },
)
