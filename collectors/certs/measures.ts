import type { Measures } from '../../agent/model/index.ts'
import { rowsOf } from './rows.ts'
import type { CertsSample } from './sample.ts'

export const measures: Measures<
  CertsSample,
  { readonly warn_days: number },
  'certificate_not_after_timestamp_seconds' | 'certificates'
> = {
  declared: {
    certificate_not_after_timestamp_seconds: {
      help: 'When a certificate ends, unix seconds; where is its file, or the address that serves it.',
      labels: ['where', 'name', 'kind'],
    },
    certificates: { help: 'How many certificates there are, by state.', labels: ['state'] },
  },
  of(sample, { warn_days }, at) {
    const rows = rowsOf(sample, warn_days, at, false)
    const ends = rows.flatMap(({ to, where, name, kind }) =>
      to === undefined ? [] : [{ to, where, name, kind }],
    )
    const states = Map.groupBy(rows, (it) => it.state)
    return [
      // Of several of one name in one place, the first that ends.
      ...ends
        .toSorted((a, b) => a.to - b.to)
        .filter(firstOf((it) => `${it.where}\n${it.name}\n${it.kind}`))
        .map(({ to, ...labels }) => ({
          name: 'certificate_not_after_timestamp_seconds' as const,
          labels,
          value: Math.floor(to / 1000),
        })),
      ...[...states].map(([state, all]) => ({
        name: 'certificates' as const,
        labels: { state },
        value: all.length,
      })),
    ]
  },
}

/** Lets the first of each key pass. */
function firstOf<T>(keyOf: (it: T) => string): (it: T) => boolean {
  const seen = new Set<string>()
  return (it) => !seen.has(keyOf(it)) && Boolean(seen.add(keyOf(it)))
}
