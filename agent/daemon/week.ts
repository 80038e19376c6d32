import type { Snapshot } from '../api/snapshot.ts'
import { incidents as group } from '../core/cascade.ts'
import type { Week } from '../core/weekly.ts'
import type { Rules } from '../model/index.ts'
import type { Store } from '../state/store.ts'
import { minute } from '../text/times.ts'

/** How long an answer is used again, ms: a sink that is down is asked about what is due each time that it is tried. */
const fresh = 10 * minute

/** What became of the time since `from`, as the history in the store and the present picture have it. */
export function weekOf(
  store: Pick<Store, 'history'>,
  rules: Rules,
  snapshot: () => Snapshot,
): (from: number) => Week {
  let last: { readonly from: number; readonly at: number; readonly week: Week } | undefined
  return (from) => {
    const it = snapshot()
    if (last && last.from === from && Math.abs(it.at - last.at) < fresh) return last.week
    const week: Week = {
      incidents: group(store.history(from), rules, it.at),
      deadlines: it.deadlines,
      unseen: it.collectors
        .filter(({ state }) => state === 'blind')
        .map(({ title, unseen }) => `${title}${unseen[0] ? `: ${unseen[0].why}` : ''}`),
      versions: [`Murphy ${it.agent.version}`, it.machine].filter(Boolean).join(', '),
    }
    last = { from, at: it.at, week }
    return week
  }
}
