import type { ArtifactEntry, PagePart, PageReach, Terminal } from '../../../agent/model/index.ts'
import { safe } from '../../../agent/text/sanitize.ts'
import { paint } from '../../../agent/text/terminal.ts'
import { clockUtc } from '../../../agent/text/times.ts'
import { type Difference, diffRules } from '../history/diff.ts'
import type { KeptRules } from '../history/kept-rules.ts'
import type { FirewallSample } from '../sample.ts'
import { chosen, keptRules, rulesNow } from './kept.ts'

const linesShown = 20

/** `agent firewall diff`: deleted and added rules, from the last good snapshot to now, or between any two snapshots. */
export const diff: PagePart<FirewallSample, unknown> = {
  name: 'diff',
  meaning: 'deleted and added rules, by owner',
  words: [
    ['[A]', 'number of a kept rule set, "good" or "now"; default: good'],
    ['[B]', 'the same; default: now'],
    ['--all', 'print every rule'],
  ],
  async print(reach, [from, to], options, terminal) {
    const most = options.all ? Number.POSITIVE_INFINITY : linesShown
    return renderDiff({ ...(await compared(reach, from, to)), most }, terminal)
  },
}

async function compared(
  reach: PageReach<FirewallSample, unknown>,
  from: string | undefined,
  to: string | undefined,
): Promise<Omit<DiffView, 'most'>> {
  const { sample, now } = await reach.view()
  const list = await reach.artifacts()
  const pods = sample.networks?.pods ?? []
  const kept = async (it: ArtifactEntry): Promise<Side> => ({
    label: `${it.id} (${clockUtc(it.at, now)})`,
    rules: await keptRules(reach, it),
  })
  const side = async (which: string): Promise<Side> =>
    which === 'now' ? { label: 'now', rules: await rulesNow(reach, sample) } : kept(chosen(list, which))
  const between = (a: Side, b: Side) => ({
    ...{ from: a.label, to: b.label },
    differences: diffRules(a.rules, b.rules, pods),
  })
  const found = between(await side(from ?? 'good'), await side(to ?? 'now'))
  // Nothing changed since the last snapshot: then the change that led to it is shown.
  const [newest, former] = list
  if (from !== undefined || found.differences.length > 0 || !newest || !former) return found
  return between(await kept(former), await kept(newest))
}

interface Side {
  readonly label: string
  readonly rules: readonly KeptRules[]
}

export interface DiffView {
  readonly from: string
  readonly to: string
  readonly differences: readonly Difference[]
  /** How many rules of each owner and table are shown. */
  readonly most: number
}

/** Deleted (-) and added (+) rules, by owner and table. */
export function renderDiff({ from, to, differences, most }: DiffView, terminal: Terminal): string {
  if (differences.length === 0) return `No difference between ${from} and ${to}.\n`
  const part = (style: 'red' | 'green', sign: string, lines: readonly string[]) => [
    ...lines.slice(0, most).map((it) => paint(terminal, style, `  ${sign} ${safe(it)}`)),
    ...(lines.length > most ? [`  ${sign} … ${lines.length - most} more: --all`] : []),
  ]
  return [
    paint(terminal, 'bold', `From ${from} to ${to}`),
    ...differences.flatMap(({ owner, place, went, came }) => [
      '',
      paint(terminal, 'bold', `${owner}, ${safe(place)}: ${went.length} deleted, ${came.length} added`),
      ...part('red', '-', went),
      ...part('green', '+', came),
    ]),
    '',
  ].join('\n')
}
