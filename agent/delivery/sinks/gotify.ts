import type { Letter, Reading, Reply } from '../../model/index.ts'
import { sink } from '../../model/index.ts'
import { jsonBytes, shorten } from '../../text/lengths.ts'
import { fields, strange, textIn } from './answers.ts'
import { isSilent, loudness } from './changes.ts'
import { words } from './message.ts'
import { runbook, signature, unsigned } from './parts.ts'
import { onOwnLine, plainText } from './plain-text.ts'

/** Bytes as encoded in JSON. Gotify itself has no limit but its database's (64 KiB in MySQL). */
const limits = { title: 250, footer: 150 }

/**
 * Gotify's app rings and vibrates from 8 on, rings from 4 on, and only shows what is below (gotify/android, README,
 * "Message Priorities").
 */
const priorities = { alarm: 8, notice: 5, calm: 2 }

/**
 * A notification in Gotify. It cannot change one (docs/spec.json of gotify/server has no such request): what only changes
 * a message is not sent. The text is no markdown, in which a hostile one could load an image.
 */
export const gotify = sink({
  name: 'gotify',
  settings: {
    url: { type: 'string', description: 'The server, as in https://gotify.example.org' },
    token: {
      type: 'string',
      description: 'The token of an application (Apps, Create Application).',
      secret: true,
    },
  },
  required: ['url', 'token'],
  check: ({ url, token }) => [
    ...(url !== undefined && !endpoint(url)
      ? ['url: is not that of a server: https://gotify.example.org']
      : []),
    ...(token !== undefined && !isToken(token) ? ['token: has a character no token has'] : []),
  ],
  compose(notice, { url = '', token = '' }): readonly Letter[] {
    const to = endpoint(url)
    if (!to || !isToken(token)) throw new Error('url or token are not those of a Gotify server')
    if (isSilent(notice)) return []
    const said = words(notice)
    const link = runbook(notice.runbookUrl, said.code)
    return [
      {
        method: 'POST',
        url: to,
        headers: { 'content-type': 'application/json', 'x-gotify-key': token },
        body: JSON.stringify({
          title: shorten(said.headline, limits.title, jsonBytes),
          message: `${plainText(unsigned(said), onOwnLine)}\n${signature(notice, said.code, limits.footer)}`,
          priority: priorities[loudness(notice)],
          ...(link !== undefined && { extras: { 'client::notification': { click: { url: link } } } }),
        }),
      },
    ]
  },
  read,
})

const isToken = (it: string) => /^[\w.-]{1,200}$/.test(it)

function endpoint(pasted: string): string | undefined {
  const url = URL.parse(pasted)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search) return undefined
  return `${url.origin}${url.pathname.replace(/\/(message\/?)?$/, '')}/message`
}

/** gotify/server, docs/spec.json: a message with its `id`, else `error`, `errorCode` and `errorDescription`. */
function read({ status, body }: Reply): Reading | undefined {
  const it = fields(body)
  if (status >= 200 && status < 300)
    return typeof it?.id === 'number' || (!it && /^\{"id":\d/.test(body))
      ? { outcome: 'accepted' }
      : strange(status, 'Gotify')
  if (status === 429 || status >= 500) return undefined
  if (typeof it?.errorCode !== 'number') return strange(status, 'Gotify')
  const description = textIn(it, 'errorDescription')
  const said = `Gotify answered ${status}${description ? `: ${description}` : ''}`
  if (status === 401 || status === 403)
    return { outcome: 'gone', why: `${said}: give the token of an application, not of a client` }
  return { outcome: 'refused', why: said }
}
