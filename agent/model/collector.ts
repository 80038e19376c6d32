import type { Observation, Rules } from './finding.ts'
import type { Host } from './host.ts'
import type { Measures } from './measure.ts'
import type { Page } from './page.ts'
import type { Artifact, Deadline, Sample, Series } from './sample.ts'
import type { Properties, Settings } from './settings.ts'

/** Something that makes a collector's next round come early. It never carries a verdict. */
export type Watch =
  | {
      readonly kind: 'command'
      /** Kept running: when it ends, that wakes the collector too, and it is started again after a growing pause. */
      readonly argv: readonly string[]
      /** Whether this line of its output should start a round, and be handed to it in `past.heard`. Must be cheap. */
      readonly isRelevant: (line: string) => boolean
    }
  | {
      readonly kind: 'paths'
      /** Files and folders; those that do not exist are ignored. */
      readonly paths: readonly string[]
    }
  | {
      /** For what sends no events: a cheap question, asked again and again. A round starts when the answer changes. */
      readonly kind: 'poll'
      /** Unique among the collector's polls. */
      readonly name: string
      /** Pause between two questions, ms: long enough that their cost does not matter. */
      readonly pause: number
      readonly ask: (host: Host) => Promise<string>
    }

/** Why a round starts early: a line from a watched command, or the path that changed. */
export interface WakeEvent {
  readonly at: number
  readonly text: string
}

export interface Past<S> {
  /** The sample of the last good round, which may have been before a restart; `at` is its time. */
  readonly sample?: S
  readonly at?: number
  /** The wake events since that round began, oldest first, bounded in number. */
  readonly heard: readonly WakeEvent[]
  /** Absent where nothing is remembered: in a single round without a daemon, on a recorded node. */
  readonly series?: Series
  /** Keeps an artifact once the round has succeeded. For `collect` only. Absent where nothing is remembered. */
  readonly keep?: (it: Artifact) => void
}

/**
 * One kind of thing Murphy checks. `collect` reads the machine, and may keep in the sample what it has to remember from
 * round to round, but judges no rule. `assess` judges and reads nothing: it is pure, total, and may use only codes in
 * `rules`. Either may be called on a recorded node.
 */
export interface Collector<
  S extends Sample = Sample,
  P extends Properties = Properties,
  Code extends string = string,
  Because extends string = string,
> {
  /** The name of its file, the prefix of its codes, its key in the settings. */
  readonly name: string
  /** What it checks, for people: "TLS certificates". */
  readonly title: string
  /** When its rounds come if nothing wakes it: a cron expression with seconds. */
  readonly every: string
  /** What `watch` wakes it for, as the end of "and at once when". */
  readonly woken?: string
  /** How long a round may take before it is given up. */
  readonly timeout: number
  /**
   * The longest pause between rounds while wake events keep coming, ms (default 15 s). Shorter where what is not
   * read soon is lost.
   */
  readonly pause?: number
  /** How soon it looks again, ms, where what it has just seen should not wait for the next round of its schedule. */
  readonly soon?: (sample: S) => number | undefined
  /**
   * The version of its samples' shape, default 1. Raise it whenever an older sample would be misread. A stored sample
   * of another version is never handed to the collector, and not reported either: after an update it is no fault.
   */
  readonly sampleVersion?: number
  readonly rules: Rules<Code, Because>
  readonly settings: P
  readonly collect: (host: Host, settings: Settings<P>, past: Past<S>) => Promise<S>
  readonly assess: (
    sample: S,
    past: Past<S>,
    settings: Settings<P>,
    now: number,
  ) => readonly Observation<NoInfer<Code>>[]
  /** One line on what was seen, for the status row. */
  readonly summary: (sample: S, settings: Settings<P>, now: number) => string
  /** Whether nothing of what it watches is on this machine: it `never` was, as far as is known, or is `gone`. */
  readonly absent?: (sample: S) => 'never' | 'gone' | undefined
  /** Numbers worth keeping over time, by name. */
  readonly series?: (sample: S) => Readonly<Record<string, number>>
  /** Its numbers for Prometheus. */
  readonly measures?: Measures<S, Settings<P>>
  /** Errors in the settings beyond their types, as `key: sentence`, or `key.2: sentence` for an item of a list. */
  readonly check?: (settings: Settings<P>) => readonly string[]
  /** What expires or fills up, and when: the last lines of the status page. */
  readonly deadlines?: (sample: S, settings: Settings<P>, now: number, series?: Series) => readonly Deadline[]
  /** Event sources, as of the last sample; asked again after each round. */
  readonly watch?: (settings: Settings<P>, sample: S | undefined) => readonly Watch[]
  /** All that it saw, for `agent NAME`. */
  readonly page?: Page<S, Settings<P>>
}

/** Returns the collector unchanged; only its types are inferred. */
export const collector = <
  S extends Sample,
  const P extends Properties,
  Code extends string,
  Because extends string,
>(
  it: Collector<S, P, Code, Because>,
): Collector<S, P, Code, Because> => it

/**
 * A collector as an item of a list, where the types of its own samples and settings are no longer known. That it is
 * handed no others is ensured by its name, its `sampleVersion` and the check of the settings. TypeScript cannot
 * express that for a list, so this is the one place that asserts it.
 */
export function opaque<S extends Sample, P extends Properties, Code extends string, Because extends string>(
  it: Collector<S, P, Code, Because>,
): Collector
export function opaque(it: Collector): Collector {
  return it
}
