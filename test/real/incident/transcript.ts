import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../release.ts'
import type { Played } from './acts.ts'
import type { News } from './told.ts'

/** Writes the night down for people, if asked to. Names of this machine do not come into it: all is from within the node. */
export function writeTranscript(played: readonly Played[]): void {
  if (process.env.MURPHY_TRANSCRIPT !== '1') return
  writeFileSync(join(root, 'docs/incident.md'), transcript(played))
}

const intro = `# The night, replayed

Written by \`test/real/incident.test.ts\` (\`MURPHY_TRANSCRIPT=1 npm test -- real/incident\`, as root), and asserted by it on
every run. The node is a container with a real systemd and a boot of its own, real ufw, iptables, sshd and certificates; the
agent on it is installed with \`install.sh\` and sends to a Discord, an ntfy and a webhook receiver outside. PostgreSQL and the kernel's
OOM killer are real. k3s is a stand-in: it does real TLS, checks real client certificates, answers 401 in k3s's own words, renews
certificates when it starts and makes the real links and rules. A year of certificates passes by making them
as they would have been made a year ago. Two collectors look every ten seconds here instead of every minute or three.

Times are from the fault to the receiver. A **new message** rings; an **edit** changes one that is there, silently.

`

/** The whole document. Pure. */
export function transcript(played: readonly Played[]): string {
  const rows = played.map((it, at) => {
    const first = firstOf(it)
    const heard = first
      ? `${first.kind === 'new' ? 'new message' : first.kind === 'edit' ? 'edit' : 'resolved'}`
      : 'nothing'
    return `| ${at + 1}. ${it.title} | ${heard} | ${sinks.map((sink) => delay(it, sink)).join(' | ')} |`
  })
  const head = ['| act | arrives as | Discord | ntfy | webhook |', '|---|---|---|---|---|']
  return `${intro}${[...head, ...rows].join('\n')}\n\n${played.map(chapter).join('\n')}`
}

const sinks = ['discord', 'ntfy', 'webhook'] as const
const seconds = (ms: number) => (ms < 9_950 ? `${(ms / 1000).toFixed(1)} s` : `${Math.round(ms / 1000)} s`)

/** What an act is about: a new message, else that something is over, else an edit. */
function firstOf({ news }: Played, sink: News['sink'] = 'discord'): News | undefined {
  const own = news.filter((it) => it.sink === sink)
  return own.find((it) => it.kind === 'new') ?? own.find((it) => it.kind === 'over') ?? own.at(-1)
}

function delay(it: Played, sink: News['sink']): string {
  const first = firstOf(it, sink)
  return first ? seconds(Math.max(0, first.at - it.fault)) : '–'
}

function chapter(it: Played, at: number): string {
  const first = firstOf(it)
  const shown = first?.kind === 'over' ? [first] : [...(first ? [first] : [])]
  const edits = it.news.filter((one) => one.sink === 'discord' && one.kind === 'edit' && one !== first)
  return [
    `## ${at + 1}. ${it.title}`,
    it.story,
    ...(it.did.length > 0 ? [fenced(it.did.join('\n'), 'sh')] : []),
    ...shown.map(
      (one) =>
        `**Discord**, ${seconds(Math.max(0, one.at - it.fault))} later${one.kind === 'edit' ? ', by an edit of the message that is there' : ''}:\n\n${quoted(one)}`,
    ),
    ...(first ? [[ntfy(it), webhook(it)].filter(Boolean).join('\n')] : ['No message was sent.']),
    ...(edits.length > 0
      ? [
          `Then, silently: ${edits.length === 1 ? 'one edit' : `${edits.length} edits`} of what is there; at the end it reads **${headline(edits.at(-1) as News)}**`,
        ]
      : []),
    ...(it.page ? [`\`agent status\` on the node:\n\n${fenced(alarms(it.page))}`] : []),
    '',
  ].join('\n\n')
}

const fenced = (text: string, language = 'text') =>
  `\`\`\`${language}\n${text.trimEnd().replaceAll('```', "'''")}\n\`\`\``

const headline = ({ arrival }: News) => (arrival.body.content ?? '').replaceAll('**', '').split('\n')[0] ?? ''

/** The message as Discord shows it. */
function quoted({ arrival: { body } }: News): string {
  const [embed] = body.embeds ?? []
  const lines = [
    body.content ?? '',
    ...(embed?.description ? ['', embed.description] : []),
    ...(embed?.fields ?? []).flatMap(({ name, value }) => [
      '',
      `**${name}**${value.includes('\n') ? '\n' : ' '}${value}`,
    ]),
    ...(embed?.footer ? ['', `_${embed.footer.text}_`] : []),
  ]
  return lines
    .flatMap((it) => it.split('\n'))
    .map((it) => `> ${it}`.trimEnd())
    .join('\n')
}

function ntfy(it: Played): string {
  const first = firstOf(it, 'ntfy')
  return first
    ? `- ntfy, ${delay(it, 'ntfy')}, priority ${first.arrival.body.priority}: ${first.arrival.body.title}`
    : ''
}

function webhook(it: Played): string {
  const first = firstOf(it, 'webhook')
  const { type, data } = first?.arrival.body ?? {}
  return first
    ? `- webhook, ${delay(it, 'webhook')}: \`${type}\`, cause \`${data?.incident?.cause?.code}\``
    : ''
}

/** What is wrong, as the page shows it: without the machine it runs on, what is only worth knowing, what was over before, and the tables. */
const alarms = (page: string) => {
  const [head = '', ...rest] = page.split('\n\n')
  const blocks = [head.replace(/, kernel .*$/s, ''), ...rest]
  const end = blocks.findIndex((it, at) => at > 0 && !/^(CRITICAL|WARNING) /.test(it))
  return blocks.slice(0, end < 0 ? undefined : end).join('\n\n')
}
