import t from 'tap'
import { Tally } from '../../../agent/core/tally.ts'
import { numbersOf } from '../../../agent/daemon/numbers.ts'
import { letterTally } from '../../../agent/delivery/counted.ts'
import type { Collector } from '../../../agent/model/index.ts'
import { things } from '../small.ts'

const measures = {
  declared: { things_seen: { help: 'How many.', labels: [] } },
  of: (sample: object, _: object, at: number) => [
    { name: 'things_seen', value: Object.keys(sample).length + at },
  ],
}
const rounds = () => new Tally(['seen', 'failed'])
const scheduled = { isLate: () => true }
const outcome = { collector: 'things', at: 40, took: 1, unseen: [], rules: {}, observations: [] }

t.test('one check whose values cannot be made takes no other with it', async (t) => {
  const broken = { ...measures, of: () => [].reduce((it) => it) }
  const { measured } = numbersOf({
    runs: [
      {
        collector: { ...things, measures: broken },
        ...scheduled,
        settings: {},
        tally: rounds(),
        outcome: { ...outcome, sample: {} },
      },
      {
        collector: { ...things, measures },
        ...scheduled,
        settings: {},
        tally: rounds(),
        outcome: { ...outcome, sample: {} },
      },
    ] as never,
    postmen: [],
  })
  t.strictSame(measured, [{ name: 'things_seen', value: 40 }])
})

t.test('what collectors saw in their last rounds, and what was counted', async (t) => {
  const tally = rounds()
  tally.add('failed', 7)
  const letters = letterTally()
  letters.add('accepted', 7)
  const it: Collector = { ...things, measures }
  const all = numbersOf({
    runs: [
      {
        collector: it,
        ...scheduled,
        settings: {},
        tally,
        outcome: { ...outcome, sample: { a: 1, b: 2 } as object },
      },
      { collector: { ...it, name: 'blind' }, ...scheduled, settings: {}, tally: rounds(), outcome },
      { collector: { ...things, name: 'mute' }, ...scheduled, settings: {}, tally: rounds() },
    ] as never,
    postmen: [{ name: 'ntfy', tally: letters }],
  })
  t.strictSame(all.measured, [{ name: 'things_seen', value: 42 }], 'nothing of one that saw nothing')
  t.strictSame(all.declared, measures.declared)
  t.equal(all.late.things, true)
  t.strictSame(Object.keys(all.rounds), ['things', 'blind', 'mute'])
  t.match(all.rounds.things, { outcomes: { seen: 0, failed: 1 } })
  t.match(all.letters.ntfy, { outcomes: { accepted: 1 } })
  t.ok(all.memory > 1e6 && all.cpu > 0)
})
