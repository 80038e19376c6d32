import { createHash } from 'node:crypto'
import type { Abilities, Letter, Notice, Reading, Reply, Severity } from '../../model/index.ts'
import { sink } from '../../model/index.ts'
import { jsonBytes, shorten } from '../../text/lengths.ts'
import { day, hour, minute } from '../../text/times.ts'
import { fields, strange } from './answers.ts'
import { changeIn, isMerged, isSilent, severityIn } from './changes.ts'
import { words } from './message.ts'
import { firstCommand, runbook, type Words } from './parts.ts'
import { onOwnLine, plainText } from './plain-text.ts'

/**
 * ntfy takes 4096 bytes of message (more becomes an attachment) and 8192 of JSON body (server/config.go,
 * server/server.go): `plainText` is within the first, and with these, in bytes as encoded in JSON, within the second.
 */
const limits = { title: 250, command: 800 }

const priorities: Readonly<Record<Severity, number>> = { critical: 5, warning: 4, info: 3 }
const tags = {
  critical: 'rotating_light',
  warning: 'warning',
  info: 'information_source',
  resolved: 'white_check_mark',
}

/**
 * A notification on a phone, one for each incident: later notices replace it (`sequence_id`, ntfy 2.16 and later). For
 * an older server each would be a notification of its own: it gets none that nobody has to notice.
 */
export const ntfy = sink({
  name: 'ntfy',
  settings: {
    url: {
      type: 'string',
      description: 'The topic, as in https://ntfy.sh/TOPIC. Whoever knows it can read and write it.',
      secret: true,
    },
    token: { type: 'string', description: 'An access token, tk_…', secret: true },
    user: { type: 'string', description: 'A user, where the server asks for a password.' },
    password: { type: 'string', description: 'The password of `user`.', secret: true },
  },
  required: ['url'],
  check({ url, token, user, password }) {
    return [
      ...(url !== undefined && !endpoint(url)
        ? ['url: is not that of an ntfy topic: https://HOST/TOPIC']
        : []),
      ...(token !== undefined && (user !== undefined || password !== undefined)
        ? ['token: give either a token or a user and password']
        : []),
      ...(token !== undefined && !/^[\x21-\x7e]+$/.test(token)
        ? ['token: has a character no token has']
        : []),
      ...((user === undefined) !== (password === undefined)
        ? ['user: a user and a password belong together']
        : []),
    ]
  },
  compose(notice, { url, token, user, password }, receipt, abilities = {}): readonly Letter[] {
    const to = endpoint(url ?? '')
    if (!to) throw new Error('the URL is not that of an ntfy topic')
    // The incident it was merged into has its own notification; only an existing one of its own is updated.
    const merged = isMerged(notice)
    if (merged && receipt === undefined) return []
    if (abilities.edits === false && isSilent(notice)) return []
    const said = words(notice)
    const offered = actions(said, notice, abilities)
    return [
      {
        method: 'POST',
        url: to.server,
        headers: {
          'content-type': 'application/json',
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(user !== undefined && {
            authorization: `Basic ${Buffer.from(`${user}:${password ?? ''}`).toString('base64')}`,
          }),
        },
        body: JSON.stringify({
          topic: to.topic,
          title: shorten(merged ? `Part of: ${said.headline}` : said.headline, limits.title, jsonBytes),
          message: plainText(said, onOwnLine),
          priority: priority(notice),
          tags: [tags[said.tone]],
          ...(offered.length > 0 && { actions: offered }),
          sequence_id: sequence(notice, receipt),
        }),
      },
    ]
  },
  lacks: ({ edits }) =>
    edits === false
      ? 'this ntfy server is older than 2.16: it cannot update a notification, so only what opens, worsens or ends is sent'
      : undefined,
  read,
})

/**
 * The buttons: copies the first step (ntfy 2.17 and later), opens the runbook. An older server refuses a message with an
 * action that it does not know. Whether it does is tried with what can wait for a second letter, never with what is
 * critical: its answer may not get in.
 */
function actions(said: Words, notice: Notice, { edits, copies }: Abilities): readonly object[] {
  const command = firstCommand(said)
  const url = runbook(notice.runbookUrl, said.code)
  const isTry = copies === undefined && edits === true && said.tone !== 'critical'
  return [
    ...(command !== undefined && jsonBytes(command) <= limits.command && (copies === true || isTry)
      ? [{ action: 'copy', label: 'Copy step 1', value: command }]
      : []),
    ...(url !== undefined ? [{ action: 'view', label: 'Runbook', url }] : []),
  ]
}

/** High enough to make a sound for what someone must see now; not for changes and ends. */
function priority(notice: Notice): number {
  const severity = severityIn(notice)
  switch (changeIn(notice)) {
    case 'opened':
    case 'worse':
    case 'reminder':
      return priorities[severity]
    case 'resolved':
      return severity === 'critical' ? 3 : 2
    case 'grew':
    case 'merged':
      return 2
    default:
      return 3
  }
}

/** The same for all notices of an incident or of several, and of the form ntfy asks for: `^[-_A-Za-z0-9]{1,64}$`. */
function sequence(notice: Notice, receipt: string | undefined): string {
  // The message may have been that of another: of the incident that was merged, or of the first of several.
  const others = notice.kind === 'merged' || notice.kind === 'several'
  if (others && receipt !== undefined && /^[-_A-Za-z0-9]{1,64}$/.test(receipt)) return receipt
  const about =
    notice.kind === 'several' ? notice.group.id : 'incident' in notice ? notice.incident.id : undefined
  const of = about === undefined ? notice.id : `${notice.node}\n${about}`
  return createHash('sha256').update(of).digest('hex').slice(0, 32)
}

/** The server's root, where ntfy accepts JSON, and the topic from the URL. */
function endpoint(pasted: string): { server: string; topic: string } | undefined {
  const url = URL.parse(pasted)
  const path = url && /^(\/(?:.{0,200}\/)?)([-_A-Za-z0-9]{1,64})\/?$/.exec(url.pathname)
  if (!url || !path || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search)
    return undefined
  return { server: `${url.origin}${path[1]}`, topic: path[2] ?? '' }
}

/** ntfy, server/errors.go. It sends no Retry-After: a visitor's bucket gets one request back every 5 s. */
function read(reply: Reply, letter: Letter): Reading | undefined {
  const { status } = reply
  const body = fields(reply.body)
  if (status >= 200 && status < 300) {
    // The id comes first, so it is there even if the reply was cut off. Anything else is not ntfy's.
    if (typeof body?.id !== 'string' && (body || !reply.body.startsWith('{"id":"')))
      return strange(status, 'ntfy')
    const sent = fields(letter.body)
    const id = sent?.sequence_id
    return {
      outcome: 'accepted',
      ...(typeof id === 'string' && { receipt: id }),
      ...(body && { shows: { edits: body.sequence_id === id, ...(offersCopy(sent) && { copies: true }) } }),
    }
  }
  const code = typeof body?.code === 'number' ? body?.code : 0
  const error = typeof body?.error === 'string' ? `: ${body.error}` : ''
  const said = `ntfy answered ${status}${code ? ` (${code}${error})` : ''}`
  // From a proxy, a captive portal or a filter in between, so it says nothing about the topic.
  if (code === 0 && status < 500 && status !== 429) return strange(status, 'ntfy')
  if (code === 40101 || code === 40301)
    return { outcome: 'gone', why: `${said}: it wants another token, or user and password, for this topic` }
  if (code === 42908) return { outcome: 'again', why: said, wait: untilMidnight(reply.headers.date) }
  if (status === 429 && code > 0) return { outcome: 'again', why: said, wait: code === 42909 ? minute : 5000 }
  // An action that it does not know.
  if (code === 40018 && offersCopy(fields(letter.body)))
    return { outcome: 'refused', why: said, shows: { copies: false } }
  return code === 0 ? undefined : status < 500 ? { outcome: 'refused', why: said } : undefined
}

const offersCopy = (sent: Readonly<Record<string, unknown>> | undefined) =>
  Array.isArray(sent?.actions) && sent.actions.some((it) => it?.action === 'copy')

/** Ms until the daily quota is reset at midnight UTC, by the server's clock; an hour if that is not known. */
function untilMidnight(date = ''): number {
  const now = Date.parse(date)
  return Number.isNaN(now) ? hour : day - (now % day) + 1000
}
