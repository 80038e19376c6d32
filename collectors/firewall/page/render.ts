import type { ArtifactEntry, Terminal, View } from '../../../agent/model/index.ts'
import { familyNames } from '../../../agent/text/families.ts'
import { ageText, findingLines, unseenLines } from '../../../agent/text/page-words.ts'
import { safe } from '../../../agent/text/sanitize.ts'
import { size } from '../../../agent/text/sizes.ts'
import { paint, sparkline, wrap } from '../../../agent/text/terminal.ts'
import { clockUtc } from '../../../agent/text/times.ts'
import { byOwner } from '../cells.ts'
import { authors, difference } from '../history/journal.ts'
import { aboutRules } from '../history/kept-rules.ts'
import { limits } from '../packet/origins.ts'
import type { Verdict } from '../packet/walk.ts'
import type { RuleSet } from '../rule-set.ts'
import type { FirewallSample } from '../sample.ts'
import { ruleInBackticks } from '../text.ts'

const mostShown = 8

/** The whole firewall on a page: owners, policies, ufw, SSH, who changed what, snapshots. */
export function renderFirewall(view: View<FirewallSample, unknown>, terminal: Terminal): string {
  const { node, sample, now, artifacts } = view
  const rules = sample.sets.reduce((sum, it) => sum + it.rules, 0)
  const line = sparkline(
    view.trend.map((it) => it.value),
    24,
  )
  const fact = (name: string, text: string) =>
    text ? [`  ${name.padEnd(12)}${wrap(terminal, text, 14).slice(14)}`] : []
  const heading = (text: string) => ['', paint(terminal, 'bold', text)]
  return [
    `${paint(terminal, 'bold', `${safe(node)}: ${rules} rules`)}${line && `  ${line} (last 24 h)`}  (checked ${ageText(view)})`,
    '',
    ...findingLines(view, terminal).flatMap((it) => [it, '']),
    ...owners(sample.sets),
    '',
    ...fact('policies', policies(sample.sets)),
    ...fact('longest', longest(sample.sets)),
    ...fact('SSH', way(sample)),
    ...fact('ufw', ufw(sample)),
    ...fact('iptables', [...new Set(sample.sets.map((it) => it.version).filter(Boolean))].join(', ')),
    ...fact('conntrack', sample.conntrack ? `${sample.conntrack.percent} % of ${sample.conntrack.most}` : ''),
    ...unseenLines(view, terminal).flatMap((it) => ['', it]),
    ...heading('Changes'),
    ...changes(sample, now, terminal),
    ...heading('Kept rule sets'),
    ...keptLines(artifacts, now, terminal),
    '',
  ].join('\n')
}

function changes({ journal = [] }: FirewallSample, now: number, terminal: Terminal): readonly string[] {
  if (journal.length === 0) return ['  none']
  return [...journal]
    .reverse()
    .slice(0, mostShown)
    .map((it) => {
      const what = difference(it) || 'no count changed'
      return wrap(terminal, `${clockUtc(it.at, now)}  ${authors(it)}: ${what}`, 2, 4)
    })
}

function keptLines(kept: readonly ArtifactEntry[], now: number, terminal: Terminal): readonly string[] {
  if (kept.length === 0) return ['  none yet: the agent keeps them while it runs']
  const more =
    'Changes since then: `agent firewall diff`. The last good rules, as input for iptables-restore: `agent firewall show good`'
  return [...kept.slice(0, mostShown).map((it) => `  ${keptLine(it, now)}`), '', wrap(terminal, more, 0)]
}

/** A table with one row for each owner and one column for each rule set. */
function owners(sets: readonly RuleSet[]): string[] {
  const columns = sets.filter((it) => it.rules > 0).sort((a, b) => (a.family < b.family ? -1 : 1))
  if (columns.length === 0) return ['  no rules']
  const title = (it: RuleSet) => safe(it.table ?? `${familyNames[it.family]} ${it.backend}`).slice(0, 20)
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
        ([place, policy]) => `${familyNames[it.family]} ${place.replace(/^filter /, '')} ${policy}`,
      ),
    )
    .join(', ') || 'ACCEPT everywhere'

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
        ? `${familyNames[family]} port ${ssh.ports[family].join(', ')} ${verdictText(verdict)}`
        : []
    })
    .join('; ')
}

function verdictText(verdict: Verdict): string {
  const by = ruleInBackticks(verdict.by)
  if (verdict.verdict === 'drop') return `dropped: ${by}`
  if (verdict.verdict === 'accept') return `accepted${limits(verdict)}: ${by}`
  return `undecided: ${verdict.unless ? `may be accepted (${by}) or dropped (${ruleInBackticks(verdict.unless)})` : by}`
}

function ufw({ ufw: it }: FirewallSample): string {
  if (!it) return ''
  if (!it.enabled) return 'off'
  const { ipv4, ipv6 } = it.rules ?? {}
  const own = it.rules ? `, ${ipv4?.user ?? 0} IPv4 and ${ipv6?.user ?? 0} IPv6 rules of yours` : ''
  return `on, incoming ${(it.input ?? 'unknown').toLowerCase()} by default${own}`
}

function keptLine({ id, at, about, size: bytes }: ArtifactEntry, now: number): string {
  const { rules, good, by } = aboutRules(about)
  const who = by ? `  after ${safe(by)}` : ''
  return `${String(id).padStart(4)}  ${clockUtc(at, now)}  ${rules} rules${good ? '' : ', not good'}  (${size(bytes)})${who}`
}
