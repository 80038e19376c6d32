import type { Beat, HeartbeatKind } from '../../model/index.ts'

/** Any URL, with places in braces for what is to be said; any 2xx is success. Nothing is said of a start or a stop. */
export const url: HeartbeatKind = {
  name: 'url',
  letter(beat, settings) {
    if (beat.kind === 'start' || beat.kind === 'stop') return undefined
    const { method = 'GET' } = settings
    return {
      method,
      url: filled(settings.url, beat),
      headers: method === 'POST' ? { 'content-type': 'text/plain; charset=utf-8' } : {},
      body: method === 'POST' ? beat.text : '',
    }
  },
  read: () => undefined,
}

const states = { 0: 'ok', 1: 'warning', 2: 'critical', 3: 'unknown' } as const

/** The template with its places filled. A value cannot become a part of the URL other than it stands in. */
function filled(template: string, { node, cluster = '', exit, fails, took, text }: Beat): string {
  const values: Readonly<Record<string, string>> = {
    ...{ status: fails ? 'down' : 'up', state: states[exit], exit: String(exit) },
    ...{ node, cluster, text, ping: String(Math.round(took)) },
  }
  return template
    .replaceAll('{/fail}', fails ? '/fail' : '')
    .replace(/\{(\w+)\}/g, (whole, name: string) =>
      Object.hasOwn(values, name) ? encodeURIComponent((values[name] ?? '').toWellFormed()) : whole,
    )
}
