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
import { discordPage, ntfyPage } from './cards.ts'
import { draw } from './pictures.ts'
import { workingSettings } from './receivers/settings.ts'

/**
 * What the sinks in fact write of a recorded node, and what the terminal shows of it: the README's pictures and texts,
 * and docs/webhook.md. `npm run docs` writes the texts, with `--pictures` (needs Chromium) also docs/*.png; a test holds
 * all of them current.
 */
const root = join(import.meta.dirname, '..')
const node = (name: string) => recordedNode(join(import.meta.dirname, 'nodes', name))
const begin = '<!-- made by npm run docs -->\n'
const end = '<!-- end -->\n'

/** One node after `iptables -F` of one that was well: the notice of it, of a cluster with runbooks. */
async function flushed(): Promise<Notice> {
  const [well, host] = [node('healthy'), node('flush-535')]
  const rules = allRules()
  const at = host.now()
  let ledger: Ledger = []
  for (const it of collectors) {
    const settings = defaults(it.settings)
    const before = await round(it, settings, well, { heard: [] })
    const heard = [
      ...Array.from({ length: 16 }, (_, it) => `delete rule ip filter INPUT handle ${it}`),
      ...Array.from({ length: 16 }, (_, it) => `delete rule ip nat PREROUTING handle ${it}`),
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
  return { ...notice, cluster: 'home', runbookUrl: 'https://wiki.example.org/murphy/{code}' }
}

const folded = (summary: string, text: string) =>
  `<details><summary>${summary}</summary>\n\n${text}\n\n</details>\n`

/** What each sink sends of it, by its name; ntfy to a server that can do what the newest can. */
async function letters(): Promise<{ readonly at: number; readonly of: (name: string) => Letter }> {
  const notice = await flushed()
  const of = (name: string) => {
    const it = sinks.find((one) => one.name === name)
    if (!it) throw new Error(`no sink is called ${name}`)
    const [letter] = it.compose(notice, workingSettings(it), undefined, { edits: true, copies: true })
    if (!letter) throw new Error(`${name} has nothing to say`)
    return letter
  }
  return { at: notice.at, of }
}

interface Picture {
  readonly path: string
  /** CSS pixels. */
  readonly width: number
  readonly page: string
}

/** The pictures, and the page of which each has to be made now. */
export async function pictures(): Promise<readonly Picture[]> {
  const { at, of } = await letters()
  return [
    { path: join(root, 'docs/discord.png'), width: 640, page: discordPage(of('discord'), at) },
    { path: join(root, 'docs/ntfy.png'), width: 420, page: ntfyPage(of('ntfy')) },
  ]
}

/** The pictures in the README, with the same for those who see none. */
async function messages(): Promise<string> {
  const { of } = await letters()
  const { title, message } = JSON.parse(of('ntfy').body) as { title: string; message: string }
  const shown = [
    `<img src="docs/discord.png" width="560" alt="Discord: ${title}">`,
    `<img src="docs/ntfy.png" width="330" alt="ntfy on a phone: ${title}">`,
  ]
  return `${shown.join('\n')}\n\n${folded('The same as text', `\`\`\`\n${title}\n\n${message}\n\`\`\``)}`
}

/** What a webhook receives. */
async function posted(): Promise<string> {
  const { of } = await letters()
  return `\`\`\`json\n${JSON.stringify(JSON.parse(of('webhook').body), null, 2)}\n\`\`\`\n`
}

/** What the terminal shows: its incidents, without the rows of the collectors. */
async function check(): Promise<string> {
  const main = join(import.meta.dirname, '../agent/main.ts')
  const folder = join(import.meta.dirname, 'nodes/flush-535')
  const { stdout } = spawnSync(process.execPath, [main, 'check', '--node', folder], { encoding: 'utf8' })
  const [incidents = ''] = stdout.split('\n\n  k3s  ')
  return `\`\`\`\n$ agent check --node test/nodes/flush-535\n${incidents}\n\`\`\`\n`
}

/** The pages with these parts as they are now, by their path. */
export async function current(): Promise<Readonly<Record<string, string>>> {
  return {
    'README.md': written('README.md', [await messages(), await check()]),
    'docs/webhook.md': written('docs/webhook.md', [await posted()]),
  }
}

function written(path: string, made: readonly string[]): string {
  const [head = '', ...rest] = readFileSync(join(root, path), 'utf8').split(begin)
  if (rest.length !== made.length || rest.some((it) => !it.includes(end)))
    throw new Error(`${path} has lost its marks ${begin}${end}`)
  const parts = rest.map((it, at) => `${begin}\n${made[at]}\n${it.slice(it.indexOf(end))}`)
  return [head, ...parts].join('')
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(await current())) writeFileSync(join(root, path), text)
  if (process.argv.includes('--pictures'))
    for (const { path, page, width } of await pictures()) draw(page, path, width)
}
