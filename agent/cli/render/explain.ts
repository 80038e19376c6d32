import type { Cause, Properties, Rule, Rules, Terminal } from '../../model/index.ts'
import { promptly } from '../../model/index.ts'
import { duration } from '../../text/durations.ts'
import { shorten } from '../../text/lengths.ts'
import { listed } from '../../text/lists.ts'
import { table } from '../../text/table.ts'
import { commandOf, paint, wrap } from '../../text/terminal.ts'
import { rhythm } from './rhythm.ts'

/** What `agent explain` has at hand: every rule, and the collector it belongs to, by name. */
export interface Catalogue {
  readonly rules: Rules
  readonly collectors: Readonly<Record<string, Measuring>>
}

/** What has to be known of a collector to explain its rules. */
interface Measuring {
  readonly settings: Properties
  /** A cron expression with seconds. */
  readonly every: string
  readonly woken?: string
}

/** The page of one rule, from its declaration. */
export function renderRule(code: string, catalogue: Catalogue, terminal: Terminal): string {
  const rule = catalogue.rules[code] as Rule
  const part = (title: string, text: string) =>
    text ? [paint(terminal, 'bold', title), wrap(terminal, text, 2), ''] : []
  return [
    `${paint(terminal, 'bold', code)}  (${rule.severity})  ${rule.title}`,
    '',
    ...part('What it means', rule.meaning),
    ...part('How it is measured', measured(code, catalogue)),
    ...part('Impact', rule.impact),
    ...part('May come from', causes(rule).join(', ')),
    ...part('May lead to', effects(code, catalogue.rules).join(', ')),
    paint(terminal, 'bold', 'Fix'),
    ...rule.fix.map((step, at) => wrap(terminal, `${at + 1}. ${step}`, 2, 5)),
    '',
    ...lines("Don't", rule.avoid ?? [], terminal),
    ...lines('Settings that change it', settingsOf(code, catalogue), terminal),
    ...(rule.pendingFor ? [wrap(terminal, patience(rule.pendingFor), 0), ''] : []),
  ].join('\n')
}

/** All rules of one area, with severity and title. Ends with a line break. */
export function renderArea(
  area: string,
  codes: readonly string[],
  { rules, collectors }: Catalogue,
  terminal: Terminal,
): string {
  const its = collectors[area]
  const looks = its
    ? wrap(
        terminal,
        `${area}: ${codes.length} findings; checked ${rhythm(its.every)} (collectors.${area}.every)${its.woken ? `, and at once when ${its.woken}` : ''}.`,
        0,
      )
    : wrap(terminal, `${area}: ${codes.length} findings about Murphy itself.`, 0)
  const rows = codes.map((code) => ({
    cells: [{ text: code }, { text: rules[code]?.severity ?? '' }, { text: rules[code]?.title ?? '' }],
  }))
  return `${looks}\n\n${table(terminal, ['CODE', 'SEVERITY', 'TITLE'], rows)}\n\nMore: ${commandOf(terminal)} explain CODE\n`
}

const lines = (title: string, all: readonly string[], terminal: Terminal) =>
  all.length > 0
    ? [paint(terminal, 'bold', title), ...all.map((it) => wrap(terminal, `- ${it}`, 2, 4)), '']
    : []

const patience = (after: number) => `Notified after ${duration(after)}, once a check has confirmed it.`

const collectorOf = (code: string) => code.split('.')[0] ?? ''

/** What is read, and how often. */
function measured(code: string, { rules, collectors }: Catalogue): string {
  const name = collectorOf(code)
  const its = collectors[name]
  const text = rules[code]?.measured ?? ''
  if (!its) return text
  const woken = its.woken ? `, and at once when ${its.woken}` : ''
  return `${text} Checked ${rhythm(its.every)} (collectors.${name}.every)${woken}.`
}

/** How long the effect may take to show. */
const within = ({ takes = promptly }: Cause) =>
  Number.isFinite(takes) ? `within ${duration(takes)}` : 'while it is open'

const causes = ({ because = [] }: Rule) =>
  because.map(
    (it) =>
      `${it.code}${it.same ? ` of the same ${it.same}` : ''} (${within(it)}${it.triggers ? `, only with ${listed(it.triggers.map((one) => one.code))}` : ''}${it.proof ? ', if the evidence matches' : ''}${it.partly ? ', on some nodes' : ''}${it.restates ? ', as the same seen again' : ''})`,
  )

const effects = (code: string, rules: Rules) =>
  Object.entries(rules).flatMap(([other, it]) =>
    it.because?.some((cause) => cause.code === code) ? [other] : [],
  )

/** The settings that the rule names, with their defaults. */
function settingsOf(code: string, { rules, collectors }: Catalogue): readonly string[] {
  const name = collectorOf(code)
  return (rules[code]?.settings ?? []).flatMap((key) => {
    const it = collectors[name]?.settings[key]
    if (!it) return []
    const value = Array.isArray(it.default) ? `[${it.default.join(', ')}]` : it.default
    return [`collectors.${name}.${key} (${value}): ${it.description.replace(/\.$/, '')}`]
  })
}

/**
 * Which rule may cause which, as trees that begin with rules without causes, then every rule without causes or
 * effects. An effect that is also reached by way of another rule is drawn only there, and a subtree is drawn only once.
 */
export function renderGraph({ rules }: Catalogue, terminal: Terminal): string {
  const codes = Object.keys(rules)
  const all = new Map(codes.map((code) => [code, effects(code, rules)]))
  const beyond = (code: string): readonly string[] =>
    (all.get(code) ?? []).flatMap((it) => [...(all.get(it) ?? []), ...beyond(it)])
  const next = new Map(
    codes.map((code) => {
      const later = new Set(beyond(code))
      return [code, (all.get(code) ?? []).filter((it) => !later.has(it))]
    }),
  )
  const drawn = new Set<string>()
  const line = (code: string, indent: number, more = '') => {
    const room = terminal.width - indent - code.length - more.length - 2
    return `${code}  ${paint(terminal, 'dim', shorten(rules[code]?.title ?? '', room))}${more}`
  }
  const branch = (code: string, indent: string): readonly string[] => {
    const below = next.get(code) ?? []
    if (below.length > 0 && drawn.has(code)) return [line(code, indent.length, ' …')]
    drawn.add(code)
    return [
      line(code, indent.length),
      ...below.flatMap((it, at) => {
        const last = at === below.length - 1
        const [first = '', ...rest] = branch(it, `${indent}${last ? '   ' : '│  '}`)
        return [`${indent}${last ? '└─ ' : '├─ '}${first}`, ...rest]
      }),
    ]
  }
  const causeless = codes.filter((code) => (rules[code]?.because?.length ?? 0) === 0)
  return [
    ...causeless.flatMap((code) => (all.get(code)?.length ? [...branch(code, ''), ''] : [])),
    'Standing alone:',
    ...causeless.flatMap((code) => (all.get(code)?.length ? [] : [`  ${line(code, 2)}`])),
    '',
    ...(drawn.size > 0 ? ['… and what follows from it, drawn above.'] : []),
    `More: ${commandOf(terminal)} explain CODE, or of one area: ${commandOf(terminal)} explain ${Object.keys(rules)[0]?.split('.')[0] ?? 'AREA'}`,
    '',
  ].join('\n')
}

/** Every rule as one Markdown page: docs/findings.md. */
export function markdown(catalogue: Catalogue): string {
  const { rules } = catalogue
  const parts = Object.entries(rules).map(([code, rule]) =>
    [
      `## ${code}`,
      '',
      `**${rule.title}** (${rule.severity})`,
      '',
      rule.meaning,
      '',
      `- **Measured**: ${measured(code, catalogue)}`,
      `- **Impact**: ${rule.impact}`,
      ...rule.fix.map((step, at) => `- **Fix ${at + 1}**: ${step}`),
      ...(rule.avoid ? [`- **Don't**: ${rule.avoid.join(' ')}`] : []),
      ...list('May come from', causes(rule)),
      ...list('May lead to', effects(code, rules)),
      ...list('Settings', settingsOf(code, catalogue)),
      ...(rule.pendingFor ? [`- ${patience(rule.pendingFor)}`] : []),
      '',
    ].join('\n'),
  )
  return [
    '# What Murphy can find',
    '',
    'Made by `npm run docs` from the rules themselves; the same as `agent explain CODE`. A finding may say more, and other',
    'steps, than its rule: it knows the node.',
    '',
    '```',
    renderGraph(catalogue, { color: false, width: 120 }).trimEnd(),
    '```',
    '',
    ...parts,
  ]
    .join('\n')
    .trimEnd()
    .concat('\n')
}

const list = (name: string, all: readonly string[]) =>
  all.length > 0 ? [`- ${name}: ${all.join('; ')}`] : []
