import type { Answer, Listening, ReceiverOptions } from './server.ts'
import { json, listen, object } from './server.ts'

export interface TelegramMessage {
  readonly id: number
  /** As it is shown, without markup. */
  readonly text: string
  readonly html: string
  readonly silent: boolean
  readonly topic: number | undefined
  readonly answers: number | undefined
  readonly buttons: readonly string[]
  readonly edits: number
}

export interface TelegramReceiver extends Listening {
  readonly settings: {
    readonly url: string
    readonly token: string
    readonly chat: string
    readonly topic: number
  }
  /** The chat, oldest first. */
  readonly messages: () => readonly TelegramMessage[]
  /** Somebody deletes a message. */
  remove(id: number): void
  /** What is the matter with the chat. */
  trouble: 'topic closed' | 'blocked' | 'moved' | undefined
}

const token = '123456789:s3cr3t-t0ken'
const chat = -1_001_234_567_890
const topic = 42

/**
 * Telegram's bot API as documented (core.telegram.org/bots/api): 4096 characters after entities, its HTML, a button's 256
 * characters, one message a second in a chat with a burst, then 429 with `retry_after`, and errors as its servers word
 * them.
 */
export async function telegramReceiver(
  options: ReceiverOptions & { readonly rate?: { readonly burst: number; readonly every: number } } = {},
): Promise<TelegramReceiver> {
  const { rate = { burst: 5, every: 1000 } } = options
  const messages = new Map<number, TelegramMessage>()
  let tokens = rate.burst
  let filled = Date.now()
  const refuse = (status: number, description: string, parameters?: object) =>
    json(status, { ok: false, error_code: status, description, ...(parameters && { parameters }) })

  const listening = await listen('telegram', options, (request) => {
    const [, given, method = ''] = /^\/bot([^/]+)\/(\w+)$/.exec(request.path) ?? []
    if (given === undefined) return refuse(404, 'Not Found')
    if (given !== token) return refuse(401, 'Unauthorized')
    tokens = Math.min(rate.burst, tokens + (request.at - filled) / rate.every)
    filled = request.at
    if (tokens < 1) {
      const seconds = Math.ceil(((1 - tokens) * rate.every) / 1000)
      return refuse(429, `Too Many Requests: retry after ${seconds}`, { retry_after: seconds })
    }
    tokens--
    const body = object(request.body)
    if (body?.chat_id !== chat) return refuse(400, 'Bad Request: chat not found')
    if (receiver.trouble === 'blocked')
      return refuse(403, 'Forbidden: bot was kicked from the supergroup chat')
    if (receiver.trouble === 'moved')
      return refuse(400, 'Bad Request: group chat was upgraded to a supergroup chat', {
        migrate_to_chat_id: -1_009_999_999_999,
      })
    return method === 'sendMessage'
      ? send(body)
      : method === 'editMessageText'
        ? edit(body)
        : refuse(404, 'Not Found: method not found')
  })

  function written(
    body: Record<string, unknown>,
  ): Pick<TelegramMessage, 'text' | 'html' | 'buttons'> | Answer {
    const html = String(body.text ?? '')
    const text = shownByTelegram(html)
    if (body.parse_mode !== 'HTML' || text === undefined)
      return refuse(400, "Bad Request: can't parse entities: unsupported or unclosed tag")
    if (text.trim() === '') return refuse(400, 'Bad Request: message text is empty')
    if (text.length > 4096) return refuse(400, 'Bad Request: message is too long')
    const keys = (body.reply_markup as { inline_keyboard?: { copy_text?: { text: string } }[][] } | undefined)
      ?.inline_keyboard
    const buttons = (keys ?? []).flat().map((it) => it.copy_text?.text ?? '')
    if (buttons.some((it) => it.length < 1 || it.length > 256))
      return refuse(400, 'Bad Request: BUTTON_COPY_TEXT_INVALID')
    return { text, html, buttons }
  }

  function send(body: Record<string, unknown>): Answer {
    const thread = body.message_thread_id
    if (thread !== undefined && thread !== topic) return refuse(400, 'Bad Request: message thread not found')
    if (receiver.trouble === 'topic closed') return refuse(400, 'Bad Request: TOPIC_CLOSED')
    const it = written(body)
    if ('status' in it) return it
    const id = 1000 + messages.size
    const { message_id: answers } = (body.reply_parameters ?? {}) as { message_id?: number }
    messages.set(id, {
      ...{ id, ...it, silent: body.disable_notification === true, topic: thread as number | undefined },
      ...{ answers, edits: 0 },
    })
    return json(200, { ok: true, result: { message_id: id, chat: { id: chat } } })
  }

  function edit(body: Record<string, unknown>): Answer {
    const known = messages.get(Number(body.message_id))
    if (!known) return refuse(400, 'Bad Request: message to edit not found')
    const it = written(body)
    if ('status' in it) return it
    if (it.html === known.html && it.buttons.join() === known.buttons.join())
      return refuse(
        400,
        'Bad Request: message is not modified: specified new message content and reply markup are exactly the same',
      )
    messages.set(known.id, { ...known, ...it, edits: known.edits + 1 })
    return json(200, { ok: true, result: { message_id: known.id, chat: { id: chat } } })
  }

  const receiver: TelegramReceiver = Object.assign(listening, {
    settings: { url: `http://127.0.0.1:${listening.port}`, token, chat: String(chat), topic },
    messages: () => [...messages.values()],
    remove: (id: number) => void messages.delete(id),
    trouble: undefined,
  })
  return receiver
}

const tags = /^(b|i|code|pre|a)$/

/**
 * What Telegram makes of a text by itself, outside of code and links: whom it mentions, and which addresses one can tap
 * (tdlib, td/telegram/MessageEntity.cpp, `match_mentions`, `match_tg_urls`, and of `match_urls` those with a protocol).
 */
export const foundByTelegram = (html: string): readonly string[] =>
  [
    ...html
      .replace(/<(pre|code|a)\b[^>]*>.*?<\/\1>/gs, ' ')
      .replace(/<[^>]*>/g, '')
      .matchAll(/(?<![\p{L}\p{N}_])@\w{2,32}(?![\p{L}\p{N}_])|(?:https?|ftp|tg|ton):\/\/[\w.-]+/giu),
  ].map(([it]) => it)

/** The text of Telegram's HTML; undefined where a tag or an entity is none of its own, or not closed in order. */
export function shownByTelegram(html: string): string | undefined {
  const open: string[] = []
  let text = ''
  for (const [part] of html.matchAll(/<[^>]*>?|&[^;<&]*;?|[^<&]+/g)) {
    const [, end, name = '', more = ''] = /^<(\/?)([a-z]+)( href="[^"<>]+")?>$/.exec(part) ?? []
    if (part.startsWith('<')) {
      if (!tags.test(name) || (name === 'a' && end === '') !== (more !== '')) return undefined
      if (end && open.pop() !== name) return undefined
      if (!end) open.push(name)
    } else if (part.startsWith('&')) {
      const known = { '&amp;': '&', '&lt;': '<', '&gt;': '>', '&quot;': '"' }[part]
      if (known === undefined) return undefined
      text += known
    } else text += part
  }
  return open.length === 0 ? text : undefined
}
