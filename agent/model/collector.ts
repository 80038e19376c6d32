import type { Observation, Rules } from './finding.ts'
import type { Host } from './host.ts'
import type { Page } from './page.ts'
import type { Artifact, Deadline, Sample, Series } from './sample.ts'
import type { Properties, Settings } from './settings.ts'

/** Something that makes a collector's next round come early. It never carries a verdict. */
export type Watch =
  | {
      readonly kind: 'command'
      /** Started once, started again with growing pauses when it ends. Each end wakes as well. */
      readonly argv: readonly string[]
      /** Whether this line of its output is worth a look, and worth handing on in `past.heard`. Must be cheap. */
      readonly isRelevant: (line: string) => boolean
    }
  | {
      readonly kind: 'paths'
      /** Files and folders; those that do not exist are ignored. */
      readonly paths: readonly string[]
    }
  | {
      /** For what nothing tells of: a cheap question, asked again and again. Only another answer than the last wakes. */
      readonly kind: 'poll'
      /** What tells it apart from the collector's other polls. */
      readonly name: string
      /** Pause between two questions, ms. It must be so cheap that nobody notices. */
      readonly pause: number
      readonly ask: (host: Host) => Promise<string>
    }

/** A line from a watched command, or the path that changed. */
export interface WakeEvent {
  readonly at: number
  readonly text: string
}

export interface Past<S> {
  /** The sample of the last good round, also from before a restart. */
  readonly sample?: S
  readonly at?: number
  /** What watches have said since that round began, oldest first, bounded. */
  readonly heard: readonly WakeEvent[]
  /** Absent where nothing is remembered: a single look, a recorded node. */
  readonly series?: Series
  /** Only `collect` may hand something over; it is kept once the round has succeeded. Absent where nothing is remembered. */
  readonly keep?: (it: Artifact) => void
}

/**
 * One kind of thing Murphy looks at. `collect` asks and never judges; `assess` judges and never asks: it
 * is pure, total, and may speak only of codes in `rules`. Either may be called on a recorded node.
 */
export interface Collector<
  S extends Sample = Sample,
  P extends Properties = Properties,
  Code extends string = string,
  Because extends string = string,
> {
  /** The name of its file, the prefix of its codes, its key in the settings. */
  readonly name: string
  /** What it looks at, for people: "TLS certificates". */
  readonly title: string
  /** When its rounds come if nothing wakes it: a cron expression with seconds. */
  readonly every: string
  /** What `watch` wakes it for, as the end of "and at once when". */
  readonly woken?: string
  /** How long a round may take before it is given up. */
  readonly timeout: number
  /** The longest pause between rounds under wakes without end, ms (default 15 s): less where what is not read soon is gone. */
  readonly pause?: number
  /**
   * Of the shape of its samples, default 1: raised whenever a sample of before would be misread. One of another version
   * is never handed to the collector, and nobody is told, since nothing is wrong.
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
  /** One calm line on what was seen, for the status row. */
  readonly summary: (sample: S, settings: Settings<P>, now: number) => string
  /** Numbers worth keeping over time, by name. */
  readonly series?: (sample: S) => Readonly<Record<string, number>>
  /** What is wrong with these settings that types cannot say, as `key: sentence`, or `key.2: sentence` for an item of a list. */
  readonly check?: (settings: Settings<P>) => readonly string[]
  /** What is known to run out, and when: the status page's last lines. */
  readonly deadlines?: (sample: S, settings: Settings<P>, now: number, series?: Series) => readonly Deadline[]
  /** Event sources, as of the last sample; asked again after each round. */
  readonly watch?: (settings: Settings<P>, sample: S | undefined) => readonly Watch[]
  /** All that it saw, for `agent NAME`. */
  readonly page?: Page<S, Settings<P>>
}

/** Infers a collector's types; does nothing else. */
export const collector = <
  S extends Sample,
  const P extends Properties,
  Code extends string,
  Because extends string,
>(
  it: Collector<S, P, Code, Because>,
): Collector<S, P, Code, Because> => it

/**
 * A collector among others, whose samples and settings only it understands itself. That it is handed no others holds by
 * its name, by `sampleVersion` and by the check of the settings, which no type of a list can say: so it is claimed here, once.
 */
export function opaque<S extends Sample, P extends Properties, Code extends string, Because extends string>(
  it: Collector<S, P, Code, Because>,
): Collector
export function opaque(it: Collector): Collector {
  return it
}
