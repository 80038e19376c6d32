import type { Judgements } from '../../../agent/core/last-well.ts'
import type { Ledger } from '../../../agent/core/ledger.ts'
import { type Policy, plan, recordSent } from '../../../agent/core/plan.ts'
import { type Outcome, rulesOf } from '../../../agent/core/round.ts'
import { truthAfter } from '../../../agent/core/truth.ts'
import type { NotificationRecord } from '../../../agent/model/index.ts'
import { collectors } from '../../../collectors/index.ts'
import type { Row } from '../table.ts'

const rules = Object.assign({}, ...collectors.map(rulesOf))
const minute = 60_000

/** What a round of a collector costs after its look, with so many findings open: linear if each costs as much. */
export function findingsRows(counts: readonly number[] = [10, 100, 1000]): readonly Row[] {
  // For practice.
  settlingOf(500)
  const all = counts.map((count) => ({ count, ...settlingOf(count) }))
  const each = Math.min(...all.map((it) => it.again / it.count))
  return all.map(({ count, again, more }) => ({
    what: `settling with ${count} findings open; ${more.toFixed(1)} ms with one more`,
    unit: 'ms',
    values: [again],
    budget: Number((3 * each * count).toPrecision(3)),
    floor: { what: 'what each costs at the least', value: each * count },
  }))
}

/**
 * What one settling costs with so many findings open, ms of CPU: `again` where nothing changed, `more` where one came.
 * Half of them are containers that crash, the other half what their logs say, so that each has what may have caused it.
 */
function settlingOf(count: number) {
  const begun = Date.parse('2026-11-23T00:00:00Z')
  const observed = (most: number): Outcome => ({
    ...{ collector: 'pods', at: begun + minute, took: 1, unseen: [], rules },
    observations: Array.from({ length: most }, (_, at) => ({
      code: at % 2 === 0 ? 'pods.crash-looping' : 'pods.log-says',
      subject: `shop/web-${at >> 1}/app`,
      pod: { namespace: 'shop', name: `web-${at >> 1}`, container: 'app' },
      text: `It ended ${at} times.`,
    })),
  })
  const self = { sinks: [], heartbeats: [] } as never
  let state: { ledger: Ledger; judgements: Judgements } = { ledger: [], judgements: new Map() }
  const told = new Map<string, NotificationRecord>()
  const policy: Policy = { min: 'info', remind: 0, since: 0, most: 10 }
  const settle = (most: number, at: number) => {
    const after = truthAfter(state, { ...observed(most), at }, self, rules, at)
    state = after
    for (const notice of plan(after.incidents, [...told.values()], policy, 'node1', at))
      for (const it of recordSent([...told.values()], notice, undefined, at)) told.set(it.incident, it)
  }
  const cpuOf = (work: () => void) => {
    const before = process.cpuUsage()
    work()
    const { user, system } = process.cpuUsage(before)
    return (user + system) / 1000
  }
  for (let turn = 1; turn <= 4; turn += 1) settle(count, begun + turn * minute)
  const again = [5, 6, 7].map((turn) => cpuOf(() => settle(count, begun + turn * minute)))
  const more = cpuOf(() => settle(count + 1, begun + 8 * minute))
  return {
    again: Math.min(...again),
    more,
  }
}
