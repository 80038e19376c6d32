import type { Properties, Settings, Sink } from '../model.ts'

const hidden = '<hidden>'

/**
 * Takes a sink's secrets out of a text: each secret setting as a whole, and of a URL each part that is not
 * the host, since an error may quote only the path. Parts shorter than four characters stay: they are no secret.
 */
export function redactor(sink: Sink, settings: Settings<Properties>): (text: string) => string {
  const secrets = Object.entries(sink.settings).flatMap(([key, schema]) => {
    const value = settings[key]
    if (schema.type !== 'string' || !schema.secret || typeof value !== 'string') return []
    const url = URL.parse(value)
    return [
      value,
      ...(url
        ? [url.password, ...url.pathname.split('/'), ...url.searchParams.values()].filter(
            (it) => !plain.has(it),
          )
        : []),
    ]
  })
  const parts = [...new Set(secrets.filter((it) => it.length >= 4))].sort((a, b) => b.length - a.length)
  return (text) => parts.reduce((at, secret) => at.replaceAll(secret, hidden), text)
}

/** Parts of a path that every Discord webhook has. */
const plain = new Set(['webhooks'])
