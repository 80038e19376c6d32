import { createHash } from 'node:crypto'
import type { Letter, Notice, Reading, Reply, Severity } from '../../model/index.ts'
import { severityOfAll, sink } from '../../model/index.ts'
import { boundedLines, jsonBytes, shorten } from '../../text/lengths.ts'
import { day, hour, minute } from '../../text/times.ts'
import { words } from './message.ts'

/**
 * ntfy takes 4096 bytes of message (more becomes an attachment) and 8192 of JSON body (server/config.go,
 * server/server.go). All is measured as encoded in JSON, which is never shorter: the message is at most
 * 60 + 1200 + 300 + 800 + 1000 + 500 and some labels, the title 250.
 */
const limits = {
  title: 250,
  standing: 60,
  text: 1200,
  cause: 300,
  impact: 800,
  fix: 1000,
  step: 250,
  avoid: 500,
  lines: 3600,
}

const priorities: Readonly<Record<Severity, number>> = { critical: 5, warning: 4, info: 3 }
const tags = {
  critical: 'rotating_light',
  warning: 'warning',
  info: 'information_source',
  resolved: 'white_check_mark',
}

/** A notification on a phone, one for each incident: later notices replace it (ntfy 2.16 and later). */
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
  compose(notice, { url, token, user, password }, receipt): readonly Letter[] {
    const to = endpoint(url ?? '')
    if (!to) throw new Error('the URL is not that of an ntfy topic')
    // The incident it was merged into has its own notification; only an existing one of its own is updated.
    const merged = notice.kind === 'merged' || (notice.kind === 'several' && notice.change === 'merged')
    if (merged && receipt === undefined) return []
    const said = words(notice)
    const fit = (text: string, limit: number) => shorten(text, limit, jsonBytes)
    const rows = (all: readonly string[], limit: number) => boundedLines(all, limit, limits.step, jsonBytes)
    const labelled = (label: string, text: string) =>
      text ? [`${label}:${text.startsWith('\n') ? '' : ' '}${text}`] : []
    const steps = said.fix.length > 1 ? said.fix.map((it, index) => `${index + 1}. ${it}`) : said.fix
    const parts = [
      ...labelled('Cause', fit(said.cause, limits.cause)),
      ...labelled('So', fit(said.impact, limits.impact)),
      ...labelled('Next', steps.length > 1 ? `\n${rows(steps, limits.fix)}` : rows(steps, limits.fix)),
      ...labelled('Never', rows(said.avoid, limits.avoid)),
    ]
    // Beside steps there is less room for lines.
    const room = steps.length > 0 ? limits.text : limits.lines
    const what = said.lines.length > 0 ? rows(said.lines, room) : fit(said.text, limits.text)
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
          title: fit(merged ? `follows from: ${said.headline}` : said.headline, limits.title),
          message: [fit(said.standing, limits.standing), what, ...parts].filter(Boolean).join('\n'),
          priority: priority(notice),
          tags: [tags[said.tone]],
          sequence_id: sequence(notice, receipt),
        }),
      },
    ]
  },
  read,
})

/** High enough to make a sound for what someone must see now; not for changes and ends. */
function priority(notice: Notice): number {
  const change = notice.kind === 'several' ? notice.change : notice.kind
  const severity =
    notice.kind === 'several'
      ? severityOfAll(notice.incidents)
      : 'incident' in notice
        ? notice.incident.severity
        : 'info'
  switch (change) {
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
      return { outcome: 'again', why: `answered ${status}, but not as ntfy does: perhaps a proxy in between` }
    const id = fields(letter.body)?.sequence_id
    return { outcome: 'accepted', ...(typeof id === 'string' && { receipt: id }) }
  }
  const code = typeof body?.code === 'number' ? body?.code : 0
  const error = typeof body?.error === 'string' ? `: ${body.error}` : ''
  const said = `ntfy answered ${status}${code ? ` (${code}${error})` : ''}`
  // From a proxy, a captive portal or a filter in between, so it says nothing about the topic.
  if (code === 0 && status < 500 && status !== 429)
    return { outcome: 'again', why: `answered ${status}, but not as ntfy does: perhaps a proxy in between` }
  if (code === 40101 || code === 40301)
    return { outcome: 'gone', why: `${said}: it wants another token, or user and password, for this topic` }
  if (code === 42908) return { outcome: 'again', why: said, wait: untilMidnight(reply.headers.date) }
  if (status === 429 && code > 0) return { outcome: 'again', why: said, wait: code === 42909 ? minute : 5000 }
  return code === 0 ? undefined : status < 500 ? { outcome: 'refused', why: said } : undefined
}

/** Ms until the daily quota is reset at midnight UTC, by the server's clock; an hour if that is not known. */
function untilMidnight(date = ''): number {
  const now = Date.parse(date)
  return Number.isNaN(now) ? hour : day - (now % day) + 1000
}

function fields(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
