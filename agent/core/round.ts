import type {
  Collector,
  Host,
  Observation,
  Past,
  Properties,
  Rule,
  Rules,
  Sample,
  Settings,
  Unseen,
  Watch,
} from '../model/index.ts'
import { HostError } from '../model/index.ts'
import { plain } from '../text/sanitize.ts'
import { minute } from '../text/times.ts'
import { longestTitle } from '../text/titles.ts'
import { mistake } from './guard.ts'
import type { Look, NotJudged } from './ledger.ts'

/** The result of one round of one collector. */
export interface Outcome extends Look {
  readonly collector: string
  readonly at: number
  /** How long it took, ms. */
  readonly took: number
  /** What was seen; absent if the round learnt nothing. */
  readonly sample?: Sample
  /** Numbers worth keeping, by name. */
  readonly values?: Readonly<Record<string, number>>
  /** What to watch from now on; absent if the round learnt nothing. */
  readonly watches?: readonly Watch[]
  /** What could not be seen: single parts, or everything because the round failed. */
  readonly unseen: readonly Unseen[]
  /** The error that ended the round, for the log. */
  readonly error?: unknown
}

/** The code of the finding that a collector cannot see something. */
export const blindCode = (name: string) => `${name}.blind`

/** The rule every collector has without declaring it: seeing nothing does not mean that all is well. */
export function blindRule({ name, title }: Collector): Rules {
  const rule: Rule = {
    severity: 'warning',
    title: `${name} check failing`,
    titleFor: blindTitle,
    meaning: `The ${name} check (${title}) failed, in whole or in part. Its other findings stay as they were, because what is not seen is not resolved.`,
    measured: 'The rounds of this check: what each asked for, and the error that came back.',
    impact: `New ${name} problems go unnoticed until this check works again.`,
    fix: [
      'See which part fails, and why: `agent status`',
      'If a permission is missing, compare the unit with the installed one: `systemctl cat murphy`',
    ],
    // A failed round is normal while a file is being replaced or a tool is busy; the first ones on a machine under load
    // may all run into their timeouts (half a minute each, over after two; seen on a node with a load of 40).
    pendingFor: 2 * minute,
  }
  return { [blindCode(name)]: rule }
}

/** "certs check failing: permission denied", where that has room. */
function blindTitle({ subject, evidence }: Observation): string {
  const state = `${plain(subject, longestTitle / 2)} check failing`
  const whole = evidence?.reason === undefined ? state : `${state}: ${plain(String(evidence.reason))}`
  return whole.length <= longestTitle ? whole : state
}

/** Every rule of a collector, with its `blind` rule. */
export const rulesOf = (it: Collector): Rules => ({ ...it.rules, ...blindRule(it) })

export const sampleVersionOf = ({ sampleVersion = 1 }: Pick<Collector, 'sampleVersion'>) => sampleVersion

/** Runs one round. Never throws: a round that fails is itself an observation. */
export async function round(
  collector: Collector,
  settings: Settings<Properties>,
  host: Host,
  past: Past<Sample>,
  signal?: AbortSignal,
): Promise<Outcome> {
  const begun = performance.now()
  const at = host.now()
  const about = () => ({ collector: collector.name, at, took: performance.now() - begun })
  try {
    const seen = await look(collector, settings, host, past, at, signal)
    return { ...about(), ...seen }
  } catch (error) {
    // A stored sample that makes the collector fail would do so every round, so try without it. Still reported.
    if (past.sample !== undefined && !(error instanceof HostError)) {
      const anew = await round(collector, settings, host, withoutSample(past), signal)
      const why = mistake('with what it remembered', error)
      return anew.error === undefined
        ? { ...withUnseen(collector, anew, [{ what: collector.title, why, codes: [] }]), error }
        : anew
    }
    const unseen: Unseen[] = [
      { what: collector.title, why: error instanceof Error ? error.message : String(error) },
    ]
    const observations = [blindness(collector, unseen)]
    return { ...about(), unseen, error, rules: blindRule(collector), observations }
  }
}

/** The same round, with more that could not be seen. */
export function withUnseen(collector: Collector, outcome: Outcome, more: readonly Unseen[]): Outcome {
  if (more.length === 0) return outcome
  const unseen = [...outcome.unseen, ...more]
  const others = outcome.observations.filter((it) => it.code !== blindCode(collector.name))
  const blind = unseen.filter((it) => !it.unrecorded)
  return { ...outcome, unseen, observations: [...others, blindness(collector, blind)] }
}

function withoutSample({ sample: _, at: _at, ...past }: Past<Sample>): Past<Sample> {
  return past
}

async function look(
  collector: Collector,
  settings: Settings<Properties>,
  host: Host,
  past: Past<Sample>,
  at: number,
  signal: AbortSignal | undefined,
): Promise<Omit<Outcome, 'collector' | 'at' | 'took'>> {
  const sample = await within(collector.collect(host, settings, past), collector, signal)
  const unseen = sample.unseen ?? []
  const blind = unseen.filter((it) => !it.unrecorded)
  return {
    sample,
    unseen,
    rules: rulesOf(collector),
    kept: notJudged(collector.rules, unseen),
    values: collector.series?.(sample) ?? {},
    watches: collector.watch?.(settings, sample) ?? [],
    observations: [
      ...collector.assess(sample, past, settings, at),
      ...(blind.length > 0 ? [blindness(collector, blind)] : []),
    ],
  }
}

/** No collector outlasts its round, whatever it waits for. */
function within<T>(
  work: Promise<T>,
  { title, timeout }: Collector,
  signal: AbortSignal | undefined,
): Promise<T> {
  if (!signal) return work
  return new Promise((resolve, reject) => {
    const stop = () =>
      reject(
        new HostError(
          'timeout',
          `looking at ${title}: not done within ${timeout / 1000} s, so it was given up`,
        ),
      )
    if (signal.aborted) return stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

/** The rules that could not be judged because something was not seen. */
function notJudged(rules: Rules, unseen: readonly Unseen[]): readonly NotJudged[] {
  return unseen.flatMap(({ codes = Object.keys(rules), subjects }) =>
    codes.map((code) => ({ code, ...(subjects && { subjects }) })),
  )
}

const mostReasons = 5

function blindness({ name }: Collector, unseen: readonly Unseen[]): Observation {
  const reasons = unseen.slice(0, mostReasons).map((it) => it.why)
  const more = unseen.length > mostReasons ? `; and ${unseen.length - mostReasons} more` : ''
  const reason = reasons[0]?.split(': ').at(-1)
  return {
    code: blindCode(name),
    subject: name,
    text: `${reasons.join('; ')}${more}.`,
    ...(reason !== undefined && { evidence: { reason: reason.slice(0, longestTitle) } }),
  }
}
