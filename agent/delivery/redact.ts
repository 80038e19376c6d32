import type { Properties, Settings, Sink } from '../model/index.ts'

/** Shown in place of a secret. */
export const hidden = '<hidden>'

/**
 * Takes a sink's secrets out of a text: each secret setting as a whole, and of a URL each part that is not
 * the host, since an error may quote only the path. Parts shorter than four characters stay: they are no secret.
 */
export function redactor(sink: Sink, settings: Settings<Properties>): (text: string) => string {
  return without(secretsOf(sink, settings).filter((it) => it.length >= 4))
}

/**
 * The same for all sinks at once, for text from any source. Here parts of a URL shorter than eight characters stay: a
 * topic called `certs` would remove that word from every message.
 */
export function redactorOfAll(
  all: readonly { readonly sink: Sink; readonly settings: Settings<Properties> }[],
): (text: string) => string {
  return without(
    all.flatMap(({ sink, settings }) => {
      const whole: readonly unknown[] = Object.values(settings)
      return secretsOf(sink, settings).filter((it) => it.length >= (whole.includes(it) ? 4 : 8))
    }),
  )
}

function without(secrets: readonly string[]): (text: string) => string {
  const parts = [...new Set(secrets)].sort((a, b) => b.length - a.length)
  return (text) => parts.reduce((at, secret) => at.replaceAll(secret, hidden), text)
}

function secretsOf(sink: Sink, settings: Settings<Properties>): readonly string[] {
  return Object.entries(sink.settings).flatMap(([key, schema]) => {
    const value = settings[key]
    if (schema.type !== 'string' || !schema.secret || typeof value !== 'string') return []
    // Also without the places of a template, which are filled when it is sent.
    const parts = [value, value.replaceAll(place, '')].flatMap(partsOf)
    // A bot's token is its number, which is none, and what proves it.
    return [value, ...(URL.canParse(value) ? parts : value.split(':').slice(1))]
  })
}

const place = /\{\/?\w+\}/g

/** All of a URL but its host, as it is and as it may be written elsewhere; none of what is no URL. */
function partsOf(value: string): readonly string[] {
  const url = URL.parse(value)
  return [url?.password ?? '', ...(url?.pathname.split('/') ?? []), ...(url?.searchParams.values() ?? [])]
    .flatMap((it) => [it, decoded(it)])
    .filter((it) => !plain.has(it))
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** Parts of a path that every address of Discord's, Gatus's and Uptime Kuma's has. */
const plain = new Set(['webhooks', 'endpoints', 'external', 'push', 'ping', 'heartbeat'])
