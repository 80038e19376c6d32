import type { Letter, Reading, Reply } from '../../model/index.ts'
import { sink } from '../../model/index.ts'
import { jsonBytes, shorten } from '../../text/lengths.ts'
import { fields, strange, textIn } from './answers.ts'
import { isSilent } from './changes.ts'
import { words } from './message.ts'
import { runbook, signature, unsigned, type Words } from './parts.ts'
import { onOwnLine, plainText } from './plain-text.ts'

/** Bytes as encoded in JSON. Apprise itself shortens or splits for each service (its API takes 3 MB). */
const limits = { title: 250, footer: 150 }

const types: Readonly<Record<Words['tone'], string>> = {
  critical: 'failure',
  warning: 'warning',
  info: 'info',
  resolved: 'success',
}

/**
 * An Apprise API, which passes a message on to about 130 other services. Most of them cannot change a message: what only
 * changes one is not sent.
 */
export const apprise = sink({
  name: 'apprise',
  settings: {
    url: {
      type: 'string',
      description: 'Where the configuration is notified: https://apprise.example.org/notify/KEY',
      secret: true,
    },
    tag: { type: 'string', description: 'Only the services with this tag.', pattern: '^[\\w, -]{1,200}$' },
    user: { type: 'string', description: 'A user, where the server asks for a password.' },
    password: { type: 'string', description: 'The password of `user`.', secret: true },
  },
  required: ['url'],
  check: ({ url, user, password }) => [
    ...(url !== undefined && !endpoint(url)
      ? ['url: is not that of an Apprise API: https://apprise.example.org/notify/KEY']
      : []),
    ...((user === undefined) !== (password === undefined)
      ? ['user: a user and a password belong together']
      : []),
  ],
  compose(notice, { url = '', tag, user, password = '' }): readonly Letter[] {
    const to = endpoint(url)
    if (!to) throw new Error('the URL is not that of an Apprise API')
    if (isSilent(notice)) return []
    const said = words(notice)
    const link = runbook(notice.runbookUrl, said.code)
    return [
      {
        method: 'POST',
        url: to,
        headers: {
          'content-type': 'application/json',
          // As JSON it says what became of each service.
          accept: 'application/json',
          // With fewer lines of its log it would not say who took it (apprise_api/api/views.py; every version with JSON).
          'x-apprise-log-level': 'INFO',
          ...(user !== undefined && {
            authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
          }),
        },
        body: JSON.stringify({
          title: shorten(said.headline, limits.title, jsonBytes),
          body: [plainText(unsigned(said), onOwnLine), link, signature(notice, said.code, limits.footer)]
            .filter(Boolean)
            .join('\n'),
          type: types[said.tone],
          format: 'text',
          ...(tag !== undefined && { tag }),
        }),
      },
    ]
  },
  lacks: ({ partly }) =>
    partly === true
      ? 'some of the services behind it do not take messages: see the log of Apprise'
      : undefined,
  read,
})

function endpoint(pasted: string): string | undefined {
  const url = URL.parse(pasted)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search) return undefined
  return /^(\/.{1,100})?\/notify\/[\w.-]{1,128}\/?$/.test(url.pathname) ? url.href : undefined
}

/**
 * As its services log a message that they took, with the level of a success: "Sent Email to …", "Lark notification sent
 * successfully." (caronc/apprise, apprise/plugins). In the body as it came, which may be cut off.
 */
const passedOn = /\["INFO", ?"[^"]*", ?"(?!No )[^"]*\b[Ss]en[dt]\b/

/** caronc/apprise-api, README "API Details". */
function read({ status, body }: Reply): Reading | undefined {
  const it = fields(body)
  const error = textIn(it, 'error')
  const said = `Apprise answered ${status}${error ? `: ${error}` : ''}`
  if (status === 204)
    return { outcome: 'gone', why: `${said}: there is no configuration under this KEY, and nothing was sent` }
  if (status >= 200 && status < 300)
    return it && 'error' in it
      ? { outcome: 'accepted', shows: { partly: false } }
      : strange(status, 'Apprise')
  if (status === 429 || status >= 500) return undefined
  if (status === 424) {
    if (passedOn.test(body)) return { outcome: 'accepted', shows: { partly: true } }
    // Without details somebody may have taken it: it is not repeated before an hour has passed.
    const why = `${said}: see the log of Apprise`
    return Array.isArray(it?.details) ? { outcome: 'again', why } : { outcome: 'refused', why }
  }
  if (error === '') return strange(status, 'Apprise')
  if (status === 401 || status === 403)
    return { outcome: 'gone', why: `${said}: it wants another user and password, or a tag` }
  if (status === 404) return { outcome: 'gone', why: `${said}: the address is wrong` }
  return { outcome: 'refused', why: said }
}
