import type { Letter } from '../agent/model/index.ts'
import { second } from '../agent/text/times.ts'

/** Pages that show a letter as Discord and as an ntfy app on a phone do, for the pictures of the README. */

const plain = (text: string) =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')

/** What Murphy uses of Discord's markup: blocks and pieces of code, bold, small print, relative times, escapes. */
function markup(text: string, now: number): string {
  return text
    .split(/(```\n[\s\S]*?\n```)/)
    .map((part) => {
      const [, block] = /^```\n([\s\S]*)\n```$/.exec(part) ?? []
      return block === undefined
        ? part
            .split('\n')
            .map((it) => lineOf(it, now))
            .join('')
        : preOf(block)
    })
    .join('')
}

const preOf = (command: string) => `<pre>${plain(command)}</pre>`

function lineOf(text: string, now: number): string {
  if (!text) return ''
  const small = text.startsWith('-# ')
  const inside = text
    .slice(small ? 3 : 0)
    .split(/(`[^`]+`|\*\*.+?\*\*|<t:\d+:R>)/)
    .map((it) => {
      if (it.startsWith('`')) return `<code>${plain(it.slice(1, -1))}</code>`
      if (it.startsWith('**')) return `<b>${plain(unescaped(it.slice(2, -2)))}</b>`
      const [, seconds] = /^<t:(\d+):R>$/.exec(it) ?? []
      return seconds === undefined ? plain(unescaped(it)) : `<i>${ago(now / second - Number(seconds))}</i>`
    })
    .join('')
  return `<p${small ? ' class="small"' : ''}>${inside}</p>`
}

/** As Discord writes a time that is past, in seconds up to a minute. */
const ago = (seconds: number) =>
  seconds < 60 ? `${Math.round(seconds)} seconds ago` : `${Math.round(seconds / 60)} minutes ago`

const unescaped = (text: string) => text.replace(/\\(?=[!-/:-@[-`{-~])/g, '')

const page = (title: string, style: string, body: string) =>
  `<!doctype html>\n<meta charset="utf-8">\n<title>${plain(title)}</title>\n<style>\n${style}\n</style>\n<body>\n${body}\n</body>\n`

const sans = `Inter, 'DejaVu Sans', 'Noto Color Emoji', sans-serif`

const discordStyle = `
* { margin: 0; box-sizing: border-box }
body { width: 640px; padding: 16px; background: #313338; color: #dbdee1; font: 14px/1.4 ${sans}; overflow-wrap: anywhere }
.from { color: #f2f3f5; font-weight: bold } .from span { background: #5865f2; color: #fff; font-size: 10px; padding: 1px 4px; border-radius: 3px; vertical-align: 1px }
.from small { color: #949ba4; font-weight: normal; font-size: 11px }
.small { font-size: 12px; color: #949ba4 } i { font-style: normal; background: #3f4147; border-radius: 3px; padding: 0 3px }
code, pre { font: 12px/1.4 'DejaVu Sans Mono', monospace; background: #1e1f22; border-radius: 4px } code { padding: 1px 3px }
pre { padding: 7px 8px; margin: 3px 0 5px; border: 1px solid #232428; white-space: pre-wrap }
.card { margin-top: 8px; padding: 10px 14px; background: #2b2d31; border-left: 4px solid; border-radius: 4px }
.card a { color: #00a8fc; font-weight: bold } .card h2 { font-size: 13px; margin: 8px 0 2px; color: #f2f3f5 }
.card h2:first-child { margin-top: 0 } footer { margin-top: 10px; font-size: 11px; color: #b5bac1 }`.trim()

/** A message of Discord's API (create message) as the app shows it, dark, at `now` (ms). */
export function discordPage({ body }: Letter, now: number): string {
  const { content, embeds, username } = JSON.parse(body) as {
    content: string
    username: string
    embeds: readonly {
      title?: string
      description?: string
      color: number
      fields: readonly { name: string; value: string }[]
      footer: { text: string }
    }[]
  }
  const cards = embeds.map(
    ({ title, description, color, fields, footer }) =>
      `<div class="card" style="border-color: #${color.toString(16).padStart(6, '0')}">` +
      [
        ...(title === undefined ? [] : [`<a>${plain(title)}</a>`]),
        ...(description === undefined ? [] : [markup(description, now)]),
        ...fields.map(({ name, value }) => `<h2>${plain(name)}</h2>\n${markup(value, now)}`),
        `<footer>${plain(footer.text)}</footer></div>`,
      ].join('\n'),
  )
  const from = `<p class="from">${plain(username)} <span>APP</span></p>`
  return page('Discord', discordStyle, [from, markup(content, now), ...cards].join('\n'))
}

const ntfyStyle = `
* { margin: 0; box-sizing: border-box }
body { width: 420px; padding: 14px; background: #26323a; color: #1d1b20; font: 13px/1.4 ${sans} }
.card { padding: 13px 15px; background: #f7f8f9; border-radius: 20px; overflow-wrap: anywhere }
.from { color: #55606a; font-size: 11px } .from b { color: #317f6f }
h1 { font: bold 14px/1.35 ${sans}; margin: 5px 0 4px } .text { white-space: pre-wrap }
.buttons { margin-top: 10px; color: #317f6f; font-weight: bold } .buttons span { margin-right: 24px }`.trim()

/** ntfy shows these tags as emoji in front of the title (docs.ntfy.sh/emojis). */
const emojis: Readonly<Record<string, string>> = {
  rotating_light: '🚨',
  warning: '⚠️',
  information_source: 'ℹ️',
  white_check_mark: '✅',
}

/** A message in ntfy's JSON form (publish as JSON) as a phone shows the notification once it is unfolded. */
export function ntfyPage({ body }: Letter): string {
  const { title, message, tags, topic, actions } = JSON.parse(body) as {
    title: string
    message: string
    topic: string
    tags: readonly string[]
    actions?: readonly { label: string }[]
  }
  const marks = tags.map((it) => emojis[it] ?? it).join(' ')
  const buttons = (actions ?? []).map(({ label }) => `<span>${plain(label)}</span>`).join('')
  return page(
    'ntfy',
    ntfyStyle,
    [
      '<div class="card">',
      `<p class="from"><b>ntfy</b> · ${plain(topic)}</p>`,
      `<h1>${marks} ${plain(title)}</h1>`,
      `<div class="text">${plain(message)}</div>`,
      ...(buttons ? [`<p class="buttons">${buttons}</p>`] : []),
      '</div>',
    ].join('\n'),
  )
}
