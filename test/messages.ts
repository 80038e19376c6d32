import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { allRules } from '../agent/cli/commands/explain.ts'
import { defaults } from '../agent/config/defaults.ts'
import { incidents } from '../agent/core/cascade.ts'
import { type Ledger, step } from '../agent/core/ledger.ts'
import { plan } from '../agent/core/plan.ts'
import { round } from '../agent/core/round.ts'
import { sinks } from '../agent/delivery/sinks/index.ts'
import { recordedNode } from '../agent/host/replay.ts'
import type { Letter, Notice } from '../agent/model/index.ts'
import { collectors } from '../collectors/index.ts'

/**
 * The README's examples: what the sinks in fact write of a recorded node, and what the terminal shows of it.
 * `npm run docs` puts them into the README, and a test holds them current.
 */
const readme = join(import.meta.dirname, '../README.md')
const node = (name: string) => recordedNode(join(import.meta.dirname, 'nodes', name))
const begin = '<!-- made by npm run docs -->\n'
const end = '<!-- end -->\n'

/** One node after `iptables -F` of one that was well: the notice of it. */
async function flushed(): Promise<Notice> {
  const [well, host] = [node('healthy'), node('flush-535')]
  const rules = allRules()
  const at = host.now()
  let ledger: Ledger = []
  for (const it of collectors) {
    const settings = defaults(it.settings)
    const before = await round(it, settings, well, { heard: [] })
    const heard = [
      'delete rule ip filter INPUT handle 18',
      'delete rule ip nat PREROUTING handle 22',
      '# new generation 84 by process 25978 (iptables)',
    ].map((text) => ({ at: at - 800, text }))
    const past = { ...(before.sample && { sample: before.sample, at: at - 60_000 }), heard }
    ledger = step(ledger, await round(it, settings, host, past), at)
  }
  // Patience is over a quarter of a minute later.
  const later = at + 15_000
  const seen = ledger.map((it) => ({ ...it, seen: later }))
  const [notice] = plan(
    incidents(seen, rules, later),
    [],
    { min: 'warning', remind: 0, since: 0 },
    'node1',
    later,
  )
  if (!notice) throw new Error('a flush is worth a notice')
  return notice
}

const urls: Readonly<Record<string, string>> = {
  discord: 'https://discord.com/api/webhooks/1/token',
  ntfy: 'https://ntfy.example/topic',
  webhook: 'https://hooks.example/murphy',
}

/** As each service shows it; the webhook's as it is posted. */
const shown: Readonly<Record<string, (letter: Letter) => string>> = {
  discord({ body }) {
    const { content, embeds } = JSON.parse(body) as {
      content: string
      embeds: readonly {
        description?: string
        fields: readonly { name: string; value: string }[]
        footer: { text: string }
      }[]
    }
    const [embed] = embeds
    const lines = [
      ...content.split('\n'),
      ...(embed?.description ? ['', embed.description] : []),
      ...(embed?.fields ?? []).flatMap(({ name, value }) => ['', `**${name}**`, '', ...value.split('\n')]),
      '',
      `*${embed?.footer.text}*`,
    ]
    return lines.map((it) => `> ${it}`.trimEnd()).join('\n')
  },
  ntfy({ body }) {
    const { title, message, priority, tags } = JSON.parse(body) as {
      title: string
      message: string
      priority: number
      tags: readonly string[]
    }
    return `\`\`\`\n${title}   (priority ${priority}, ${tags.join(', ')})\n\n${message}\n\`\`\``
  },
  webhook: ({ body }) => `\`\`\`json\n${JSON.stringify(JSON.parse(body), null, 2)}\n\`\`\``,
}

/** What the sinks write. */
async function messages(): Promise<string> {
  const notice = await flushed()
  const parts = sinks.map((it) => {
    const settings = { ...defaults(it.settings), url: urls[it.name] ?? '' }
    const [letter] = it.compose(notice, settings)
    if (!letter) throw new Error(`${it.name} has nothing to say`)
    const text = shown[it.name]?.(letter) ?? ''
    const name = it.name === 'webhook' ? 'Webhook' : it.name === 'ntfy' ? 'ntfy' : 'Discord'
    return it.name === 'webhook'
      ? `<details><summary>${name}</summary>\n\n${text}\n\n</details>\n`
      : `${name}:\n\n${text}\n`
  })
  return parts.join('\n')
}

/** What the terminal shows: its incidents, without the rows of the collectors. */
async function check(): Promise<string> {
  const main = join(import.meta.dirname, '../agent/main.ts')
  const folder = join(import.meta.dirname, 'nodes/flush-535')
  const { stdout } = spawnSync(process.execPath, [main, 'check', '--node', folder], { encoding: 'utf8' })
  const [incidents = ''] = stdout.split('\n\n  k3s  ')
  return `\`\`\`\n$ agent check --node test/nodes/flush-535\n${incidents}\n\`\`\`\n`
}

/** The README with these parts as they are now. */
export async function current(): Promise<string> {
  const text = readFileSync(readme, 'utf8')
  const [head = '', ...rest] = text.split(begin)
  const made = await Promise.all([messages(), check()])
  if (rest.length !== made.length || rest.some((it) => !it.includes(end)))
    throw new Error(`${readme} has lost its marks ${begin}${end}`)
  const parts = rest.map((it, at) => `${begin}\n${made[at]}\n${it.slice(it.indexOf(end))}`)
  return [head, ...parts].join('')
}

if (import.meta.main) writeFileSync(readme, await current())
