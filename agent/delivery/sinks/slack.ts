import type { Letter, Notice, Reading, Reply } from '../../model/index.ts'
import { sink } from '../../model/index.ts'
import { boundedLines, jsonBytes, shorten, wholeLines } from '../../text/lengths.ts'
import { stepOf } from '../../text/steps.ts'
import { second, timestamp } from '../../text/times.ts'
import { strange } from './answers.ts'
import { isSilent } from './changes.ts'
import { words } from './message.ts'
import { marks, rest, runbook, signature, type Words } from './parts.ts'

/**
 * Slack splits a `text` of more than 4000 characters, and refuses blocks of more than about 12 kB as JSON with
 * `msg_blocks_too_long` (undocumented; slackapi/bolt-js #2509). Bytes as encoded in JSON: the text is at most 500 + 1000
 * as escaped, the blocks 7000 and what is written around each piece.
 */
const limits = {
  ...{ headline: 500, text: 1000, impact: 600, fix: 2400, avoid: 700, cause: 300, also: 300, standing: 150 },
  ...{ lines: 4500, line: 300, footer: 150 },
}

/**
 * A message in a channel for each change that somebody has to notice. An incoming webhook can neither edit a message nor
 * answer in its thread, as it is not told which message it made (docs.slack.dev, "Sending messages using incoming
 * webhooks"): so what only changes a message without a sound is not sent.
 */
export const slack = sink({
  name: 'slack',
  settings: {
    url: {
      type: 'string',
      description: 'The URL of an incoming webhook: https://hooks.slack.com/services/T…/B…/…',
      secret: true,
    },
  },
  required: ['url'],
  check: ({ url }) =>
    url === undefined || endpoint(url)
      ? []
      : ["url: is not that of Slack's incoming webhooks: https://hooks.slack.com/services/T…/B…/…"],
  compose(notice, { url = '' }): readonly Letter[] {
    const to = endpoint(url)
    if (!to) throw new Error("the URL is not that of Slack's incoming webhooks")
    if (isSilent(notice)) return []
    return [
      {
        method: 'POST',
        url: to,
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify(message(words(notice), notice)),
      },
    ]
  },
  read,
})

/** Only what Slack itself hands out for incoming webhooks: a workflow's URL takes other JSON. */
function endpoint(pasted: string): string | undefined {
  const url = URL.parse(pasted)
  if (!url || !/^https?:$/.test(url.protocol) || url.username || url.password || url.search) return undefined
  return /^(\/.{1,100})?\/services(\/[A-Za-z0-9_-]{1,100}){3}\/?$/.test(url.pathname) ? url.href : undefined
}

// ---------------------------------------------------------------------------------------------------
// The message. In rich text nothing has a special meaning, so no text can mention anyone or hide a link; the `text`,
// which notifications show, is markup: `&`, `<` and `>` begin everything in it.

type Element = Readonly<Record<string, unknown>>

const literal = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
const literalBytes = (text: string) => jsonBytes(literal(text))

function message(said: Words, notice: Notice): object {
  const plain = shorten(said.headline.replaceAll('`', ''), limits.headline, literalBytes)
  const text = shorten(said.text.replaceAll('`', ''), limits.text, literalBytes)
  return {
    text: [`${marks[said.tone]} ${literal(plain)}`, literal(text)].filter(Boolean).join('\n'),
    blocks: [{ type: 'rich_text', elements: elements(said, notice, plain) }],
    unfurl_links: false,
    unfurl_media: false,
  }
}

function elements(said: Words, notice: Notice, headline: string): readonly Element[] {
  const isCrowded = said.impact !== '' || said.fix.length + said.avoid.length > 0
  const lines = boundedLines(said.lines, isCrowded ? limits.text : limits.lines, limits.line, jsonBytes)
  const whole = (all: readonly string[], limit: number) =>
    wholeLines(all, limit, rest(said), jsonBytes).split('\n').filter(Boolean)
  const fix = whole(said.fix, limits.fix)
  const labelled = (label: string, text: string, limit: number) =>
    text ? section([bold(`${label}: `), ...pieces(shorten(text, limit, jsonBytes))]) : []
  return [
    ...section([...plainText(`${marks[said.tone]} `), bold(headline)]),
    ...section(pieces(shorten(said.text, limits.text, jsonBytes))),
    ...list(lines.split('\n').filter(Boolean)),
    ...labelled('Impact', said.impact, limits.impact),
    ...(fix.length > 0 ? section([bold('Fix')]) : []),
    ...fix.flatMap((it, index) =>
      it === said.fix[index] ? step(it, said.fix.length > 1 ? `${index + 1}. ` : '') : section(pieces(it)),
    ),
    ...whole(said.avoid, limits.avoid).flatMap((it) => section(pieces(`⛔ ${it}`))),
    ...labelled('Cause', said.cause, limits.cause),
    ...labelled('Also affected', said.also, limits.also),
    ...section(standing(said)),
    ...section(footer(said, notice)),
  ]
}

/** A step, its command in a block of its own. */
function step(text: string, number: string): readonly Element[] {
  const { before, command, after } = stepOf(text)
  if (command === undefined) return section(pieces(`${number}${text}`))
  return [
    ...section(pieces(`${number}${before}`.trimEnd())),
    { type: 'rich_text_preformatted', elements: plainText(command) },
    ...section(pieces(after)),
  ]
}

const list = (lines: readonly string[]): readonly Element[] =>
  lines.length === 0
    ? []
    : [{ type: 'rich_text_list', style: 'bullet', elements: lines.flatMap((it) => section(pieces(it))) }]

/** Slack refuses an element without text. */
const section = (inside: readonly Element[]): readonly Element[] =>
  inside.length > 0 ? [{ type: 'rich_text_section', elements: inside }] : []
const plainText = (text: string): readonly Element[] => (text === '' ? [] : [{ type: 'text', text }])
const bold = (text: string): Element => ({ type: 'text', text, style: { bold: true } })

/** A text, with what stands in backticks as code; one without its other stays as it is. */
function pieces(text: string): readonly Element[] {
  const parts = text.split('`')
  return parts.flatMap((part, index) => {
    const isCode = index % 2 === 1 && index < parts.length - 1
    if (isCode) return part.trim() ? [{ type: 'text', text: part, style: { code: true } }] : []
    return plainText((index % 2 === 1 ? '`' : '') + part)
  })
}

/** Slack shows a date in the reader's own zone. */
function standing({ standing, since = Number.NaN }: Words): readonly Element[] {
  const fallback = timestamp(since)
  const date = {
    ...{ type: 'date', timestamp: Math.floor(since / second) },
    ...{ format: '{date_short_pretty}, {time}', fallback },
  }
  return [
    ...plainText(shorten(standing, limits.standing, jsonBytes)),
    ...(fallback !== null && since > 0 && standing ? [...plainText(' · '), date] : []),
  ]
}

function footer(said: Words, notice: Notice): readonly Element[] {
  const url = runbook(notice.runbookUrl, said.code)
  return [
    ...(url === undefined ? [] : [{ type: 'link', url, text: 'Runbook' }, ...plainText(' · ')]),
    ...plainText(signature(notice, said.code, limits.footer)),
  ]
}

// ---------------------------------------------------------------------------------------------------

/** What says that the webhook is no more, or that its channel takes nothing (docs.slack.dev, incoming webhooks, "errors"). */
const ends: Readonly<Record<string, string>> = {
  invalid_token: 'the URL is wrong; make a new webhook',
  no_service: 'the webhook was removed or its URL is wrong; make a new one',
  no_service_id: 'the URL is wrong; make a new webhook',
  no_team: 'the URL is wrong; make a new webhook',
  no_active_hooks: 'the webhook was switched off; make a new one',
  team_disabled: 'the workspace is closed; make a webhook in another',
  channel_not_found: 'the channel was deleted; make a webhook for another',
  channel_is_archived: 'the channel is archived; take it out of the archive, or make a webhook for another',
  action_prohibited: 'an admin of the workspace forbids it; ask them',
  posting_to_general_channel_denied: 'only some may write there; make a webhook for another channel',
}

/** A webhook answers in words: `ok`, or what is wrong. Anything else is not Slack's. */
function read({ status, body }: Reply): Reading | undefined {
  const word = /^[a-z_]{2,60}$/.test(body.trim()) ? body.trim() : ''
  if (status >= 200 && status < 300) return word === 'ok' ? { outcome: 'accepted' } : strange(status, 'Slack')
  const said = `Slack answered ${status}${word ? ` (${word})` : ''}`
  const end = ends[word]
  if (end !== undefined) return { outcome: 'gone', why: `${said}: ${end}` }
  // With Retry-After, by the rules of HTTP.
  if (status === 429 || status >= 500) return undefined
  if (word === '') return strange(status, 'Slack')
  return { outcome: 'refused', why: said }
}
