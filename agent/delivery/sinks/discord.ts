import type { Letter, Notice, Reading, Reply } from '../../model/index.ts'
import { sink } from '../../model/index.ts'
import { boundedLines, shorten, wholeLines } from '../../text/lengths.ts'
import { stepOf } from '../../text/steps.ts'
import { second, timestamp } from '../../text/times.ts'
import { fields, strange } from './answers.ts'
import { edited } from './changes.ts'
import { words } from './message.ts'
import { marks, rest, runbook, signature, type Words } from './parts.ts'

/**
 * Discord's limits are 2000 characters of content, 4096 of an embed's description, 1024 of a field, 2048 of
 * its footer and 6000 in all embeds together (discord-api-docs, resources/message "Embed Limits"). Content is at most
 * 600 + 1100 + 150 and some marks; an embed without fields 4096 + 300, of several incidents 2000 + 3 * 1024 + 300, of one
 * 4 * 1024 + 300 and the labels: so none can be exceeded.
 */
const limits = { headline: 600, text: 1100, standing: 150, few: 2000, lines: 4096, field: 1024, footer: 200 }

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
    const full = message(said, notice)
    const headline = short(said)
    const parts = {
      resolved: { content: bare(headline, said), embeds: [] },
      worse: { ...full, content: `${headline}\n-# It got worse: see the new message below.` },
      merged: { content: bare(`Part of: ${headline}`, said), embeds: [] },
    }
    return edited<Message>(notice, { exists: first !== undefined, full, short: parts, post, edit })
  },
  read: (reply, { edit = false }) => read(reply, edit),
})

interface Message {
  readonly content: string
  readonly embeds: readonly object[]
}

const fit = (text: string, limit: number) => escaped(shorten(text, limit, (it) => escaped(it).length))

/** The line that a phone shows. */
const short = (said: Words) => `${marks[said.tone]} **${fit(said.headline, limits.headline)}**`

/** A headline that has no embed, in whose footer the cluster stands. */
const bare = (headline: string, { cluster }: Words) =>
  cluster === undefined ? headline : `${headline}\n-# ${fit(cluster, limits.standing)}`

/** What and since when is content and not in the embed, because phones show nothing of an embed in a notification. */
function message(said: Words, notice: Notice): Message {
  const field = (name: string, value: string) => (value.trim() ? [{ name, value }] : [])
  const whole = (all: readonly string[]) => wholeLines(all, limits.field, rest(said))
  const lines = boundedLines(
    said.lines,
    // Beside fields there is less room for lines.
    said.impact || said.fix.length + said.avoid.length > 0 ? limits.few : limits.lines,
    300,
    (it) => it.length,
    escaped,
  )
  const stamp = timestamp(notice.at)
  const url = runbook(notice.runbookUrl, said.code)
  return {
    content: [short(said), fit(said.text, limits.text), standing(said)].filter(Boolean).join('\n'),
    embeds: [
      {
        ...(url !== undefined && { title: 'Runbook', url }),
        ...(lines && { description: lines }),
        color: colours[said.tone],
        fields: [
          ...field('Impact', fit(said.impact, limits.field)),
          ...field('Fix', whole(blocks(said.fix))),
          ...field("Don't", whole(said.avoid.map((it) => `⛔ ${escaped(it)}`))),
          ...field('Cause', fit(said.cause, limits.field / 2)),
          ...field('Also affected', fit(said.also, limits.field / 2)),
        ],
        footer: { text: signature(notice, said.code, limits.footer) },
        ...(stamp !== null && { timestamp: stamp }),
      },
    ],
  }
}

/** Discord shows `<t:…:R>` in the reader's language, and keeps it current: "4 minutes ago". */
function standing({ standing, since }: Words): string {
  const seconds = Math.floor((since ?? Number.NaN) / second)
  const relative = Math.abs(seconds) < 8.64e12 ? ` · <t:${seconds}:R>` : ''
  return standing && `-# ${fit(standing, limits.standing)}${relative}`
}

/** Each command in a block of its own: one tap copies it. */
function blocks(steps: readonly string[]): readonly string[] {
  return steps.map((it, index) => {
    const { before, command, after } = stepOf(it)
    const number = steps.length > 1 ? `${index + 1}. ` : ''
    if (command === undefined) return number + escaped(it)
    return [`${number}${escaped(before)}`.trimEnd(), `\`\`\`\n${command}\n\`\`\``, escaped(after)]
      .filter(Boolean)
      .join('\n')
  })
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
    body: JSON.stringify({
      ...(method === 'POST' && { username: 'Murphy' }),
      ...message,
      allowed_mentions: { parse: [] },
    }),
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
  const body = fields(reply.body)
  if (status >= 200 && status < 300) {
    const id = typeof body?.id === 'string' && /^\d{1,20}$/.test(body.id) ? body.id : undefined
    if (id !== undefined) return { outcome: 'accepted', receipt: id }
    // A message object that was cut off. Anything else is not Discord's: a captive portal or filter answers 200 too.
    if (!body && cutOff.test(reply.body)) return { outcome: 'accepted' }
    return strange(status, 'Discord')
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
  if (status < 500 && typeof body?.code !== 'number') return strange(status, 'Discord')
  if (code === 220001)
    return { outcome: 'refused', why: `${said}: in a forum channel add ?thread_id=… to the URL` }
  if (status === 400 || status === 403 || status === 404) return { outcome: 'refused', why: said }
  return undefined
}
