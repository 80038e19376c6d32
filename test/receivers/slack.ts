import type { Listening, ReceiverOptions } from './server.ts'
import { listen, object } from './server.ts'

export interface SlackMessage {
  /** What notifications show. */
  readonly text: string
  readonly blocks: readonly Record<string, unknown>[]
}

export interface SlackReceiver extends Listening {
  readonly url: string
  /** The channel, oldest first. */
  readonly messages: readonly SlackMessage[]
  /** What the webhook answers from now on; absent: as if all is well. */
  trouble: (typeof troubles)[number] | undefined
}

const path = '/services/T00000000/B00000000/s3cr3t-t0ken'

/** docs.slack.dev, "Sending messages using incoming webhooks", "Error types". */
const troubles = [
  [404, 'no_service'],
  [404, 'channel_not_found'],
  [410, 'channel_is_archived'],
  [403, 'action_prohibited'],
  [500, 'rollup_error'],
] as const

/**
 * Slack's incoming webhooks as documented: one message a second with a short burst, then 429 with Retry-After; answers in
 * words; a `text` that is not split, blocks of at most 12 kB, and of those the rich text, each element as it has to be.
 */
export async function slackReceiver(
  options: ReceiverOptions & { readonly rate?: { readonly burst: number; readonly every: number } } = {},
): Promise<SlackReceiver> {
  const { rate = { burst: 4, every: 1000 } } = options
  const messages: SlackMessage[] = []
  let tokens = rate.burst
  let filled = Date.now()
  const say = (status: number, body: string, headers = {}) => ({
    status,
    headers: { 'content-type': 'text/html', ...headers },
    body,
  })
  const listening = await listen('slack', options, (request) => {
    tokens = Math.min(rate.burst, tokens + (request.at - filled) / rate.every)
    filled = request.at
    if (request.method !== 'POST' || !request.path.startsWith('/services/')) return say(404, 'no_service')
    if (request.path !== path) return say(403, 'invalid_token')
    if (receiver.trouble) {
      const [status, word] = receiver.trouble
      return say(status, word)
    }
    if (tokens < 1) {
      const seconds = Math.ceil(((1 - tokens) * rate.every) / 1000)
      return say(429, 'rate_limited', { 'retry-after': String(seconds) })
    }
    tokens--
    const body = object(request.body)
    const wrong = slackProblems(body)
    if (wrong.length > 0) return say(400, wrong[0]?.split(':')[0] ?? 'invalid_payload')
    messages.push(body as never)
    return say(200, 'ok')
  })
  const receiver: SlackReceiver = Object.assign(listening, {
    url: `http://${options.host ?? '127.0.0.1'}:${listening.port}${path}`,
    messages,
    trouble: undefined,
  })
  return receiver
}

type Element = Readonly<Record<string, unknown>>
const listOf = (it: unknown): readonly Element[] => (Array.isArray(it) ? it : [])

/** What Slack would refuse in a message, as `its_word: why`. */
export function slackProblems(body: Record<string, unknown> | undefined): readonly string[] {
  if (!body) return ['invalid_payload: not JSON']
  const { text, blocks } = body
  const bare = String(text).replace(/&(amp|lt|gt);/g, '')
  return [
    ...(typeof text === 'string' && text !== '' ? [] : ['no_text: nothing that a notification could show']),
    ...(String(text).length > 4000 ? ['msg_too_long: the text would be split'] : []),
    ...(/[<>&]/.test(bare) ? ['invalid_payload: markup in the text'] : []),
    ...(listOf(blocks).length > 50 ? ['invalid_blocks: more than 50'] : []),
    ...(JSON.stringify(blocks ?? []).length > 12_000 ? ['msg_blocks_too_long: over 12 kB'] : []),
    ...listOf(blocks).flatMap((it) =>
      it.type === 'rich_text'
        ? listOf(it.elements).flatMap((one) => part(one, true))
        : [`invalid_blocks: ${it.type}`],
    ),
  ]
}

/** docs.slack.dev/reference/block-kit/blocks/rich-text-block */
function part(it: Element, isTop: boolean): readonly string[] {
  const inside = listOf(it.elements)
  switch (it.type) {
    case 'rich_text_section':
      return inside.length > 0 ? inside.flatMap(leaf) : ['invalid_blocks: an empty section']
    case 'rich_text_preformatted':
      return isTop && inside.length > 0 && inside.every((one) => one.type === 'text' && !one.style)
        ? inside.flatMap(leaf)
        : ['invalid_blocks: preformatted']
    case 'rich_text_list':
      return isTop && /^(bullet|ordered)$/.test(String(it.style)) && inside.length > 0
        ? inside.flatMap((one) => part(one, false))
        : ['invalid_blocks: list']
    default:
      return [`invalid_blocks: ${it.type}`]
  }
}

function leaf(it: Element): readonly string[] {
  switch (it.type) {
    case 'text':
      return typeof it.text === 'string' && it.text !== '' ? [] : ['invalid_blocks: an empty text']
    case 'link':
      return URL.canParse(String(it.url)) ? [] : ['invalid_blocks: link']
    case 'date':
      return Number.isInteger(it.timestamp) && typeof it.format === 'string' ? [] : ['invalid_blocks: date']
    default:
      return [`invalid_blocks: ${it.type}`]
  }
}

/** All that people read of it, without how it looks. */
export const readable = (it: unknown): string =>
  typeof it !== 'object' || it === null
    ? ''
    : Array.isArray(it)
      ? it.map(readable).join('\n')
      : String(
          (it as Element).text ??
            listOf((it as Element).elements)
              .map(readable)
              .join(''),
        )
