import { step } from '../../agent/core/ledger.ts'
import { blindCode, type Outcome } from '../../agent/core/round.ts'
import type { Collector, Sample, View } from '../../agent/model/index.ts'

/** A view with nothing in it but a sample, as a running daemon would give it. */
export const viewOn = <S extends Sample, V>(
  sample: S,
  settings: V,
  more: Partial<View<S, V>> = {},
): View<S, V> => ({
  ...{ node: 'node1', source: 'daemon', at: 0, now: more.at ?? 0, summary: '', sample, settings },
  ...{ findings: [], unseen: sample.unseen ?? [], trend: [], artifacts: [], options: {} },
  ...more,
})

/** What a look came to, as a page is given it. */
export function viewAfter(
  collector: Collector,
  { sample = {}, ...outcome }: Outcome,
  settings: object,
  more: Partial<View> = {},
): View {
  const { at } = outcome
  const findings = step([], outcome, at).filter((it) => it.code !== blindCode(collector.name))
  return viewOn(sample, settings, {
    ...{ at, now: at, findings, summary: collector.summary(sample, settings, at) },
    ...more,
  })
}
