import { isOpen } from '../../api/ledger-view.ts'
import { overall, rowOf, type Snapshot, shown } from '../../api/snapshot.ts'
import type { Projector } from '../../film/projector.ts'
import type { Head } from '../../film/reel.ts'
import type { Collector, View } from '../../model/index.ts'
import { day } from '../../text/times.ts'
import { Refusal } from './common.ts'
import { viewFrom } from './view-of.ts'

/** The status at the moment at which a film stands. */
export function filmedSnapshot(head: Head, { murphy, now: time }: Projector): Snapshot {
  const now = time()
  const lookers = murphy.lookers()
  const incidents = murphy.incidents()
  const rows = lookers.map(({ collector, settings, outcome, known, series }) => {
    const [first] = Object.keys((known && collector.series?.(known.sample)) ?? {})
    return rowOf(collector, {
      ...{ settings, at: now, open: murphy.ledger(), outcome, sample: known?.sample, last: known?.at },
      trend: first ? series(first, now - day).map((it) => it.value) : [],
    })
  })
  const deadlines = lookers.flatMap(({ collector, settings, outcome, series }) =>
    outcome?.sample ? (collector.deadlines?.(outcome.sample, settings, now, series) ?? []) : [],
  )
  return {
    version: 2,
    node: head.node,
    at: now,
    agent: { version: head.murphy, pid: 0, started: head.at },
    state: overall(incidents, rows),
    machine: '',
    incidents: shown(incidents, head.node, now),
    collectors: rows,
    sinks: [],
    deadlines: deadlines.sort((a, b) => a.at - b.at),
    silences: [],
  }
}

/** What a collector's page shows at that moment. Throws a Refusal where it has not looked yet. */
export function filmedView(head: Head, { murphy, now: time }: Projector, { name, page }: Collector): View {
  const now = time()
  const it = murphy.lookers().find(({ collector }) => collector.name === name)
  if (!it?.known) throw new Refusal(`the film holds no round of ${name} before that time`)
  const { collector, settings, series, known } = it
  return viewFrom(
    collector,
    settings,
    {
      ...{ source: 'recording', node: head.node, now, at: known.at, sample: known.sample, artifacts: [] },
      findings: murphy.ledger().filter((one) => isOpen(one, name)),
      trend: page?.trend ? series(page.trend, now - day) : [],
    },
    {},
  )
}
