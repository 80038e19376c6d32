import { createHash } from 'node:crypto'
import type { Letter, Notice, Reading, Reply } from '../../model/index.ts'
import { sink } from '../../model/index.ts'
import { fields, strange, textIn } from './answers.ts'
import { edited, loudness } from './changes.ts'
import { escaped, headline, pieces, signed } from './html.ts'
import { words } from './message.ts'
import { marks, runbook, signature, unsigned, type Words } from './parts.ts'
import { plainText } from './plain-text.ts'

/**
 * A message in a room, edited as its incident changes; a new one, as a reply to it, only when someone has to notice. The
 * room must not be encrypted: Murphy has no keys. An event may have 65 536 bytes (spec.matrix.org, client-server API
 * 1.x, "Size limits"); these have a third of it.
 */
export const matrix = sink({
  name: 'matrix',
  settings: {
    url: {
      type: 'string',
      description: 'The homeserver, as in https://matrix.example.org, without what comes after it.',
    },
    token: { type: 'string', description: "The access token of the bot's account.", secret: true },
    room: {
      type: 'string',
      description:
        'The id of a room without encryption that the bot has joined (its settings, Advanced): "!abc:example.org".',
    },
  },
  required: ['url', 'token', 'room'],
  check: ({ url, token, room }) => [
    ...(url !== undefined && !server(url)
      ? ['url: is not that of a homeserver: https://matrix.example.org']
      : []),
    ...(token !== undefined && !isToken(token) ? ['token: has a character no token has'] : []),
    ...(room !== undefined && !isRoom(room)
      ? ["room: is not a room's id, which begins with !: see its settings, Advanced"]
      : []),
  ],
  compose(notice, { url = '', token = '', room = '' }, receipt): readonly Letter[] {
    const base = server(url)
    if (!base || !isToken(token) || !isRoom(room))
      throw new Error('url, token or room are not those of a room')
    const first = receipt !== undefined && /^\$[\x21-\x7e]{1,254}$/.test(receipt) ? receipt : undefined
    const send = (of: 'new' | 'edit', content: object): Letter => ({
      method: 'PUT',
      url: `${base}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/${transaction(notice, of)}`,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      // Without it, a text may mention people and the whole room.
      body: JSON.stringify({ ...content, 'm.mentions': {} }),
    })
    const post = (content: Content) =>
      send('new', {
        ...content,
        ...(first !== undefined && { 'm.relates_to': { 'm.in_reply_to': { event_id: first } } }),
      })
    const edit = (content: Content): Letter => ({
      ...send('edit', {
        ...content,
        // For clients that do not know edits.
        body: `* ${content.body.split('\n')[0]}`,
        formatted_body: `* ${content.formatted_body.split('<br>')[0]}`,
        'm.new_content': { ...content, 'm.mentions': {} },
        'm.relates_to': { rel_type: 'm.replace', event_id: first },
      }),
      edit: true,
    })
    const said = words(notice)
    const kind = loudness(notice) === 'calm' ? 'm.notice' : 'm.text'
    const full = message(said, notice, kind)
    const parts = {
      resolved: short(said, kind),
      worse: short(said, kind, '', 'It got worse: see the reply below.'),
      merged: short(said, kind, 'Part of: '),
    }
    return edited<Content>(notice, { exists: first !== undefined, full, short: parts, post, edit })
  },
  read,
})

/** Clients make no sound for `m.notice`, which is for bots (client-server API, push rule `.m.rule.suppress_notices`). */
type Kind = 'm.text' | 'm.notice'

interface Content {
  readonly msgtype: Kind
  readonly body: string
  readonly format: 'org.matrix.custom.html'
  readonly formatted_body: string
}

const content = (msgtype: Kind, body: string, html: string): Content => ({
  msgtype,
  body,
  format: 'org.matrix.custom.html',
  formatted_body: html,
})

const head = (said: Words) => `${marks[said.tone]} ${said.headline}`

/** The line that a phone shows, and the cluster, which the signature of a whole message names. */
const short = (said: Words, kind: Kind, before = '', after = ''): Content => {
  const { cluster = '' } = said
  return content(
    kind,
    [`${before}${head(said)}`, after, cluster].filter(Boolean).join('\n'),
    [`${before}${headline(said)}`, after, escaped(cluster)].filter(Boolean).join('<br>'),
  )
}

function message(said: Words, notice: Notice, kind: Kind): Content {
  const url = runbook(notice.runbookUrl, said.code)
  const foot = signature(notice, said.code, signed)
  const link = url === undefined ? '' : `<a href="${escaped(url)}">Runbook</a> · `
  const html = [...pieces(said), { kind: 'line', html: `${link}${escaped(foot)}` } as const]
  return content(
    kind,
    [head(said), plainText(unsigned(said)), url, foot].filter(Boolean).join('\n'),
    html
      .map(({ kind, html: it }, index) => {
        if (kind === 'command') return `<pre><code>${it}</code></pre>`
        return index > 0 && html[index - 1]?.kind === 'line' ? `<br>${it}` : it
      })
      .join(''),
  )
}

/**
 * The same for every attempt at the same letter: a homeserver that has taken it answers with the event that it made
 * (client-server API, "Transaction identifiers"), for half an hour at least (Synapse).
 */
const transaction = (notice: Notice, of: string) =>
  createHash('sha256').update(`${notice.node}\n${notice.id}\n${of}`).digest('hex').slice(0, 32)

const isToken = (it: string) => /^[\x21-\x7e]{1,1000}$/.test(it)
/** From version 12 on the id of a room has no server in it. */
const isRoom = (it: string) => /^![\x21-\x7e]{1,254}$/.test(it)

function server(pasted: string): string | undefined {
  const url = URL.parse(pasted)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search) return undefined
  return `${url.origin}${url.pathname}`.replace(/\/(_matrix\/?)?$/, '')
}

/** spec.matrix.org, client-server API, "Standard error response". */
function read({ status, headers: { 'retry-after': after = '' }, body }: Reply): Reading | undefined {
  const it = fields(body)
  if (status >= 200 && status < 300) {
    const id = textIn(it, 'event_id')
    return id.startsWith('$') && id.length <= 255
      ? { outcome: 'accepted', receipt: id }
      : strange(status, 'a Matrix homeserver')
  }
  const code = textIn(it, 'errcode')
  const error = textIn(it, 'error')
  const said = `the homeserver answered ${status}${code ? ` (${code}${error ? `: ${error}` : ''})` : ''}`
  if (status === 429) {
    // Before version 1.10 only the body said how long.
    const wait = after === '' ? it?.retry_after_ms : undefined
    return typeof wait === 'number' ? { outcome: 'again', why: said, wait } : undefined
  }
  if (status >= 500) return undefined
  if (!code.startsWith('M_')) return strange(status, 'a Matrix homeserver')
  switch (code) {
    case 'M_UNKNOWN_TOKEN':
    case 'M_MISSING_TOKEN':
    case 'M_USER_DEACTIVATED':
    case 'M_USER_LOCKED':
      return { outcome: 'gone', why: `${said}: give another access token` }
    case 'M_FORBIDDEN':
    case 'M_NOT_FOUND':
      return { outcome: 'gone', why: `${said}: let the bot join the room, and write there` }
    default:
      return { outcome: 'refused', why: said }
  }
}
