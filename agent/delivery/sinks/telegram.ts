import type { Letter, Notice, Reading, Reply } from '../../model/index.ts'
import { sink } from '../../model/index.ts'
import { second } from '../../text/times.ts'
import { fields, strange, textIn } from './answers.ts'
import { edited, loudness } from './changes.ts'
import { escaped, headline, pieces, signed } from './html.ts'
import { words } from './message.ts'
import { firstCommand, runbook, signature, type Words } from './parts.ts'

/** A copy button holds at most so many characters (core.telegram.org/bots/api, CopyTextButton). */
const longestCopied = 256

/** A message in a chat, edited without a sound as its incident changes; a new one only when someone has to notice. */
export const telegram = sink({
  name: 'telegram',
  settings: {
    token: {
      type: 'string',
      description: 'The token of a bot, from @BotFather: 123456789:AA…',
      secret: true,
    },
    chat: {
      type: 'string',
      description:
        'The chat, in quotes: its number, as in "-1001234567890" (write to the bot, then see https://api.telegram.org/botTOKEN/getUpdates), or @NAME of a public channel.',
    },
    topic: {
      type: 'integer',
      description: 'In a group with topics: the number of the topic (message_thread_id).',
      minimum: 1,
    },
    url: {
      type: 'string',
      description: 'The server of the bot API.',
      default: 'https://api.telegram.org',
    },
  },
  required: ['token', 'chat'],
  check: ({ token, chat, url }) => [
    ...(token !== undefined && !isToken(token)
      ? ['token: is not that of a bot: 123456789:AA…, as @BotFather gives it']
      : []),
    ...(chat !== undefined && !isChat(chat)
      ? ['chat: must be the number of a chat, as in "-1001234567890", or @NAME of a public channel']
      : []),
    ...(server(url) ? [] : ['url: is not that of a server: https://api.telegram.org']),
  ],
  compose(notice, { token = '', chat = '', topic, url }, receipt): readonly Letter[] {
    const base = server(url)
    if (!base || !isToken(token) || !isChat(chat))
      throw new Error('token, chat or url are not those of a bot')
    const to = { chat_id: chat.startsWith('@') ? chat : Number(chat) }
    const first = receipt !== undefined && /^\d{1,15}$/.test(receipt) ? Number(receipt) : undefined
    const call = (method: string, body: object): Letter => ({
      method: 'POST',
      url: `${base}/bot${token}/${method}`,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({
        ...to,
        ...body,
        parse_mode: 'HTML',
        link_preview_options: { is_disabled: true },
      }),
    })
    const post = (message: Message) =>
      call('sendMessage', {
        ...(topic !== undefined && { message_thread_id: topic }),
        ...message,
        disable_notification: loudness(notice) === 'calm',
        ...(first !== undefined && {
          reply_parameters: { message_id: first, allow_sending_without_reply: true },
        }),
      })
    const edit = (message: Message): Letter => ({
      ...call('editMessageText', { message_id: first, ...message }),
      edit: true,
    })
    const said = words(notice)
    const full = message(said, notice)
    const line = headline(said, unlinked)
    const short = {
      resolved: { text: bare(line, said) },
      worse: { text: bare(`${line}\n<i>It got worse: see the answer below.</i>`, said) },
      merged: { text: bare(`Part of: ${line}`, said) },
    }
    return edited<Message>(notice, { exists: first !== undefined, full, short, post, edit })
  },
  read,
})

interface Message {
  readonly text: string
  readonly reply_markup?: object
}

/**
 * A text that mentions nobody and has no link: Telegram makes one of `@name` and of `scheme://` in whatever is no code, and
 * has no setting against it. A word joiner, which nobody sees, takes their look away (tdlib, td/telegram/MessageEntity.cpp,
 * `match_mentions`, `match_urls`). A name such as example.org stays as it is: it shows where it leads, and people copy
 * names.
 */
const unlinked = (text: string) => escaped(text.replaceAll('@', '@\u2060').replaceAll('://', ':\u2060//'))

/** A text without a signature, in which the cluster stands. */
const bare = (text: string, { cluster }: Words) =>
  cluster === undefined ? text : `${text}\n${unlinked(cluster)}`

/**
 * The text in Telegram's HTML, and a button that copies the first step. The runbook is a link and no button: of a button
 * Telegram refuses an address that it cannot reach, and with it the message.
 */
function message(said: Words, notice: Notice): Message {
  const url = runbook(notice.runbookUrl, said.code)
  const foot = unlinked(signature(notice, said.code, signed))
  const command = firstCommand(said)
  return {
    text: [
      ...pieces(said, unlinked).map(({ kind, html }) => (kind === 'command' ? `<pre>${html}</pre>` : html)),
      url === undefined ? foot : `<a href="${escaped(url)}">Runbook</a> · ${foot}`,
    ].join('\n'),
    ...(command !== undefined &&
      command.length <= longestCopied && {
        reply_markup: { inline_keyboard: [[{ text: 'Copy step 1', copy_text: { text: command } }]] },
      }),
  }
}

const isToken = (it: string) => /^\d{1,20}:[\w-]{10,100}$/.test(it)
const isChat = (it: string) => /^(-?\d{1,15}|@[A-Za-z]\w{3,31})$/.test(it)

function server(pasted: string): string | undefined {
  const url = URL.parse(pasted)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search) return undefined
  return url.href.replace(/\/$/, '')
}

/**
 * core.telegram.org/bots/api, "Making requests": `ok`, else `description`, `error_code` and `parameters`. What the
 * descriptions are is not documented; these are told by bots in use.
 */
function read({ status, body }: Reply, { edit = false }: Letter): Reading | undefined {
  const it = fields(body)
  if (typeof it?.ok !== 'boolean') {
    // It begins so, and was cut off.
    if (status === 200 && body.startsWith('{"ok":true,"result":{"message_id":'))
      return { outcome: 'accepted' }
    return status === 429 || status >= 500 ? undefined : strange(status, 'Telegram')
  }
  const result = group(it.result)
  if (it.ok && status >= 200 && status < 300)
    return {
      outcome: 'accepted',
      ...(typeof result.message_id === 'number' && { receipt: String(result.message_id) }),
    }
  const description = textIn(it, 'description')
  const said = `Telegram answered ${status}${description ? `: ${description}` : ''}`
  const { retry_after: wait, migrate_to_chat_id: moved } = group(it.parameters)
  if (status === 429)
    return { outcome: 'again', why: said, ...(typeof wait === 'number' && { wait: wait * second }) }
  if (status >= 500) return undefined
  if (edit && /message is not modified/i.test(description)) return { outcome: 'accepted' }
  if (typeof moved === 'number' && Number.isSafeInteger(moved))
    return { outcome: 'gone', why: `${said}: set chat: "${moved}"` }
  if (status === 401 || status === 404) return { outcome: 'gone', why: `${said}: the token is wrong` }
  if (/chat not found/i.test(description))
    return { outcome: 'gone', why: `${said}: chat is wrong, or the bot was never in it` }
  if (status === 403) return { outcome: 'gone', why: `${said}: let the bot write there again` }
  if (/topic_closed|thread not found|topic_deleted/i.test(description))
    return { outcome: 'gone', why: `${said}: open the topic again, or set another` }
  return { outcome: 'refused', why: said }
}

const group = (it: unknown): Readonly<Record<string, unknown>> =>
  typeof it === 'object' && it !== null ? (it as Record<string, unknown>) : {}
