import type {
  Collector,
  Host,
  Incident,
  Notice,
  NotificationRecord,
  Properties,
  Rules,
  Sample,
  Series,
  Settings,
  Severity,
  WakeEvent,
} from '../model/index.ts'
import { nextDue } from './due.ts'
import { guarded } from './guard.ts'
import { awaitedBy, type Ledger, wantsALook, withoutOld } from './ledger.ts'
import { plan, recordSent } from './plan.ts'
import { type Outcome, round, withUnseen } from './round.ts'
import { seriesBook } from './series-book.ts'
import { truthAfter } from './truth.ts'

export interface OnlookerOptions {
  /** The collectors that look. */
  readonly collectors: readonly Collector[]
  /** Every rule, also those of collectors that do not look. */
  readonly rules: Rules
  readonly settingsOf: (name: string) => Settings<Properties>
  readonly node: string
  /** When it begins, ms since the epoch. */
  readonly since: number
  /** The mildest severity that is told. */
  readonly min: Severity
  /** After how long a reminder is told, ms; 0 for never. */
  readonly remind: number
  /** Called with a mistake of Murphy's own in a collector. */
  readonly faulty?: (text: string) => void
}

/** What is known of one collector. */
export interface Looker {
  readonly collector: Collector
  readonly settings: Settings<Properties>
  readonly series: Series
  /** Its last round. */
  readonly outcome?: Outcome
  /** The sample of its last good round. */
  readonly known?: { readonly sample: Sample; readonly at: number }
}

/**
 * Murphy without a clock, a disk and a network: rounds, ledger, cascade and plan are the daemon's own, time is what it
 * is handed, and one sink accepts everything at once. The same rounds in the same order tell the same.
 */
export interface Onlooker {
  /** A round of a collector, which ended at `ended` (default: `host.now()`). Returns what is told after it. */
  look(
    name: string,
    host: Host,
    heard?: readonly WakeEvent[],
    ended?: () => number,
  ): Promise<readonly Notice[]>
  /** What is told because time has passed. */
  settle(at: number): readonly Notice[]
  /** The next time after `at` at which something may be told without a round; infinite for none. */
  nextDue(at: number): number
  /** The collectors of findings that only wait for a round to confirm them. */
  wanted(at: number): readonly string[]
  ledger(): Ledger
  incidents(): readonly Incident[]
  lookers(): readonly Looker[]
}

/** The most records of resolved incidents that are kept; they only keep a digest from telling twice. */
const mostTold = 200
/** The most notices at one moment: a plan that never comes to an end would be a mistake. */
const mostAtOnce = 1000

type Guard = ReturnType<typeof guarded>
/** A collector and what it remembers. */
type Remembering = { -readonly [K in keyof Looker]: Looker[K] } & { readonly guard: Guard }

export function onlooker(options: OnlookerOptions): Onlooker {
  const { collectors, rules, settingsOf, node, since, min, remind, faulty = () => {} } = options
  const book = seriesBook()
  const all = new Map(
    collectors.map((it): [string, Remembering] => {
      const guard = guarded(it, faulty)
      const series: Series = (key, from) => book.read(`${it.name}.${key}`, from)
      return [it.name, { collector: guard.collector, guard, settings: settingsOf(it.name), series }]
    }),
  )
  let truth: ReturnType<typeof truthAfter> = { ledger: [], judgements: new Map(), incidents: [] }
  let told: readonly NotificationRecord[] = []
  const policy = { min, remind, since }
  const warm = () => [...all.values()].every((it) => it.outcome !== undefined)

  /** As a postman does: what is due is asked for anew after each notice. */
  function tell(at: number): readonly Notice[] {
    const notices: Notice[] = []
    while (warm() && notices.length < mostAtOnce) {
      const [next] = plan(truth.incidents, told, policy, node, at)
      // A notice that its own record does not answer would be told for ever.
      if (!next || next.id === notices.at(-1)?.id) break
      notices.push(next)
      told = merged(told, recordSent(told, next, '1', at))
    }
    return notices
  }

  function settle(at: number, outcome?: Outcome): readonly Notice[] {
    const after = truthAfter(truth, outcome, { sinks: [] }, rules, at)
    truth = { ...after, ledger: withoutOld(after.ledger, at, new Set(awaitedBy(told))) }
    return tell(at)
  }

  return {
    async look(name, host, heard = [], ended = host.now) {
      const it = all.get(name)
      if (!it) throw new Error(`no collector ${name} looks`)
      const outcome = await lookOf(it, host, heard)
      it.outcome = outcome
      const { sample, values = {}, at } = outcome
      // As from the disk: what does not survive being written is not relied on.
      if (sample) it.known = { sample: JSON.parse(JSON.stringify(sample)) as Sample, at }
      const notices = settle(ended(), outcome)
      if (sample) book.add(at, prefixed(name, values))
      return notices
    },
    settle: (at) => settle(at),
    nextDue: (at) => nextDue({ ...truth, sinks: [{ state: {}, told }], silences: [], remind }, at),
    wanted: (at) =>
      [...all.keys()].filter((name) =>
        truth.ledger.some((it) => it.code.startsWith(`${name}.`) && wantsALook(it, at)),
      ),
    ledger: () => truth.ledger,
    incidents: () => truth.incidents,
    lookers: () => [...all.values()],
  }
}

/** One round, with what went wrong in the collector's other functions, as the daemon runs it. */
async function lookOf(
  { collector, guard, settings, series, known }: Remembering,
  host: Host,
  heard: readonly WakeEvent[],
): Promise<Outcome> {
  guard.look()
  const keep = () => {}
  const looked = await round(collector, settings, host, { ...known, heard, series, keep })
  if (looked.sample) collector.summary(looked.sample, settings, looked.at)
  return withUnseen(collector, looked, guard.mistakes())
}

const prefixed = (name: string, values: Readonly<Record<string, number>>) =>
  Object.fromEntries(Object.entries(values).map(([key, it]) => [`${name}.${key}`, it]))

/** The records with what changed; old ones of resolved incidents go. */
function merged(
  told: readonly NotificationRecord[],
  changed: readonly NotificationRecord[],
): readonly NotificationRecord[] {
  const ids = new Set(changed.map((it) => it.incident))
  const next = [...told.filter((it) => !ids.has(it.incident)), ...changed]
  const surplus = next.filter((it) => it.resolved !== undefined).length - mostTold
  if (surplus <= 0) return next
  const over = new Set(next.filter((it) => it.resolved !== undefined).slice(0, surplus))
  return next.filter((it) => !over.has(it))
}
