import { allRules } from '../../agent/cli/commands/explain.ts'
import { defaults } from '../../agent/config/defaults.ts'
import { incidents } from '../../agent/core/cascade.ts'
import { awaitedBy, type Ledger, step, wantsALook, withoutOld } from '../../agent/core/ledger.ts'
import { plan, recordSent } from '../../agent/core/plan.ts'
import { round } from '../../agent/core/round.ts'
import type { Host, Notice, NotificationRecord, Point, Sample, WakeEvent } from '../../agent/model/index.ts'
import { collectors } from '../../collectors/index.ts'

const day = 24 * 3600_000
const rules = allRules()
const settings = new Map(collectors.map((it) => [it.name, defaults(it.settings)]))

/** Numbers as the store keeps them: a day as they are, then one an hour, for 30 days. */
function seriesBook() {
  const all = new Map<string, Point[]>()
  return {
    add(at: number, values: Readonly<Record<string, number>>) {
      for (const [name, value] of Object.entries(values)) {
        const points = all.get(name) ?? []
        points.push({ at, value })
        if (points.length % 500 === 0) {
          const hours = new Set<number>()
          const kept = points.filter((it) => {
            const hour = Math.floor(it.at / 3600_000)
            return at - it.at < day || (at - it.at < 30 * day && !hours.has(hour) && hours.add(hour))
          })
          all.set(name, kept)
        } else all.set(name, points)
      }
    },
    read: (name: string, from: number): readonly Point[] => {
      const points = all.get(name) ?? []
      const first = points.findIndex((it) => it.at >= from)
      return first < 0 ? [] : points.slice(first)
    },
  }
}

/** Murphy without its daemon: real collectors, ledger, cascade and due, for one sink that takes all it is told. */
export function agentOn(host: Host) {
  const samples = new Map<string, { sample: Sample; at: number }>()
  const book = seriesBook()
  let ledger: Ledger = []
  let told: readonly NotificationRecord[] = []
  let rounds = 0
  const since = host.now()
  const notices: Notice[] = []
  const seen = new Map<string, string>()

  function settle() {
    const now = host.now()
    const all = incidents(ledger, rules, now)
    for (const it of plan(all, told, { min: 'warning', remind: day, since }, 'node1', now)) {
      notices.push(it)
      const changed = recordSent(told, it, '1', now)
      const ids = new Set(changed.map((one) => one.incident))
      told = [...told.filter((one) => !ids.has(one.incident)), ...changed].slice(-200)
    }
  }

  async function look(name: string, heard: readonly WakeEvent[] = []) {
    const collector = collectors.find((it) => it.name === name)
    if (!collector) throw new Error(`there is no collector ${name}`)
    rounds += 1
    const outcome = await round(collector, settings.get(name) ?? {}, host, {
      ...samples.get(name),
      heard,
      series: (key, from) => book.read(`${name}.${key}`, from),
    })
    ledger = withoutOld(step(ledger, outcome, outcome.at), outcome.at, new Set(awaitedBy(told)))
    for (const it of ledger) if (!seen.has(it.code)) seen.set(it.code, it.text)
    settle()
    if (!outcome.sample) return
    // As from the disk: what does not survive being written is not relied on.
    samples.set(name, { sample: JSON.parse(JSON.stringify(outcome.sample)), at: outcome.at })
    book.add(
      outcome.at,
      Object.fromEntries(Object.entries(outcome.values ?? {}).map(([key, it]) => [`${name}.${key}`, it])),
    )
  }

  return {
    look,
    settle,
    /** Everything that was told, in order. */
    notices: () => notices,
    rounds: () => rounds,
    /** Every code that was ever found, with the first text. */
    found: () => seen,
    /** The collectors of findings whose patience is over and that a look has to confirm. */
    wanted: () =>
      collectors
        .map((it) => it.name)
        .filter((name) => ledger.some((it) => it.code.startsWith(`${name}.`) && wantsALook(it, host.now()))),
    /** When the next patience ends. */
    nextNotifyAt: () =>
      Math.min(
        ...ledger.flatMap((it) =>
          it.resolved === undefined && it.notifyAt > host.now() ? [it.notifyAt] : [],
        ),
      ),
    open: () => ledger.filter((it) => it.resolved === undefined),
  }
}
