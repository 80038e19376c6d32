import { defaults } from '../../agent/config/defaults.ts'
import { sinks } from '../../agent/delivery/sinks/index.ts'
import type { Properties, Settings, Sink } from '../../agent/model/index.ts'

/** Stands in each sink's settings where its secret does, unless the secret is part of what it sends. */
export const secret = 's3cr3t-t0ken'

const own: Readonly<Record<string, object>> = {
  discord: { url: `https://discord.com/api/webhooks/123456789012345678/${secret}` },
  // JSON publishing names the topic in the body: it is the address.
  ntfy: { url: 'https://ntfy.example/home-cluster' },
  telegram: { token: `123456789:${secret}`, chat: '-1001234567890' },
  slack: { url: `https://hooks.slack.com/services/T00000000/B00000000/${secret}` },
  matrix: { url: 'https://matrix.example', token: secret, room: '!room:matrix.example' },
  gotify: { url: 'https://gotify.example', token: secret },
  apprise: { url: `https://apprise.example/notify/${secret}` },
  email: {
    ...{ url: 'smtp://mail.example:587', user: 'murphy', password: secret },
    ...{ from: 'murphy@mail.example', to: ['you@mail.example'] },
  },
  alertmanager: { urls: ['http://alertmanager.example:9093'], token: secret },
  webhook: { url: `https://hooks.example/${secret}` },
}

/** Those that are told what has changed, in messages. The others are told all that is so. */
export const messengers: readonly Sink[] = sinks.filter(({ restate }) => !restate)

/** Settings with which a sink works, and in which nothing is left out that it needs. */
export function workingSettings({ name, settings }: Pick<Sink, 'name' | 'settings'>): Settings<Properties> {
  const given = own[name]
  if (!given) throw new Error(`test/receivers/settings.ts has no settings for ${name}`)
  return { ...defaults(settings), ...given }
}

/** The same, but everything goes to a server on this machine. */
export function localSettings(sink: Pick<Sink, 'name' | 'settings'>, port: number): Settings<Properties> {
  const settings = workingSettings(sink)
  const { protocol, pathname } = new URL(String(settings.url))
  const scheme = protocol === 'https:' ? 'http:' : protocol
  return { ...settings, url: `${scheme}//127.0.0.1:${port}${pathname}` }
}
