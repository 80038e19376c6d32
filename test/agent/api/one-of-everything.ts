import type { Numbers } from '../../../agent/api/metrics.ts'
import { Tally } from '../../../agent/core/tally.ts'
import { letterTally } from '../../../agent/delivery/counted.ts'
import { collectors } from '../../../collectors/index.ts'

/** What collectors and daemon count, one of everything. */
export function counted(): Numbers {
  const rounds = new Tally(['seen', 'failed'])
  rounds.add('seen', 200)
  rounds.add('failed', 40_000)
  const letters = letterTally()
  letters.add('accepted', 90)
  return {
    declared: Object.assign({}, ...collectors.map((it) => it.measures?.declared)),
    measured: collectors.flatMap(({ measures }) =>
      Object.entries(measures?.declared ?? {}).map(([name, { labels }]) => ({
        ...{
          name,
          value: 7,
          labels: Object.fromEntries(labels.map((it) => [it, it === 'kind' ? 'leaf' : `a ${it}`])),
        },
      })),
    ),
    ...{
      rounds: { certs: rounds.counts() },
      letters: { ntfy: letters.counts() },
      late: { certs: false },
      memory: 50e6,
      cpu: 1.5,
    },
  }
}
