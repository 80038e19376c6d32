import type { Difference } from '../../../collectors/firewall/history/diff.ts'
import { authors, difference } from '../../../collectors/firewall/history/journal.ts'
import type { AboutRules } from '../../../collectors/firewall/history/keep.ts'
import { limits } from '../../../collectors/firewall/packet/origins.ts'
import type { Verdict } from '../../../collectors/firewall/packet/walk.ts'
import { byOwner, type FirewallSample, type RuleSet } from '../../../collectors/firewall/sample.ts'
import type { Kept } from '../../state/keepsakes.ts'
import { duration } from '../../text/durations.ts'
import { safe } from '../../text/sanitize.ts'
import { clockUtc } from '../../text/times.ts'
import { paint, sparkline, type Terminal, wrap } from './terminal.ts'

export interface FirewallView {
  readonly node: string
  readonly sample: FirewallSample
  readonly at: number
  readonly now: number
  /** Rules over the last day, oldest first. */
  readonly trend: readonly number[]
  /** Newest first. */
  readonly kept: readonly Kept[]
}

const families = { ipv4: 'IPv4', ipv6: 'IPv6' } as const
const mostShown = 8

/** All of the firewall on a page: whose rules, policies, ufw, the way in, who changed what, what is kept. */
export function renderFirewall({ node, sample, at, now, trend, kept }: FirewallView, terminal: Terminal) {
  const rules = sample.sets.reduce((sum, it) => sum + it.rules, 0)
  const line = sparkline(trend, 24)
  const fact = (name: string, text: string) =>
    text ? [`  ${name.padEnd(12)}${wrap(terminal, text, 14).slice(14)}`] : []
  const heading = (text: string) => ['', paint(terminal, 'bold', text)]
  return [
    `${paint(terminal, 'bold', `${safe(node)}: ${rules} rules`)}${line && `  ${line} (a day)`}  (looked ${duration(now - at)} ago)`,
    '',
    ...owners(sample.sets),
    '',
    ...fact('policies', policies(sample.sets)),
    ...fact('longest', longest(sample.sets)),
    ...fact('SSH', way(sample)),
    ...fact('ufw', ufw(sample)),
    ...fact('iptables', [...new Set(sample.sets.map((it) => it.version).filter(Boolean))].join(', ')),
    ...fact(
      'connections',
      sample.conntrack
        ? `${sample.conntrack.percent} % of the ${sample.conntrack.most} there is room for`
        : '',
    ),
    ...fact('not seen', (sample.unseen ?? []).map((it) => it.why).join('; ')),
    ...heading('Changes'),
    ...(sample.journal?.length
      ? [...sample.journal]
          .reverse()
          .slice(0, mostShown)
          .map((it) =>
            wrap(
              terminal,
              `${clockUtc(it.at, now)}  ${authors(it)}: ${difference(it) || 'as many of everyone as before'}`,
              2,
              4,
            ),
          )
      : ['  none seen']),
    ...heading('Kept whole'),
    ...(kept.length > 0
      ? kept.slice(0, mostShown).map((it) => `  ${keptLine(it, now)}`)
      : ['  nothing yet: the agent keeps rules while it runs']),
    '',
    ...(kept.length > 0
      ? [
          wrap(
            terminal,
            '`agent firewall diff` shows what changed since; `agent firewall show good` prints the last good rules for `iptables-restore`.',
            0,
          ),
          '',
        ]
      : []),
  ].join('\n')
}

/** One row an owner, one column a rule set. */
function owners(sets: readonly RuleSet[]): string[] {
  const columns = sets.filter((it) => it.rules > 0).sort((a, b) => (a.family < b.family ? -1 : 1))
  if (columns.length === 0) return ['  there are no rules']
  const title = (it: RuleSet) => safe(it.table ?? `${families[it.family]} ${it.backend}`).slice(0, 20)
  const names = [...new Set(columns.flatMap((it) => byOwner(it.cells).map(([owner]) => owner)))]
  const count = (it: RuleSet, owner?: string) =>
    byOwner(it.cells)
      .filter(([name]) => owner === undefined || name === owner)
      .reduce((sum, [, rules]) => sum + rules, 0)
  const row = (name: string, values: readonly string[]) =>
    `  ${name.padEnd(12)}${values.map((it, at) => it.padStart(Math.max(10, title(columns[at] as RuleSet).length + 2))).join('')}`
  return [
    row('', columns.map(title)),
    ...names.map((name) =>
      row(
        name,
        columns.map((it) => String(count(it, name) || '-')),
      ),
    ),
    row(
      'all',
      columns.map((it) => String(it.rules)),
    ),
  ]
}

const policies = (sets: readonly RuleSet[]) =>
  [...sets]
    .sort((a, b) => (a.family < b.family ? -1 : 1))
    .flatMap((it) =>
      Object.entries(it.policies).map(
        ([place, policy]) => `${families[it.family]} ${place.replace(/^filter /, '')} ${policy}`,
      ),
    )
    .join(', ') || 'accept everywhere'

const longest = (sets: readonly RuleSet[]) =>
  sets
    .flatMap((it) => it.chains)
    .sort((a, b) => b[1] - a[1])
    .slice(0, 4)
    .map(([chain, rules]) => `${chain} ${rules}`)
    .join(', ')

function way({ ssh, input }: FirewallSample): string {
  return (['ipv4', 'ipv6'] as const)
    .flatMap((family) => {
      const verdict = input[family]
      return verdict && ssh.ports[family].length > 0
        ? `${families[family]} port ${ssh.ports[family].join(', ')} ${told(verdict)}`
        : []
    })
    .join('; ')
}

/** A rule as one may read it; what is no rule is a sentence already. */
const quoted = (by: string) => (by.startsWith('-') ? `\`${by.replaceAll('`', "'")}\`` : by)

function told(verdict: Verdict): string {
  const by = quoted(verdict.by)
  if (verdict.verdict === 'drop') return `is shut out: ${by}`
  if (verdict.verdict === 'accept') return `is let in${limits(verdict)}: ${by}`
  return `cannot be told: ${verdict.unless ? `may be let in (${by}) or shut out (${quoted(verdict.unless)})` : by}`
}

function ufw({ ufw: it }: FirewallSample): string {
  if (!it) return ''
  if (!it.enabled) return 'off'
  const { ipv4, ipv6 } = it.rules ?? {}
  const own = it.rules ? `, ${ipv4?.user ?? 0} IPv4 and ${ipv6?.user ?? 0} IPv6 rules of yours` : ''
  return `on, ${(it.input ?? 'unknown').toLowerCase()} what comes in by default${own}`
}

function keptLine({ id, at, about, size }: Kept, now: number): string {
  const { rules, good, by } = about as unknown as AboutRules
  const who = by ? `  after ${safe(by)}` : ''
  return `${String(id).padStart(4)}  ${clockUtc(at, now)}  ${rules} rules${good ? '' : ', not well'}  (${Math.ceil(size / 1024)} kB)${who}`
}

export interface DiffView {
  readonly from: string
  readonly to: string
  readonly differences: readonly Difference[]
  /** Rules shown of each owner and table. */
  readonly most: number
}

/** What went (-) and what came (+), by owner and table. */
export function renderDiff({ from, to, differences, most }: DiffView, terminal: Terminal): string {
  if (differences.length === 0) return `No rule differs between ${from} and ${to}.\n`
  const part = (style: 'red' | 'green', sign: string, lines: readonly string[]) => [
    ...lines.slice(0, most).map((it) => paint(terminal, style, `  ${sign} ${safe(it)}`)),
    ...(lines.length > most ? [`  ${sign} … and ${lines.length - most} more (--all)`] : []),
  ]
  return [
    paint(terminal, 'bold', `From ${from} to ${to}`),
    ...differences.flatMap(({ owner, place, went, came }) => [
      '',
      paint(terminal, 'bold', `${owner}, ${safe(place)}: ${went.length} went, ${came.length} came`),
      ...part('red', '-', went),
      ...part('green', '+', came),
    ]),
    '',
  ].join('\n')
}
