import type { Letter, Reading, Reply } from '../../model/index.ts'
import { sink } from '../../model/index.ts'
import { boundedLines, shorten } from '../../text/lengths.ts'
import { timestamp } from '../../text/times.ts'
import { words } from './message.ts'
import type { Words } from './parts.ts'

/**
 * Discord's limits are 2000 characters of content, 4096 of an embed's description, 1024 of a field, 2048 of
 * its footer and 6000 in all embeds together (discord-api-docs, resources/message "Embed Limits"). These
 * parts are at most 4096 + 4 * 5 + 200 or 2000 + 3 * (1024 + 5) + 500 + 5 + 200 together, so no limit can be exceeded.
 */
const limits = { headline: 600, text: 2000, field: 1024, cause: 500, step: 300, lines: 4096, footer: 200 }

const colours = { critical: 0xd92d20, warning: 0xf79009, info: 0x2e90fa, resolved: 0x12b76a }

/** A message in a channel, edited as its incident changes; a new one only when someone has to notice. */
export const discord = sink({
  name: 'discord',
  settings: {
    url: {
      type: 'string',
      description: 'The webhook URL, from the channel settings, Integrations. Add ?thread_id=… for a thread.',
      secret: true,
    },
  },
  required: ['url'],
  check: ({ url }) =>
    url === undefined || endpoint(url)
      ? []
      : ['url: is not that of a Discord webhook: https://discord.com/api/webhooks/ID/TOKEN'],
  compose(notice, { url }, receipt) {
    const to = endpoint(url ?? '')
    if (!to) throw new Error('the URL is not that of a Discord webhook')
    const post = (message: Message) =>
      letter('POST', `${to.webhook}?${query(to.thread, 'wait=true')}`, message)
    const first = receipt !== undefined && /^\d{1,20}$/.test(receipt) ? receipt : undefined
    const edit = (message: Message): Letter => ({
      ...letter('PATCH', `${to.webhook}/messages/${first}${to.thread && `?${to.thread}`}`, message),
      edit: true,
    })
    const said = words(notice)
    const full = message(said, notice.at)
    const change = notice.kind === 'several' ? notice.change : notice.kind
    if (first === undefined) return change === 'merged' ? [] : [post(full)]
    switch (change) {
      case 'grew':
        return [edit(full)]
      case 'worse':
        // What rings goes first. Then the old message is marked, so that it does not look current.
        return [post(full), edit({ ...full, content: `${full.content}\n-# Got worse: told anew below.` })]
      case 'merged':
        return [edit({ content: `Follows from: ${full.content}`, embeds: [] })]
      case 'resolved':
        return [edit(full), post({ content: full.content, embeds: [] })]
      default:
        return [post(full)]
    }
  },
  read: (reply, { edit = false }) => read(reply, edit),
})

interface Message {
  readonly content: string
  readonly embeds: readonly object[]
}

/** The headline is content and not the embed's title, because phones show nothing of an embed in a notification. */
function message(said: Words, at: number): Message {
  const fit = (text: string, limit: number) => escaped(shorten(text, limit, (it) => escaped(it).length))
  const field = (name: string, value: string) => (value.trim() ? [{ name, value }] : [])
  const steps = said.fix.length > 1 ? said.fix.map((it, index) => `${index + 1}. ${it}`) : said.fix
  const rows = (all: readonly string[], limit: number) =>
    boundedLines(all, limit, limits.step, (it) => it.length, escaped)
  // Beside fields there is less room for lines.
  const room = steps.length > 0 ? limits.text : limits.lines
  const description = said.lines.length > 0 ? rows(said.lines, room) : fit(said.text, limits.text)
  const stamp = timestamp(at)
  return {
    content: `**${fit(said.headline, limits.headline)}**  (${fit(said.standing, limits.headline)})`,
    embeds: [
      {
        ...(description && { description }),
        color: colours[said.tone],
        fields: [
          ...field('Cause', fit(said.cause, limits.cause)),
          ...field('So', fit(said.impact, limits.field)),
          ...field('Next', rows(steps, limits.field)),
          ...field('Never', rows(said.avoid, limits.field)),
        ],
        ...(said.code && { footer: { text: `agent explain ${shorten(said.code, limits.footer - 14)}` } }),
        ...(stamp !== null && { timestamp: stamp }),
      },
    ],
  }
}

/**
 * A text in which Discord sees no markup but `code`: no mention, link, timestamp, heading, spoiler or fence. A
 * backslash makes any punctuation literal; inside code nothing has a special meaning.
 */
export function escaped(text: string): string {
  const parts = text.split('`')
  return parts
    .map((part, index) => {
      const isCode = index % 2 === 1 && index < parts.length - 1
      if (isCode) return part.trim() ? `\`${part}\`` : part
      const unpaired = index % 2 === 1 ? '\\`' : ''
      // Two adjacent pieces of code would be read as one with backticks inside.
      return unpaired + (part === '' && index > 1 && index < parts.length - 1 ? ' ' : literal(part))
    })
    .join('')
}

const literal = (text: string) =>
  text
    .replace(/[\\*_~|[\]<>@]/g, '\\$&')
    .replace(/^(\s*)([-+#])/, '$1\\$2')
    .replace(/:(?=\/\/)/g, '\\:')

function letter(method: 'POST' | 'PATCH', url: string, message: Message): Letter {
  return {
    method,
    url,
    headers: {
      'content-type': 'application/json',
      // Discord wants this form and may block others (code 40333).
      'user-agent': 'DiscordBot (https://murphy.invalid, 1.0)',
    },
    // Edits do not remember allowed_mentions: without it an edit is parsed with the default, which pings users.
    body: JSON.stringify({ ...message, allowed_mentions: { parse: [] } }),
  }
}

const query = (...parts: readonly string[]) => parts.filter(Boolean).join('&')

/** Where to post, always with API v10: without a version Discord uses v6, whose Retry-After is in other units. */
function endpoint(pasted: string): { webhook: string; thread: string } | undefined {
  const url = URL.parse(pasted)
  const path =
    url &&
    /^(.{0,200}?)\/api(?:\/v\d{1,2})?\/webhooks\/(\d{1,20})\/([\w-]{1,200})(?:\/(?:slack|github))?\/?$/.exec(
      url.pathname,
    )
  if (!url || !path || !/^https?:$/.test(url.protocol) || url.username || url.password) return undefined
  const host = url.host === 'discordapp.com' ? 'discord.com' : url.host
  const thread = url.searchParams.get('thread_id') ?? ''
  return {
    webhook: `${url.protocol}//${host}${path[1]}/api/v10/webhooks/${path[2]}/${path[3]}`,
    thread: /^\d{1,20}$/.test(thread) ? `thread_id=${thread}` : '',
  }
}

/** The beginning of a message object (discord-api-docs, resources/message) in a reply that was cut off. */
const cutOff = /^\{.*"(?:id|channel_id|webhook_id)":\s{0,4}"\d{1,20}"/s

/** discord-api-docs, topics/opcodes-and-status-codes and topics/rate-limits. */
function read(reply: Reply, edit: boolean): Reading | undefined {
  const { status } = reply
  const body = answer(reply.body)
  if (status >= 200 && status < 300) {
    const id = typeof body?.id === 'string' && /^\d{1,20}$/.test(body.id) ? body.id : undefined
    if (id !== undefined) return { outcome: 'accepted', receipt: id }
    // A message object that was cut off. Anything else is not Discord's: a captive portal or filter answers 200 too.
    if (!body && cutOff.test(reply.body)) return { outcome: 'accepted' }
    return {
      outcome: 'again',
      why: `answered ${status}, but not as Discord does: perhaps a proxy in between`,
    }
  }
  const code = typeof body?.code === 'number' ? body.code : 0
  const message = typeof body?.message === 'string' ? `: ${body.message}` : ''
  const said = `Discord answered ${status}${code ? ` (${code}${message})` : ''}`
  // Edits of messages older than an hour have a limit of their own; waiting for it would hold up what is new.
  if (edit && code === 30046) return { outcome: 'refused', why: said }
  if (status === 429) {
    const seconds = Math.max(Number(body?.retry_after) || 0, Number(reply.headers['retry-after']) || 0)
    const scope = reply.headers['x-ratelimit-scope']
    return {
      outcome: 'again',
      why: `Discord's rate limit${scope ? ` (${scope})` : ''}`,
      ...(seconds > 0 && { wait: seconds * 1000 }),
    }
  }
  if ((status === 401 && code === 50027) || (status === 404 && code === 10015))
    return { outcome: 'gone', why: `${said}: the webhook was deleted or its URL is wrong; make a new one` }
  // From a proxy, a captive portal or a filter in between, so it says nothing about the webhook.
  if (status < 500 && typeof body?.code !== 'number')
    return {
      outcome: 'again',
      why: `answered ${status}, but not as Discord does: perhaps a proxy in between`,
    }
  if (code === 220001)
    return { outcome: 'refused', why: `${said}: in a forum channel add ?thread_id=… to the URL` }
  if (status === 400 || status === 403 || status === 404) return { outcome: 'refused', why: said }
  return undefined
}

function answer(
  text: string,
): { id?: unknown; code?: unknown; message?: unknown; retry_after?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}
