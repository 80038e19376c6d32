import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, release } from 'node:os'
import { join } from 'node:path'
import { date } from '../../agent/text/times.ts'
import { reasonFor } from './reasons.ts'
import { cells, type Figures, head, isOver } from './table.ts'

/** A part of the bench as it came out. */
export interface Section {
  readonly title: string
  /** What is measured, and how: a paragraph of Markdown. */
  readonly about: string
  /** Rows with budgets, or text that is shown as it stands. */
  readonly rows?: readonly Figures[]
  readonly text?: string
  /** What else is to be said, a line each. */
  readonly notes?: readonly string[]
}

/** The machine at this moment, as a line. The kernel's version without what its builder added. */
export function machine(): string {
  const load = loadavg().map((it) => it.toFixed(1))
  const kernel = release().replace(/-.*/, '')
  const [{ model = '' } = {}] = cpus()
  return `${date(Date.now())}, ${cpus().length} x ${model}, kernel ${kernel}, Node.js ${process.version}, load ${load.join(' ')}`
}

/** Why budgets are missed, a line for each reason. */
export function excuses(rows: readonly Figures[]): readonly string[] {
  const [load = 0] = loadavg()
  const isBusy = load > cpus().length
  const unknown = isBusy ? 'the machine was busy with other work.' : 'not looked into yet.'
  const reasons = Map.groupBy(rows.filter(isOver), (it) => reasonFor(it.what) ?? unknown)
  return [...reasons].map(([why, all]) => `${all.map((it) => it.what).join('; ')}: ${why}`)
}

/** A section as Markdown. */
export function markdown({ title, about, rows, text, notes = [] }: Section, on: string): string {
  const table = rows && [head, head.map(() => '---'), ...rows.map(cells)].map((it) => `| ${it.join(' | ')} |`)
  const said = [...notes, ...excuses(rows ?? [])]
  return [
    `## ${title}`,
    about,
    ...(table ? [table.join('\n')] : []),
    ...(text ? [`\`\`\`\n${text}\n\`\`\``] : []),
    ...(said.length > 0 ? [said.map((it) => `- ${it}`).join('\n')] : []),
    `Measured ${on}.`,
  ].join('\n\n')
}

const intro = `# What Murphy costs

Written by \`npm run bench -- --all\`, which measures it on a stand-in for a node of k3s 1.36: its 234 rules, 23 certificates, pods,
control groups, growing logs, an API and a kubelet with real TLS, a peer behind a real VXLAN, a k3s that has run for a while.
\`npm run bench\` is the short form; each part says when and on which machine it was measured.`

/** The page with these sections in the places of those of the same title; the others stay as they were. Pure. */
export function merged(page: string, sections: readonly (readonly [title: string, text: string])[]): string {
  const old = page.split(/^(?=## )/m).slice(1)
  const titleOf = (it: string) => /^## (.*)$/m.exec(it)?.[1] ?? ''
  const all = new Map([...old.map((it) => [titleOf(it), it.trim()] as const), ...sections])
  const at = (title: string) => (titles.includes(title) ? titles.indexOf(title) : titles.length)
  const sorted = [...all].sort(([one], [other]) => at(one) - at(other))
  return `${[intro, ...sorted.map(([, text]) => text)].join('\n\n')}\n`
}

/** The order in which they stand. */
const titles = ['Budgets', 'At rest', 'Beside others', 'Growth', 'A day in an hour', 'Large nodes']

const page = join(import.meta.dirname, '../../docs/performance.md')

/** Writes docs/performance.md. */
export function write(sections: readonly Section[]): void {
  const before = existsSync(page) ? readFileSync(page, 'utf8') : ''
  const on = machine()
  writeFileSync(
    page,
    merged(
      before,
      sections.map((it) => [it.title, markdown(it, on)] as const),
    ),
  )
}
